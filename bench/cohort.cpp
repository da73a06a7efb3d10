// SPDX-License-Identifier: Apache-2.0
// The freeze grid of one network as a cohort, against the same trials one after the other, both by
// the trainer itself: warm-up, training, validation, scoring and files. Every round runs both, and
// the other one first than the round before; ratios are of one round. Fails unless every trial's
// numbers are equal to the bit.
//
//   bench_cohort NETWORK SIZE ROUNDS DIRECTORY [FREEZE,...]
//
// DIRECTORY gets the data and the trials' files, which go again.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/text.hpp"

#include "trainer/device.hpp"
#include "trainer/small_study.hpp"

using namespace graft;

namespace {

struct Run {
    double seconds = 0, saving = 0;  // saving: of the seconds, states on the way
    std::vector<std::string> results;
};

class Timing final : public tests::FakeWatcher {
  public:
    void saved(const sweep::Position& position, std::vector<sweep::MemberSave> members,
               double save_seconds) override {
        saving += save_seconds;
        FakeWatcher::saved(position, std::move(members), save_seconds);
    }
    double saving = 0;
};

Run train(const std::vector<sweep::Member>& members, const std::filesystem::path& directory,
          const trainer::Dataset& data) {
    Timing watcher;
    Run run;
    const core::Instant began = core::now();
    trainer::CohortRun(members, {directory, {}}, data, watcher).run();
    run.seconds = core::Seconds(core::now() - began).count();
    run.saving = watcher.saving;
    for (const auto& member : members) {
        for (const auto& save : watcher.saves) {
            if (save.result && save.trial == member.trial) {
                run.results.push_back(save.result->weights.hash + save.result->predictions.hash);
            }
        }
    }
    std::filesystem::remove_all(directory / "trials");
    return run;
}

Run one_by_one(const std::vector<sweep::Member>& members, const std::filesystem::path& directory,
               const trainer::Dataset& data) {
    Run sum;
    for (const auto& member : members) {
        const Run one = train({member}, directory, data);
        sum.seconds += one.seconds;
        sum.saving += one.saving;
        sum.results.insert(sum.results.end(), one.results.begin(), one.results.end());
    }
    return sum;
}

std::vector<sweep::Member> grid(const std::string& network, int size, const std::string& freeze) {
    std::vector<sweep::Member> members;
    for (const auto& percent : core::split(freeze, ',')) {
        sweep::Member member = tests::small_member(network);
        member.spec.training.image_size = size;
        member.spec.training.warmup_for = sweep::WarmupFor::all;
        member.spec.training.epochs = 3;
        member.spec.training.batch_size = 32;
        member.spec.training.head_units = 256;
        member.spec.freeze = core::parse_double(percent).value();
        member.trial = sweep::trial_id(member.spec);
        members.push_back(member);
    }
    return members;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.at(values.size() / 2);
}

int compare(const std::vector<std::string>& arguments) {
    const std::string network = arguments.at(0);
    const auto size = static_cast<int>(core::parse_int(arguments.at(1)).value());
    const auto rounds = core::parse_int(arguments.at(2)).value();
    const std::filesystem::path directory = arguments.at(3);
    const auto members =
        grid(network, size, arguments.size() > 4 ? arguments[4] : "100,75,50,30,20,10,0");
    trainer::set_up_torch(1);
    tests::write_drawn_dataset(directory / "drawn.h5", {160, 2, size, size});
    const trainer::Dataset data(directory / "drawn.h5", "", trainer::choose_device());
    std::vector<double> ratios, bare;
    for (std::int64_t round = 0; round < rounds; ++round) {
        Run cohort, alone;
        for (const bool first : {true, false}) {
            (first == (round % 2 == 0) ? cohort : alone) =
                first == (round % 2 == 0) ? train(members, directory, data)
                                          : one_by_one(members, directory, data);
        }
        if (cohort.results != alone.results || cohort.results.size() != members.size()) {
            fmt::print(stderr, "{}: the cohort's numbers differ from those of its trials alone\n",
                       network);
            return 1;
        }
        ratios.push_back(alone.seconds / cohort.seconds);
        bare.push_back((alone.seconds - alone.saving) / (cohort.seconds - cohort.saving));
        fmt::print(
            "{} {}: alone {:.2f} s ({:.2f} of it saving), cohort {:.2f} s ({:.2f}), {:.2f}x\n",
            network, size, alone.seconds, alone.saving, cohort.seconds, cohort.saving, bare.back());
        std::fflush(stdout);
    }
    std::filesystem::remove(directory / "drawn.h5");
    fmt::print("{} {}, {} trials: median {:.2f}x without saving, {:.2f}x with it\n", network, size,
               members.size(), median(bare), median(ratios));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() < 4) {
        fmt::print(stderr, "bench_cohort NETWORK SIZE ROUNDS DIRECTORY [FREEZE,...]\n");
        return 2;
    }
    try {
        return compare(arguments);
    } catch (const core::Error& error) {
        fmt::print(stderr, "bench_cohort: {}\n", error.what());
        return 1;
    }
}
