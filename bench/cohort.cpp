// SPDX-License-Identifier: Apache-2.0
// The freeze grid of one network as a cohort, against the same trials one after the other, both by
// the trainer itself: warm-up, training, validation, scoring and files. Every round runs both, and
// the other one first than the round before; ratios are of one round, and of processor time, which
// other programs on the machine disturb least (one thread; without one, of a GPU's, nothing is
// seen: there take the seconds). Fails unless every trial's numbers are equal to the bit.
//
// Before, where the time goes: a batch made, and run up to each cut; a step of each trial alone.
//
//   bench_cohort NETWORK SIZE ROUNDS DIRECTORY [FREEZE,...]
//
// DIRECTORY gets the data and the trials' files, which go again.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/text.hpp"

#include "trainer/device.hpp"
#include "trainer/order.hpp"
#include "trainer/small_study.hpp"
#include "trainer/step.hpp"

using namespace graft;

namespace {

double processor_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Run {
    double seconds = 0, processor = 0;
    std::vector<std::string> results;
};

Run train(const std::vector<sweep::Member>& members, const std::filesystem::path& directory,
          const trainer::Dataset& data) {
    tests::FakeWatcher watcher;
    Run run;
    const double before = processor_seconds();
    const core::Instant began = core::now();
    trainer::CohortRun(members, {directory, {}}, data, watcher).run();
    run.seconds = core::Seconds(core::now() - began).count();
    run.processor = processor_seconds() - before;
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
        sum.processor += one.processor;
        sum.results.insert(sum.results.end(), one.results.begin(), one.results.end());
    }
    return sum;
}

std::vector<sweep::Member> grid(const std::string& network, int size, const std::string& freeze) {
    std::vector<sweep::Member> members;
    for (const auto& percent : core::split(freeze, ',')) {
        sweep::Member member = tests::small_member(network);
        member.spec.edit().training.image_size = size;
        member.spec.edit().training.warmup_for = sweep::WarmupFor::all;
        member.spec.edit().training.epochs = 3;
        member.spec.edit().training.batch_size = 32;
        member.spec.edit().training.head_units = 256;
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

// Median processor time of five.
double milliseconds(const std::function<void()>& work) {
    std::vector<double> times;
    for (int i = 0; i < 6; ++i) {
        const double before = processor_seconds();
        work();
        times.push_back(1000 * (processor_seconds() - before));
    }
    return median({times.begin() + 1, times.end()});
}

void show_parts(const std::vector<sweep::Member>& members, const trainer::Dataset& data) {
    const auto& spec = members.front().spec;
    const auto network = models::build_network(spec->network, data.classes());
    const trainer::Recipe recipe{&network, spec->training, 1, at::kFloat};
    trainer::Indices samples(32);
    std::iota(samples.begin(), samples.end(), 0U);
    const auto labels = data.labels(samples);
    at::Tensor images;
    const double made = milliseconds(
        [&] { images = trainer::training_images(recipe, data.images(samples), 1, samples); });
    fmt::print("{}, batch of 32, processor ms: made {:.0f}", spec->network, made);
    double alone = 0, bottoms = 0, deepest = 0;
    for (const auto& member : members) {
        trainer::Model model(
            network, models::make_weights(network, models::Init::random, nullptr, 0, 1), at::kCPU);
        model.train_above(models::frozen_layers(network, member.spec.freeze), 0.99, at::kFloat);
        model.optimizer().set_rate(1e-4);
        const trainer::SharedBottom bottom({model.branch()});
        const double below = milliseconds([&] {
            bottom.run(images, at::kFloat, trainer::SharedBottom::BatchNorms::merged,
                       [](std::size_t, const trainer::Live&) {});
        });
        const double step = milliseconds([&] {
            model.forward_backward(images, labels, {});
            model.optimizer().step();
        });
        alone += made + step;
        bottoms += below;
        deepest = std::max(deepest, below);
        fmt::print("; {} %: bottom {:.0f}, step {:.0f}", member.spec.freeze, below, step);
    }
    const double shared = (static_cast<double>(members.size()) - 1) * made + bottoms - deepest;
    fmt::print("\nof {:.0f} ms of steps {:.0f} are shared: at most {:.2f}x\n", alone, shared,
               alone / (alone - shared));
    std::fflush(stdout);
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
    show_parts(members, data);
    std::vector<double> by_processor, by_clock;
    for (std::int64_t round = 0; round < rounds; ++round) {
        Run cohort, alone;
        for (const bool first : {true, false}) {
            const bool together = first == (round % 2 == 0);
            (together ? cohort : alone) =
                together ? train(members, directory, data) : one_by_one(members, directory, data);
        }
        if (cohort.results != alone.results || cohort.results.size() != members.size()) {
            fmt::print(stderr, "{}: the cohort's numbers differ from those of its trials alone\n",
                       network);
            return 1;
        }
        by_processor.push_back(alone.processor / cohort.processor);
        by_clock.push_back(alone.seconds / cohort.seconds);
        fmt::print(
            "alone {:.2f} s (processor {:.2f}), cohort {:.2f} s ({:.2f}): {:.2f}x ({:.2f}x)\n",
            alone.seconds, alone.processor, cohort.seconds, cohort.processor, by_clock.back(),
            by_processor.back());
        std::fflush(stdout);
    }
    std::filesystem::remove(directory / "drawn.h5");
    fmt::print("{} {}, {} trials: median {:.2f}x ({:.2f}x of processor time)\n", network, size,
               members.size(), median(by_clock), median(by_processor));
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
