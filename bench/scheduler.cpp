// SPDX-License-Identifier: Apache-2.0
// What the coordinator's decisions cost: whole sweeps of trials that take no work, under the
// virtual clock, with the journal's events made and thrown away.
#include <algorithm>
#include <fstream>
#include <string>

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include "scheduler/many_trials.hpp"
#include "scheduler/simulation.hpp"

namespace {

using namespace graft;

std::size_t resident_bytes() {
    std::size_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// As in a large study: 4 networks, 4 datasets, 7 freeze levels, and seeds. Trials share their
// settings as those of an expanded grid, or of a journal, do.
sweep::Planned grid_of(std::int64_t count) {
    std::vector<sweep::TrialSpec> settings(16);
    for (std::size_t i = 0; i < settings.size(); ++i) {
        auto& its = settings[i].edit();
        its.network = "network-" + std::to_string(i % 4);
        its.dataset = "dataset-" + std::to_string(i / 4);
        its.dataset_fingerprint = "0123456789abcdef0123456789abcdef " + its.dataset;
        its.init_text = "random";
    }
    sweep::Planned planned;
    planned.added.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        sweep::PlannedTrial trial;
        trial.spec = settings[static_cast<std::size_t>(i % 16)];
        trial.spec.freeze = static_cast<double>(i / 16 % 7) * 10;
        trial.spec.seed = i / 112;
        trial.work.image_size = 224;
        trial.work.epochs = 1;
        trial.work.multiply_adds = 1e9 * static_cast<double>(1 + i % 4);
        trial.work.train_images = 1000;
        planned.added.push_back(std::move(trial));
    }
    return planned;
}

// Arguments: trials, slots. A cohort takes 10 s of the virtual clock and one save.
void reactor(benchmark::State& state) {
    scheduler::SimulationOptions options;
    options.slots = 16;
    options.ranks = static_cast<int>(state.range(1)) / options.slots;
    options.device = "none";
    scheduler::SimulationModel model;
    std::size_t asked = 0, most = 0;
    model.cohort = [&](const auto& members, const auto&) {
        if (++asked % 100'000 == 0 || asked == static_cast<std::size_t>(state.range(0))) {
            most = std::max(most, resident_bytes());
        }
        scheduler::CohortTime time;
        time.start = core::Seconds(1);
        time.epoch =
            core::Seconds(9.0 + 1e-3 * static_cast<double>(members.front()->spec.seed % 997));
        return time;
    };
    model.prepare = [](const auto&) { return core::Seconds(1); };
    std::size_t trials = 0, before = 0;
    for (auto _ : state) {
        state.PauseTiming();
        ::malloc_trim(0);
        std::vector<sweep::Event> plan{grid_of(state.range(0))};
        before = resident_bytes();
        asked = most = 0;
        state.ResumeTiming();
        scheduler::expect_trials(static_cast<std::size_t>(state.range(0)));
        const auto simulated = scheduler::simulate(options, model, {}, plan);
        trials += simulated.finished;
    }
    const auto count = static_cast<double>(state.range(0));
    if (trials !=
        static_cast<std::size_t>(state.iterations()) * static_cast<std::size_t>(state.range(0))) {
        state.SkipWithError("not every trial has its result");
    }
    state.counters["us/trial"] =
        benchmark::Counter(count * static_cast<double>(state.iterations()) * 1e-6,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    // The coordinator's own: the grid that it was given is not in it.
    state.counters["bytes/trial"] =
        (static_cast<double>(most) - static_cast<double>(before)) / count;
}
BENCHMARK(reactor)
    ->Args({1'000, 16})
    ->Args({1'000, 4'096})
    ->Args({100'000, 16})
    ->Args({100'000, 4'096})
    ->Args({1'000'000, 16})
    ->Args({1'000'000, 4'096})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

}  // namespace
