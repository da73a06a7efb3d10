// SPDX-License-Identifier: Apache-2.0
// Stands in for graft-trainer: speaks its messages and trains nothing. The trial's network says
// how it behaves.
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <vector>

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

    // Ways to die that need no message.
    static void end_as(const std::string& network) {
        if (network == "exits") {
            std::exit(3);
        } else if (network == "exits_with_0") {
            std::exit(0);
        } else if (network == "aborts") {
            std::abort();
        } else if (network == "throws") {
            throw std::bad_alloc();
        } else if (network == "segfaults") {
            volatile std::uintptr_t nowhere = 8;
            *reinterpret_cast<volatile int*>(nowhere) = 1;
        } else if (network == "overflows") {
            recurse(1);
        } else if (network == "bus_error") {
            ::raise(SIGBUS);
        } else if (network == "eats_memory") {
            eat_memory();
        }
    }
    // Touches ever more, until the kernel takes notice.
    static void eat_memory() {
        std::vector<std::string> eaten;
        while (true) {
            eaten.emplace_back(std::size_t(1) << 20, 'x');
        }
    }
    static int recurse(int depth) {
        volatile char frame[4096];
        frame[0] = static_cast<char>(depth);
        return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
    }

    void show_progress(const sweep::Assign& assign) {
        sweep::Progress progress;
        progress.cohort = assign.cohort;
        say(progress);
    }

    void once(const sweep::Assign& assign, const std::string& network) {
        if (network == "crashes_once") {
            ::raise(SIGSEGV);
        } else if (network == "killed_after_save") {
            save(assign, false);
            ::raise(SIGKILL);
        } else if (network == "hangs_once") {
            show_progress(assign);
            ::raise(SIGSTOP);
        }
    }

    // Ends of which it tells itself.
    static std::optional<sweep::Ending> told(const sweep::Member& member) {
        const auto& network = member.spec->network;
        if (network == "device_fault" || (network == "faults_once" && member.attempt == 1)) {
            return sweep::DeviceFault{"CUDA error: uncorrectable ECC error encountered"};
        }
        if (network == "input_fault") {
            return sweep::InputFault{"wrong"};
        }
        if (network == "no_host_memory") {
            return sweep::HostOutOfMemory{"the limit is 1.0 GiB"};
        }
        return std::nullopt;
    }

    static void send_odd_bytes(const std::string& network) {
        const std::string bytes = network == "sends_absurd_length" ? std::string(8, '\xFF')
                                  : network == "sends_rubbish"     ? std::string("\1\0\0\0\xFF", 5)
                                                                   : "";
        if (!bytes.empty() && ::write(3, bytes.data(), bytes.size()) > 0) {
            ::pause();
        }
    }

    void stand_still(const sweep::Assign& assign, const std::string& network) {
        if (network == "stops") {
            show_progress(assign);
            ::raise(SIGSTOP);
        } else if (network == "closes_socket") {
            ::close(3);
            ::raise(SIGSTOP);
        }
        send_odd_bytes(network);
        while (network == "stalls") {
            ::pause();
        }
        while (network == "waits_for_drain" && !draining_) {
            take(socket_.receive(std::nullopt));
        }
    }

    static void tidy(const std::string& network) {
        if (network == "tidies_long") {
            core::sleep_for(core::Seconds(0.3));
        } else if (network == "dies_tidying") {
            ::raise(SIGSEGV);
        }
    }

    void train(const sweep::Assign& assign) {
        saves_ = recorded_ = 0;
        draining_ = false;
        const auto& member = assign.members.at(0);
        const std::string& network = member.spec->network;
        say(sweep::Begun{assign.cohort, std::to_string(core::own_pid()), "fake, 1 thread"});
        end_as(network);
        if (member.attempt == 1) {
            once(assign, network);
        }
        if (const auto ending = told(member)) {
            say(sweep::Ended{assign.cohort, *ending});
            return;
        }
        stand_still(assign, network);
        if (draining_) {
            save(assign, false);
            say(sweep::Ended{assign.cohort, sweep::Drained{}});
            return;
        }
        core::sleep_for(core::Seconds(network == "slow" ? 0.2 : 0.0));
        save(assign, true);
        tidy(network);
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
