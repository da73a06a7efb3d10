// SPDX-License-Identifier: Apache-2.0
// A whole `graft run` of trials that take no work: journal with its syncs, links, supervisors and
// trainer processes are the real ones. round_trip TRAINER DIRECTORY TRIALS SLOTS prints the
// milliseconds of a trial, beside the start and the end of the run.
#include <cstdio>

#include "core/error.hpp"
#include "core/text.hpp"

#include "scheduler/bench_trials.hpp"
#include "scheduler/run.hpp"

namespace {

using namespace graft;

class Watching final : public scheduler::Observer {
  public:
    void show(const scheduler::Status&) override {}
    void say(const std::string& line) override {
        if (line.find("first batch") != std::string::npos ||
            line.find(" is ready") != std::string::npos) {
            begun = core::now();
        }
        if (line.find(" is done") != std::string::npos) {
            ++done;
            ended = core::now();
        }
    }
    core::Instant begun, ended;  // the dataset was ready; the last result was recorded
    std::size_t done = 0;
};

scheduler::RunOptions options_for(const std::string& trainer, const std::string& directory,
                                  int trials, int slots) {
    scheduler::RunOptions options;
    options.directory = directory;
    options.slots = slots;
    options.threads = 1;
    options.run.cohorts = false;  // one trial, one message
    options.trainer = trainer;
    options.plan = [trials](const sweep::Record&) {
        sweep::Planned planned;
        planned.added = tests::bench_trials(trials, "d");
        return std::vector<sweep::Event>{planned};
    };
    options.prepare = [directory](const scheduler::Need& need) {
        return scheduler::PrepareJob{{"/bin/true"}, [need, directory] {
                                         sweep::DatasetReady ready;
                                         ready.dataset = need.dataset;
                                         ready.fingerprint = need.fingerprint;
                                         ready.size = need.size;
                                         ready.prepared = directory;
                                         return scheduler::PreparedDataset(ready);
                                     }};
    };
    options.weights = [](const sweep::TrialSpec&) { return std::string(); };
    return options;
}

int run(const std::string& trainer, const std::string& directory, int trials, int slots) {
    Watching watching;
    const auto result =
        scheduler::run_alone(options_for(trainer, directory, trials, slots), watching);
    if (result.outcome != scheduler::Outcome::done ||
        watching.done != static_cast<std::size_t>(trials)) {
        fmt::print(stderr, "{} of {} trials are done: {}\n", watching.done, trials, result.message);
        return 1;
    }
    const core::Seconds took = watching.ended - watching.begun;
    fmt::print("{:.4f}\n", took.count() * 1000 / trials);
    return 0;
}

}  // namespace

int main(int count, char* arguments[]) {
    if (count != 5) {
        fmt::print(stderr, "usage: round_trip TRAINER DIRECTORY TRIALS SLOTS\n");
        return 2;
    }
    const auto trials = core::parse_int(arguments[3]), slots = core::parse_int(arguments[4]);
    try {
        return run(arguments[1], arguments[2], static_cast<int>(trials.value()),
                   static_cast<int>(slots.value()));
    } catch (const std::exception& error) {
        fmt::print(stderr, "round_trip: {}\n", error.what());
        return 1;
    }
}
