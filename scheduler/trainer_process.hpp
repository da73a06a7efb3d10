// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/memory.hpp"
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
    core::Seconds hung_after{600};
    core::fs::path system_root = "/";  // for core::MemoryWatch
};

// How an attempt ended whose trainer ended by itself: SIGSEGV and the like and every exit code are
// crashes; other signals came from outside.
sweep::Ending ending_of(const core::ExitStatus& status);

// Longest silence of a trainer that is still believed in. `longest`: between two messages since it
// first showed progress, if it has: then 20 times that, at least hung_after. Before that (it loads
// data, and compiles kernels) three times hung_after.
core::Seconds patience(core::Seconds hung_after, std::optional<core::Seconds> longest);

// After this ending the process is not given another cohort: a CUDA context with a sticky error
// fails everything after it, and memory is given back only by the process's end.
bool spoils_process(const sweep::Ending& ending);

// Time for a trainer that was told to drain: its next batch and a save, each of which takes about
// as long as it has been silent before, on top of `within`.
core::Seconds drain_patience(core::Seconds within, core::Seconds longest_silence);

// One graft-trainer and what it works on. It lives from cohort to cohort, and may be given the next
// one while it still tidies up after one whose results are recorded.
class TrainerProcess {
  public:
    // Throws InputError when it cannot be started.
    TrainerProcess(const TrainerStart& start, std::vector<sweep::Slot> slots, core::Instant now);

    const std::vector<sweep::Slot>& slots() const { return slots_; }
    // What it works on, until it has said that this ended.
    const std::optional<sweep::CohortId>& cohort() const { return cohort_; }
    // All that it saved of that is recorded, and it said that it does nothing else before.
    bool tidies() const { return cohort_ && waits_ > 0 && recorded_ >= waits_; }
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
    // cohort that it had, and for one that it never came to (as Drained: that is to blame for
    // nothing). `gone` is true after that. To be called at least every second: time in which it was
    // not (a stopped job, a closed lid) is no silence of the trainer's.
    std::vector<sweep::FromWorker> step(core::Instant now);
    bool gone() const { return gone_; }

  private:
    TrainerProcess(std::pair<core::Child, core::Descriptor> started, const TrainerStart& start,
                   std::vector<sweep::Slot> slots, core::Instant now);
    void forget_lateness(core::Instant now);
    sweep::Ending ending(const core::ExitStatus& status, core::Instant now);
    void read(core::Instant now, std::vector<sweep::FromWorker>& said);
    void take(const sweep::FromWorker& message, core::Instant now,
              std::vector<sweep::FromWorker>& said);
    void refuse(const std::string& why);
    void begin_next();
    void give_back_next(std::vector<sweep::FromWorker>& said);
    std::optional<core::ExitStatus> reaped(core::Instant now);
    void judge_silence(core::Instant now);
    void kill();

    std::vector<sweep::Slot> slots_;
    core::Child child_;
    core::FramedSocket socket_;
    std::optional<sweep::CohortId> cohort_;
    std::optional<sweep::CohortId> next_;   // assigned, and begins when cohort_ has ended
    std::optional<sweep::Ending> refused_;  // it is of another build
    std::optional<core::Instant> kill_at_, drained_by_;
    core::Seconds hung_after_;
    core::MemoryWatch memory_;
    core::Instant heard_, stepped_, looked_;
    std::optional<core::Seconds> longest_silence_;  // since it first showed progress
    std::int64_t saved_ = 0, recorded_ = 0;         // as long as they differ it may wait for us
    std::int64_t waits_ = 0;                        // for this save, with all that it does
    std::optional<sweep::Hung> hung_;               // why it was killed
    bool closed_ = false, killed_ = false, gone_ = false;
};

}  // namespace graft::scheduler
