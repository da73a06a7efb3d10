// SPDX-License-Identifier: Apache-2.0
// A sweep file with a grid of a million trials: expanded, and the memory that the list takes. The
// grid is that of bench/coordinator.py, which gives it to `graft plan`.
#include "sweep/grid.hpp"

#include <fstream>
#include <string>

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

namespace {

using namespace graft;

constexpr std::size_t kTrials = 1'000'000;

std::size_t resident_bytes() {
    std::size_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::string seeds(int count) {
    std::string text;
    for (int i = 1; i <= count; ++i) {
        text += std::to_string(i) + ",";
    }
    return "[" + text + "]";
}

std::string file_text() {
    return "[datasets.d]\npath = \"d\"\n[[grid]]\n"
           "network = [\"mobilenet\", \"inception_v3\", \"resnet50_v2\", \"densenet121\", "
           "\"small_cnn\"]\ndataset = \"d\"\ninit = \"random\"\n"
           "freeze = [0, 5, 10, 20, 30, 40, 50, 60, 75, 100]\n"
           "learning_rate = [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3]\n"
           "dropout = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]\nseed = " +
           seeds(200) + "\n";
}

void expand(benchmark::State& state) {
    const auto file = sweep::parse_sweep_file(file_text(), "/bench.toml", {"path"});
    sweep::GridContext context;
    context.fingerprint = [](const sweep::NamedTable&) {
        return std::string("0123456789abcdef0123456789abcdef");
    };
    context.weights_hash = [](const auto&, const auto&, const auto&) { return std::string(); };
    context.networks = {"mobilenet", "inception_v3", "resnet50_v2", "densenet121", "small_cnn"};
    double bytes = 0;
    for (auto _ : state) {
        state.PauseTiming();
        ::malloc_trim(0);
        const std::size_t before = resident_bytes();
        state.ResumeTiming();
        auto grid = sweep::expand(file, context);
        state.PauseTiming();
        if (grid.trials.size() != kTrials) {
            state.SkipWithError("not a million trials");
        }
        ::malloc_trim(0);  // what only making it took
        bytes = static_cast<double>(resident_bytes() - before) / kTrials;
        grid = {};
        state.ResumeTiming();
    }
    state.counters["bytes/trial"] = bytes;
}
BENCHMARK(expand)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

}  // namespace
