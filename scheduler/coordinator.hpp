// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "core/process.hpp"
#include "core/socket.hpp"

#include "scheduler/file_thread.hpp"
#include "scheduler/link.hpp"
#include "scheduler/outbox.hpp"
#include "scheduler/reactor.hpp"
#include "scheduler/take_over.hpp"

namespace graft::scheduler {

// Rank 0's loop body: passes messages, ticks and acknowledgements to the reactor, and does what it
// leaves in the outbox. Never waits; children and files are looked after by polling.
class Coordinator {
  public:
    Coordinator(const RunOptions& options, Taken taken, int ranks, CoordinatorLink& link,
                Observer& observer, Moment moment);

    void watch(std::vector<core::Watch>& watches) const;
    // Does what can be done now. True when anything happened.
    bool step(Moment moment);
    // Saves everything and ends.
    void ask_to_stop(const std::string& why);
    // Set once, when all is over: every rank has left and the journal is closed, or nothing can be
    // written any more.
    const std::optional<RunResult>& result() const { return result_; }
    // True when a rank was lost: MPI cannot end in good order then.
    bool lost_a_rank() const;

    const std::string& start_id() const { return start_id_; }
    const sweep::Record& record() const { return state_.record; }

  private:
    bool take_report(Moment moment);
    bool take_messages(Moment moment);
    void tick(Moment moment);
    void look_after_preparing();
    void look_after_publishing(Moment moment);
    void publish_last();
    bool look_after_last_publication();
    void start_preparing(const Need& need, Moment moment);
    void carry_out(Moment moment);
    void give_up(RunResult failure);

    const RunOptions& options_;
    CoordinatorLink& link_;
    Observer& observer_;
    std::string start_id_;
    State state_;
    Outbox outbox_;
    FileThread files_;

    struct PreparingChild {
        Need need;
        PrepareJob job;
        fs::path log;
        core::Child child;
    };
    std::optional<PreparingChild> preparing_;
    std::optional<core::Child> publishing_;
    bool publishing_last_ = false;
    core::Instant publish_next_, publish_begun_, ticked_, stepped_;
    core::Seconds late_{0};
    std::optional<RunResult> result_;
};

}  // namespace graft::scheduler
