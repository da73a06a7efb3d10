// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/process.hpp"

#include "sweep/journal.hpp"

#include "scheduler/bench.hpp"
#include "scheduler/run.hpp"
#include "support/temporary.hpp"

namespace graft::tests {

// Whole runs in this process: real journal, sockets and children, with a trainer that pretends
// (fake_trainer.cpp: what it does is the trial's network).

class Looker final : public scheduler::Observer {
  public:
    void show(const scheduler::Status& status) override {
        last = status;
        if (on_show) {
            on_show(status);
        }
    }
    void say(const std::string& line) override {
        lines.push_back(line);
        if (on_say) {
            on_say(line);
        }
    }

    scheduler::Status last;
    std::vector<std::string> lines;
    std::function<void(const scheduler::Status&)> on_show;
    std::function<void(const std::string&)> on_say;
};

inline scheduler::RunOptions options_for(const TemporaryDirectory& directory,
                                         std::vector<sweep::PlannedTrial> trials) {
    scheduler::RunOptions options;
    options.directory = directory.path();
    options.slots = 2;
    options.threads = 1;
    options.trainer = core::own_executable().parent_path() / "fake_trainer";
    options.plan = [trials](const sweep::Record& record) {
        sweep::Planned planned;
        planned.added = trials;
        return record.trials().empty() ? std::vector<sweep::Event>{planned}
                                       : std::vector<sweep::Event>{};
    };
    options.prepare = [directory = directory.path()](const scheduler::Need& need) {
        const auto result = [need, directory] {
            sweep::DatasetReady ready;
            ready.dataset = need.dataset;
            ready.fingerprint = need.fingerprint;
            ready.size = need.size;
            ready.prepared = directory.string();
            return ready;
        };
        return scheduler::PrepareJob{{"/bin/true"}, result};
    };
    options.weights = [](const sweep::TrialSpec&) { return std::string(); };
    return options;
}

inline std::vector<sweep::PlannedTrial> of_networks(const std::vector<std::string>& networks) {
    auto trials = Bench::trials(static_cast<int>(networks.size()));
    for (std::size_t i = 0; i < networks.size(); ++i) {
        trials[i].spec.edit().network = networks[i];
    }
    return trials;
}

inline sweep::Record record_of(const TemporaryDirectory& directory) {
    sweep::Record record;
    sweep::read_journal(directory.path(), [&](const sweep::Event& e) { record.apply(e); });
    return record;
}

// Runs `then` once, when a trial has begun.
inline void when_running(Looker& looker, std::function<void()> then) {
    looker.on_show = [done = false, then](const scheduler::Status& status) mutable {
        if (status.running > 0 && !std::exchange(done, true)) {
            then();
        }
    };
}

}  // namespace graft::tests
