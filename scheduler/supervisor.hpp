// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <list>
#include <map>
#include <vector>

#include "core/clock.hpp"
#include "core/socket.hpp"

#include "sweep/message.hpp"

#include "scheduler/link.hpp"
#include "scheduler/trainer_process.hpp"

namespace graft::scheduler {

// What a supervisor needs to know.
struct SupervisorOptions {
    sweep::Rank rank;
    core::fs::path directory;  // of the sweep
    core::fs::path trainer;
    int threads = 1;
    std::vector<sweep::SlotInfo> slots;
    core::Seconds lost_after{60};
    core::Seconds hung_after{600};
    core::Seconds drain_within{60};
};

// A drain takes the time of one batch and one save; a trainer that takes more than `drain_within`
// (60 s) and 20 times its longest silence so far hangs, and is killed, so that the drain ends.
//
// A supervisor whose coordinator fell silent lets its trainers save by the same rule, leaves the
// saves that the coordinator has not acknowledged as orphans (scheduler/orphans.hpp), and ends:
// after lost_after and that one save.

// The trainers of one rank: starts one when a cohort is assigned to slots that have none, passes
// messages on both ways, and tells the coordinator what became of a cohort whose trainer died. One
// thread, which must be the process's main one: trainers die with the thread that started them.
class Supervisor {
  public:
    // Says hello.
    Supervisor(SupervisorOptions options, WorkerLink& link, core::Instant now);

    // The sockets to wait for.
    void watch(std::vector<core::Watch>& watches) const;
    // Does what can be done now; never waits. True when anything happened.
    bool step(core::Instant now);
    // This rank was asked to stop: its slots take no more work, its trainers save, and when all
    // have ended it says that it has left; the process stays until the coordinator ends.
    void ask_to_leave(core::Instant now);
    // Ends everything at once; nothing acknowledged is lost.
    void kill_all();

    bool left() const { return left_; }
    bool lost_coordinator() const { return lost_coordinator_; }

  private:
    bool take_messages(core::Instant now);
    bool step_trainers(core::Instant now);
    void drain_trainers(core::Instant now);
    void take_note(const sweep::FromWorker& message);
    void forget_lateness(core::Instant now);
    void lose_coordinator(core::Instant now);
    bool step_orphaned(core::Instant now);
    void leave_orphans(sweep::CohortId cohort);
    bool has_said_all(const TrainerProcess& trainer) const;
    void move_leaving_on(core::Instant now);
    bool still_coordinated(core::Instant now) const;
    void on(const sweep::Assign& assign, core::Instant now);
    void on(const sweep::Recorded& recorded, core::Instant now);
    void on(const sweep::Drain& drain, core::Instant now);
    void on(const sweep::Leave& leave, core::Instant now);
    TrainerProcess& trainer_for(const std::vector<sweep::Slot>& slots, core::Instant now);
    TrainerStart start_of(const std::vector<sweep::Slot>& slots) const;
    void mark_in_log(const sweep::Assign& assign) const;
    bool is_held_up(const sweep::Assign& assign) const;
    void hand_on(const sweep::Assign& assign, core::Instant now);
    void hand_on_held(core::Instant now);

    SupervisorOptions options_;
    // Nothing when there is no such file: starting it then says so.
    std::optional<core::HeldProgram> trainer_file_;
    WorkerLink& link_;
    std::list<TrainerProcess> trainers_;
    // For slots of which a trainer on others still works.
    std::deque<sweep::Assign> held_;
    // What the coordinator has not acknowledged of a cohort.
    struct Unrecorded {
        sweep::Begun begun;
        std::deque<sweep::Saved> saves;
        std::int64_t waits = 0;  // the trainer does nothing before this save is recorded
        std::int64_t left = 0;   // the last that is on disk as an orphan
        bool ended = false;
    };
    void forget_recorded(std::map<sweep::CohortId, Unrecorded>::iterator which, std::int64_t save);
    std::map<sweep::CohortId, Unrecorded> unrecorded_;
    core::Instant heard_, stepped_, beaten_, lost_at_;
    bool asked_to_leave_ = false;  // by a signal
    bool leaving_ = false;         // by the coordinator
    bool said_left_ = false, left_ = false, lost_coordinator_ = false;
};

}  // namespace graft::scheduler
