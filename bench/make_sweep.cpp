// SPDX-License-Identifier: Apache-2.0
// A finished sweep of any size, for benchmarks: make_bench_sweep DIR TRIALS EPOCHS. It is written
// as a run writes it, one save for each epoch, but in large groups.
#include <array>
#include <cmath>
#include <iostream>

#include "core/random.hpp"
#include "core/text.hpp"

#include "sweep/journal.hpp"

#include "results/store.hpp"
#include "support/specs.hpp"

using namespace graft;

namespace {

constexpr std::array kNetworks{"mobilenet", "resnet50", "inception_v3", "small_cnn"};
constexpr std::array kDatasets{"cancer", "retina", "proteins", "cats_vs_dogs"};
constexpr std::array kInits{"random", "imagenet", "mean_var"};
constexpr std::array kFreezes{0.0, 25.0, 50.0, 75.0, 100.0};
constexpr int kSlots = 4;

// The grid's point number `index`: seeds vary fastest, so that every arm has as many as any other.
sweep::PlannedTrial point(int index, int seeds) {
    const auto seed = index % seeds + 1;
    const auto arm = static_cast<std::size_t>(index / seeds);
    auto trial = tests::planned_trial(seed);
    const auto dataset = arm / kFreezes.size() / kInits.size() % kDatasets.size();
    trial.spec.freeze = kFreezes.at(arm % kFreezes.size());
    trial.spec.edit().init_text = kInits.at(arm / kFreezes.size() % kInits.size());
    trial.spec.edit().dataset = kDatasets.at(dataset);
    trial.spec.edit().dataset_fingerprint = fmt::format("{:032x}", dataset + 1);
    trial.spec.edit().network =
        kNetworks.at(arm / kFreezes.size() / kInits.size() / kDatasets.size() % kNetworks.size());
    if (trial.spec->init_text != "random") {
        trial.spec.edit().init =
            trial.spec->init_text == "mean_var" ? sweep::Init::mean_var : sweep::Init::pretrained;
        trial.spec.edit().weights_hash = "00000000000000000000000000000001";
    }
    trial.work.image_size = 224;
    return trial;
}

sweep::Metrics metrics(double auc, core::RandomStream& noise) {
    const double value = auc + 0.02 * (static_cast<double>(noise.uniform()) - 0.5);
    return {1.5 - value, value - 0.05, value, value, value - 0.01};
}

sweep::SaveRecorded save_of(std::uint64_t cohort, const sweep::TrialId& id, int epoch, int epochs,
                            core::RandomStream& noise) {
    auto event = tests::save_recorded(cohort, id, epoch);
    event.time = {1'795'478'400'000'000 + epoch * 20'000'000LL};
    auto& member = event.save.members.front();
    auto& row = member.rows.front();
    row.step = epoch * 100;
    row.train_loss = 1.0 / epoch + 0.01 * static_cast<double>(noise.uniform());
    row.train_accuracy = 1 - row.train_loss / 2;
    row.validation = metrics(0.9 - 0.4 * std::exp(-0.1 * epoch), noise);
    row.seconds = 20;
    row.images_per_second = 250;
    member.best = sweep::Best{row.phase, epoch, row.validation};
    const auto file = [&](const char* what) {
        return sweep::FileRef{fmt::format("trials/{}/1.{}.{}.h5", id.text(), epoch, what),
                              12'345'678, "0123456789abcdef"};
    };
    member.files = {file("state"), file("best")};
    if (epoch == epochs) {
        member.result = sweep::TrialResult{};
        member.result->best = member.best;
        member.result->test = metrics(row.validation.auc - 0.01, noise);
        member.result->weights = file("best");
        member.result->predictions = file("predictions");
    }
    return event;
}

void append(sweep::JournalWriter& writer, const std::vector<sweep::Event>& events) {
    if (!writer.append(events)) {
        throw std::runtime_error("another process writes this journal");
    }
}

void make(const std::filesystem::path& directory, int trials, int epochs) {
    auto writer =
        sweep::JournalWriter::start(directory, tests::started(), [](const sweep::Event&) {});
    if (!writer) {
        throw std::runtime_error("another process writes this journal");
    }
    const int arms =
        static_cast<int>(kNetworks.size() * kDatasets.size() * kInits.size() * kFreezes.size());
    const int seeds = std::max(1, (trials + arms - 1) / arms);
    std::vector<sweep::PlannedTrial> plan;
    for (int index = 0; index < trials; ++index) {
        plan.push_back(point(index, seeds));
    }
    append(*writer, {tests::planned(plan)});
    core::RandomStream noise("bench", 1);
    std::vector<sweep::Event> events;
    // Trials run side by side, so their saves stand in turns.
    for (int first = 0; first < trials; first += kSlots) {
        const int last = std::min(first + kSlots, trials);
        std::vector<sweep::TrialId> ids;
        for (int index = first; index < last; ++index) {
            ids.push_back(sweep::trial_id(plan[static_cast<std::size_t>(index)].spec));
            const auto cohort = static_cast<std::uint64_t>(index + 1);
            events.emplace_back(tests::attempt_started(cohort, ids.back()));
            events.emplace_back(sweep::AttemptBegun{{}, sweep::CohortId(cohort), "GPU", "gpu"});
        }
        for (int epoch = 1; epoch <= epochs; ++epoch) {
            for (int index = first; index < last; ++index) {
                events.emplace_back(save_of(static_cast<std::uint64_t>(index + 1),
                                            ids[static_cast<std::size_t>(index - first)], epoch,
                                            epochs, noise));
            }
        }
        for (int index = first; index < last; ++index) {
            events.emplace_back(
                tests::attempt_ended(static_cast<std::uint64_t>(index + 1), sweep::Completed{}));
        }
        if (events.size() > 10'000) {
            append(*writer, events);
            events.clear();
        }
    }
    events.emplace_back(sweep::Closed{{}, "done"});
    append(*writer, events);
    results::publish(directory);
}

}  // namespace

int main(int count, char** arguments) {
    const auto number = [&](int i) { return core::parse_int(arguments[i]).value_or(0); };
    if (count != 4 || number(2) < 1 || number(3) < 1) {
        std::cerr << "usage: make_bench_sweep DIR TRIALS EPOCHS\n";
        return 2;
    }
    make(arguments[1], static_cast<int>(number(2)), static_cast<int>(number(3)));
    return 0;
}
