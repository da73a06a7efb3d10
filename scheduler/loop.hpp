// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/clock.hpp"
#include "core/signal.hpp"

#include "scheduler/coordinator.hpp"
#include "scheduler/supervisor.hpp"

namespace graft::scheduler {

// Both clocks, read together.
Moment moment_now();

// How a process came out of its loop.
struct LoopEnd {
    RunResult result;
    bool in_order = true;  // false: at once, or without the coordinator; nobody is waited for
};

// The loop of every process that runs a sweep. Signals: the first of INT, TERM, HUP and USR1 drains
// (on rank 0 the whole run, on another rank that rank); launchers send TERM and USR1 more than
// once, so only a second INT ends all at once.
class Loop {
  public:
    // `coordinator`: none above rank 0.
    Loop(Coordinator* coordinator, Supervisor& supervisor, const core::SignalFlags& signals,
         core::Seconds look_every)
        : coordinator_(coordinator),
          supervisor_(supervisor),
          signals_(signals),
          look_every_(look_every) {}

    LoopEnd run();

  private:
    bool over() const;
    bool obey_signals();
    void wait() const;

    Coordinator* coordinator_;
    Supervisor& supervisor_;
    const core::SignalFlags& signals_;
    core::Seconds look_every_;
    bool obeyed_ = false;
};

}  // namespace graft::scheduler
