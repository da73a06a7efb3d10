// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/socket.hpp"

#include "sweep/message.hpp"

#include "trainer/dataset.hpp"
#include "trainer/watcher.hpp"

namespace graft::trainer {

// The conversation of a trainer with its supervisor, over one socket:
//   TrainerHello -> | <- Assign | Begun, Progress, Saved -> | <- Recorded, Drain | Ended ->
// and so on from cohort to cohort, until Leave or end-of-file. The members of a cohort are trained
// side by side; a dataset stays in memory for the next cohort.
class Session final : public Watcher {
  public:
    Session(core::FramedSocket& socket, int threads);

    // Until Leave. Throws core::SocketClosed when the supervisor is gone.
    void serve();

    Request after_batch(const std::function<Shown()>& shown) override;
    std::int64_t next_save() const override { return saves_ + 1; }
    void saved(const sweep::Position& position, std::vector<sweep::MemberSave> members,
               double save_seconds) override;
    std::vector<sweep::TrialId> verdicts() override;

  private:
    // A save that is not known to be recorded yet.
    struct Pending {
        std::int64_t number = 0;
        std::vector<sweep::MemberSave> members;
    };

    void send(sweep::FromWorker message);
    // Handles what has come; waits for one message when asked to.
    enum class Wait { no, yes };
    void receive(Wait wait);
    void on(const sweep::Assign& assign);
    void on(const sweep::Recorded& recorded);
    void on(const sweep::Drain& drain);
    void on(const sweep::Leave&) { leave_ = true; }
    void tidy(const sweep::MemberSave& recorded, std::int64_t number) const;
    void settle();  // waits until every save is recorded
    void train(const sweep::Assign& assign);
    sweep::Ending train_members(const sweep::Assign& assign);
    // One on each device; on the processor one for all replicas.
    std::vector<const Dataset*> datasets(const sweep::Assign& assign);

    core::FramedSocket& socket_;
    // One for each replica. Chosen with the first cohort, so that their lack is told.
    std::vector<at::Device> devices_;
    int threads_;
    std::deque<Dataset> data_;
    std::string data_name_;  // path, checksum and devices of data_

    std::optional<sweep::Assign> next_;  // to be trained
    sweep::Assign current_;
    std::int64_t saves_ = 0;  // of the cohort
    std::deque<Pending> pending_;
    std::vector<sweep::TrialId> stopped_;  // as the last recorded save said
    core::Instant last_shown_;
    bool drain_ = false, leave_ = false;
};

}  // namespace graft::trainer
