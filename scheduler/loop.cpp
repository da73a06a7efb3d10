// SPDX-License-Identifier: Apache-2.0
#include "scheduler/loop.hpp"

#include <csignal>

#include "core/log.hpp"

namespace graft::scheduler {

Moment moment_now() {
    return {core::now(), core::wall_now()};
}

LoopEnd Loop::run() {
    while (!over()) {
        const Moment moment = moment_now();
        if (obey_signals()) {
            supervisor_.kill_all();
            const RunResult result{
                Outcome::drained,
                "left at once. Nothing acknowledged is lost: 'graft run' goes on."};
            return {result, false};
        }
        bool happened = supervisor_.step(moment.now);
        happened = (coordinator_ && coordinator_->step(moment)) || happened;
        if (!happened && !over()) {
            wait();
        }
    }
    if (coordinator_) {
        return {*coordinator_->result(), !coordinator_->lost_a_rank()};
    }
    const bool lost = supervisor_.lost_coordinator();
    return {{lost ? Outcome::drained : Outcome::done, ""}, !lost};
}

bool Loop::over() const {
    return coordinator_ ? coordinator_->result().has_value() : supervisor_.left();
}

// True when all is to end at once.
bool Loop::obey_signals() {
    if (signals_.total() == 0) {
        return false;
    }
    if (!obeyed_) {
        obeyed_ = true;
        core::log(core::LogLevel::info, "asked by a signal to save and end");
        if (coordinator_) {
            coordinator_->ask_to_stop("saved and stopped. 'graft run' goes on.");
        } else {
            supervisor_.ask_to_leave(core::now());
        }
    }
    return signals_.count(SIGINT) > 1;
}

void Loop::wait() const {
    std::vector<core::Watch> watches;
    supervisor_.watch(watches);
    if (coordinator_) {
        coordinator_->watch(watches);
    }
    core::wait_for(watches, look_every_);
}

}  // namespace graft::scheduler
