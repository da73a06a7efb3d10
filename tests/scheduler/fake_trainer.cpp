// SPDX-License-Identifier: Apache-2.0
// Stands in for graft-trainer: speaks its messages and trains nothing. The trial's network says
// how it behaves.
#include <csignal>
#include <cstdlib>

#include <unistd.h>

#include "core/build_info.hpp"
#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/process.hpp"
#include "core/socket.hpp"

#include "sweep/message.hpp"

namespace {

using namespace graft;

class FakeTrainer {
  public:
    void serve() {
        say(sweep::TrainerHello{std::string(core::build_id())});
        while (!left_) {
            take(socket_.receive(std::nullopt));
        }
    }

  private:
    void say(const sweep::FromWorker& message) { socket_.send(core::encode(message)); }

    void take(const std::optional<std::string>& frame) {
        if (!frame) {
            return;
        }
        const auto message = core::decode<sweep::ToWorker>(*frame);
        left_ = left_ || std::holds_alternative<sweep::Leave>(message);
        draining_ = draining_ || std::holds_alternative<sweep::Drain>(message);
        if (const auto* recorded = std::get_if<sweep::Recorded>(&message)) {
            recorded_ = recorded->save;
        }
        if (const auto* assign = std::get_if<sweep::Assign>(&message)) {
            train(*assign);
        }
    }

    void save(const sweep::Assign& assign, bool with_result) {
        sweep::Saved saved;
        saved.cohort = assign.cohort;
        saved.save = ++saves_;
        saved.position = {sweep::Phase::fine_tune, 2, 0, 10};
        sweep::MemberSave member;
        member.trial = assign.members.at(0).trial;
        member.seconds = 0.01;
        if (with_result) {
            member.result.emplace().best.emplace().epoch = 1;
        }
        saved.members = {member};
        say(saved);
        say(sweep::Waits{assign.cohort, saves_});
        while (recorded_ < saves_ && !left_) {
            take(socket_.receive(std::nullopt));
        }
    }

    void train(const sweep::Assign& assign) {
        saves_ = recorded_ = 0;
        draining_ = false;
        const auto& member = assign.members.at(0);
        const std::string& network = member.spec.network;
        say(sweep::Begun{assign.cohort, "fake", "fake, 1 thread"});
        if (network == "exits") {
            std::exit(3);
        }
        if (network == "aborts") {
            std::abort();
        }
        if (network == "crashes_once" && member.attempt == 1) {
            ::raise(SIGSEGV);
        }
        if (network == "killed_after_save" && member.attempt == 1) {
            save(assign, false);
            ::raise(SIGKILL);
        }
        while (network == "waits_for_drain" && !draining_) {
            take(socket_.receive(std::nullopt));
        }
        if (draining_) {
            save(assign, false);
            say(sweep::Ended{assign.cohort, sweep::Drained{}});
            return;
        }
        core::sleep_for(core::Seconds(network == "slow" ? 0.2 : 0.0));
        save(assign, true);
        say(sweep::Ended{assign.cohort, sweep::Completed{}});
    }

    core::FramedSocket socket_{core::Descriptor(3)};
    std::int64_t saves_ = 0, recorded_ = 0;
    bool draining_ = false, left_ = false;
};

}  // namespace

int main() {
    core::die_with_parent(core::parent_pid());
    try {
        FakeTrainer().serve();
    } catch (const core::SocketClosed&) {
        return 0;
    }
    return 0;
}
