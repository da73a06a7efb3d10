// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/process.hpp"
#include "core/socket.hpp"

#include "sweep/message.hpp"

namespace graft::scheduler {

// How a trainer must be started.
struct TrainerStart {
    core::fs::path program;
    std::optional<core::fs::path> held;  // the same file, held open since this run began
    int threads = 1;
    core::fs::path log;  // appended to
    std::vector<std::string> devices;
    std::vector<std::int32_t> cores;
};

// How an attempt ended whose trainer ended by itself: SIGSEGV and the like and every exit code are
// crashes; other signals came from outside.
sweep::Ending ending_of(const core::ExitStatus& status);

// Longest silence of a trainer that is still believed in: 30 minutes until it has first shown
// progress (it loads data, and compiles kernels), then 20 times the longest silence so far, at
// least 10 minutes.
core::Seconds patience(bool shown_progress, core::Seconds longest_silence);

// Time for a trainer that was told to drain: its next batch and a save, each of which takes about
// as long as it has been silent before, on top of `within`.
core::Seconds drain_patience(core::Seconds within, core::Seconds longest_silence);

// One graft-trainer and what it works on. It lives from cohort to cohort.
class TrainerProcess {
  public:
    // Throws InputError when it cannot be started.
    TrainerProcess(const TrainerStart& start, std::vector<sweep::Slot> slots, core::Instant now);

    const std::vector<sweep::Slot>& slots() const { return slots_; }
    const std::optional<sweep::CohortId>& cohort() const { return cohort_; }
    int fd() const { return socket_.fd(); }
    bool has_unsent() const { return socket_.has_unsent(); }

    void assign(const sweep::Assign& assign, core::Instant now);
    void send(const sweep::ToWorker& message);
    // Drain: it saves and ends its cohort, or is killed (the cohort ends as Hung) when it has not
    // within drain_patience().
    void drain(core::Instant now, core::Seconds within);
    // Leave: it ends on its own, or is killed when it has not by the deadline.
    void end(core::Instant deadline);
    bool is_ending() const { return kill_at_.has_value(); }

    // What it said since, in order, TrainerHello taken out; then, when it has died, Ended for the
    // cohort that it had. `gone` is true after that.
    std::vector<sweep::FromWorker> step(core::Instant now);
    bool gone() const { return gone_; }

  private:
    TrainerProcess(std::pair<core::Child, core::Descriptor> started, std::vector<sweep::Slot> slots,
                   core::Instant now);
    void read(core::Instant now, std::vector<sweep::FromWorker>& said);
    void take(const sweep::FromWorker& message, std::vector<sweep::FromWorker>& said);
    void judge_silence(core::Instant now);
    void kill();

    std::vector<sweep::Slot> slots_;
    core::Child child_;
    core::FramedSocket socket_;
    std::optional<sweep::CohortId> cohort_;
    std::optional<sweep::Ending> refused_;  // it is of another build
    std::optional<core::Instant> kill_at_, drained_by_;
    core::Instant heard_;
    core::Seconds longest_silence_{0};
    bool shown_progress_ = false, closed_ = false, killed_ = false, gone_ = false;
};

}  // namespace graft::scheduler
