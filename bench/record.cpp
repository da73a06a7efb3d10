// SPDX-License-Identifier: Apache-2.0
// The record: appending and reading the journal, metrics, writing the store.
#include "sweep/record.hpp"

#include <benchmark/benchmark.h>

#include "core/random.hpp"

#include "sweep/journal.hpp"
#include "sweep/metrics.hpp"

#include "results/store.hpp"
#include "support/specs.hpp"

using namespace graft;

namespace {

namespace fs = std::filesystem;

fs::path empty_sweep() {
    const fs::path sweep = fs::temp_directory_path() / "graft-bench-sweep";
    fs::remove_all(sweep);
    fs::create_directories(sweep);
    return sweep;
}

// A sweep of `count` trials with 53 epochs each.
fs::path finished_sweep(int count) {
    const fs::path sweep = empty_sweep();
    auto writer = sweep::JournalWriter::start(sweep, tests::started(), [](const sweep::Event&) {});
    for (int seed = 1; seed <= count; ++seed) {
        const auto trial = tests::planned_trial(seed);
        const auto id = sweep::trial_id(trial.spec);
        const auto cohort = static_cast<std::uint64_t>(seed);
        std::vector<sweep::Event> events{tests::planned({trial}),
                                         tests::attempt_started(cohort, id)};
        for (int epoch = 1; epoch <= 53; ++epoch) {
            events.emplace_back(tests::save_recorded(cohort, id, epoch));
        }
        if (!writer->append(events)) {
            throw std::logic_error("the benchmark's journal was taken over");
        }
    }
    return sweep;
}

sweep::Record record_of(const fs::path& sweep) {
    sweep::Record record;
    sweep::read_journal(sweep, [&](const sweep::Event& event) { record.apply(event); });
    return record;
}

void journal_append(benchmark::State& state) {
    const auto trial = tests::planned_trial();
    const auto id = sweep::trial_id(trial.spec);
    auto writer =
        sweep::JournalWriter::start(empty_sweep(), tests::started(), [](const sweep::Event&) {});
    const std::vector<sweep::Event> save{tests::save_recorded(1, id, 1)};
    for (auto _ : state) {
        benchmark::DoNotOptimize(writer->append(save));
    }
}

void journal_replay(benchmark::State& state) {
    const auto sweep = finished_sweep(static_cast<int>(state.range(0)));
    for (auto _ : state) {
        benchmark::DoNotOptimize(record_of(sweep).trials().size());
    }
    state.SetItemsProcessed(state.iterations() * state.range(0) * 53);
}

void store_write(benchmark::State& state) {
    const auto sweep = finished_sweep(static_cast<int>(state.range(0)));
    for (auto _ : state) {
        results::publish(sweep);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0) * 53);
}

void auc(benchmark::State& state) {
    core::RandomStream stream("bench", 1);
    std::vector<float> scores;
    std::vector<std::uint8_t> positive;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        scores.push_back(stream.uniform());
        positive.push_back(stream.below(2) == 0);
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(sweep::roc_auc(scores, positive));
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(journal_append)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(journal_replay)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(store_write)->Arg(1000)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(auc)->Arg(1000)->Arg(100000)->Unit(benchmark::kMicrosecond);

}  // namespace
