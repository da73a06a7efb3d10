// SPDX-License-Identifier: Apache-2.0
#include "scheduler/trainer_process.hpp"

#include <algorithm>
#include <csignal>

#include "core/build_info.hpp"
#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::scheduler {

namespace {

using namespace sweep;

constexpr int kSocket = 3;
constexpr double kSilencesToDrain = 20;

core::Child start_trainer(const TrainerStart& start, int socket) {
    const core::Descriptor log = core::open_to_append(start.log);
    core::Spawn spawn;
    spawn.arguments = {start.program.string(), "--threads", fmt::format("{}", start.threads)};
    spawn.program = start.held;
    spawn.descriptors = {{1, log.get()}, {2, log.get()}, {kSocket, socket}};
    // What belongs to this rank's MPI would make a library in the trainer join it.
    spawn.without_prefixes = {"OMPI_", "PMIX_", "PMI_"};
    spawn.environment["CUDA_VISIBLE_DEVICES"] = core::join(start.devices, ",");
    spawn.cores.assign(start.cores.begin(), start.cores.end());
    spawn.ignores_signals = true;
    return core::spawn(spawn);
}

std::pair<core::Child, core::Descriptor> connected(const TrainerStart& start) {
    auto [ours, theirs] = core::socket_pair();
    core::Child child = start_trainer(start, theirs.get());
    return {std::move(child), std::move(ours)};
}

// Set by anything that a program can do to itself; the rest is sent by someone.
bool self_inflicted(int signal) {
    switch (signal) {
        case SIGSEGV:
        case SIGABRT:
        case SIGBUS:
        case SIGFPE:
        case SIGILL:
        case SIGSYS:
        case SIGTRAP:
            return true;
        default:
            return false;
    }
}

}  // namespace

Ending ending_of(const core::ExitStatus& status) {
    if (const auto* exited = std::get_if<core::Exited>(&status)) {
        return Crashed{0, exited->code};
    }
    const int signal = std::get<core::Signalled>(status).signal;
    return self_inflicted(signal) ? Ending(Crashed{signal, 0}) : Ending(Killed{signal});
}

core::Seconds patience(bool shown_progress, core::Seconds longest_silence) {
    using std::chrono::minutes;
    if (!shown_progress) {
        return minutes(30);
    }
    return std::max(core::Seconds(minutes(10)), 20 * longest_silence);
}

TrainerProcess::TrainerProcess(const TrainerStart& start, std::vector<Slot> slots,
                               core::Instant now)
    : TrainerProcess(connected(start), std::move(slots), now) {}

TrainerProcess::TrainerProcess(std::pair<core::Child, core::Descriptor> started,
                               std::vector<Slot> slots, core::Instant now)
    : slots_(std::move(slots)),
      child_(std::move(started.first)),
      socket_(std::move(started.second), core::Sending::buffered),
      heard_(now) {}

void TrainerProcess::assign(const Assign& assign, core::Instant now) {
    cohort_ = assign.cohort;
    drained_by_.reset();
    heard_ = now;
    shown_progress_ = false;
    longest_silence_ = core::Seconds(0);
    send(assign);
}

void TrainerProcess::send(const ToWorker& message) {
    try {
        socket_.send(core::encode(message));
    } catch (const core::SocketClosed&) {
        closed_ = true;  // its end is told by step()
    }
}

core::Seconds drain_patience(core::Seconds within, core::Seconds longest_silence) {
    return within + kSilencesToDrain * longest_silence;
}

void TrainerProcess::drain(core::Instant now, core::Seconds within) {
    send(Drain{});
    if (!drained_by_) {
        const auto patience = drain_patience(within, longest_silence_);
        drained_by_ = now + std::chrono::duration_cast<core::Instant::duration>(patience);
    }
}

void TrainerProcess::end(core::Instant deadline) {
    if (!kill_at_) {
        send(Leave{});
        kill_at_ = deadline;
    }
}

void TrainerProcess::kill() {
    if (!killed_) {
        killed_ = true;
        child_.signal_group(SIGKILL);
    }
}

void TrainerProcess::take(const FromWorker& message, std::vector<FromWorker>& said) {
    if (const auto* hello = std::get_if<TrainerHello>(&message)) {
        if (hello->build_id != core::build_id()) {
            refused_ = InputFault{fmt::format(
                "graft-trainer is of another build ('{}' instead of '{}'). Build or install both "
                "together.",
                hello->build_id, core::build_id())};
            kill();
        }
        return;
    }
    shown_progress_ = shown_progress_ || std::holds_alternative<Progress>(message);
    if (const auto* ended = std::get_if<Ended>(&message); ended && cohort_ == ended->cohort) {
        cohort_.reset();
    }
    said.push_back(message);
}

void TrainerProcess::read(core::Instant now, std::vector<FromWorker>& said) {
    try {
        while (const auto frame = socket_.receive(core::Seconds(0))) {
            longest_silence_ = std::max(longest_silence_, core::Seconds(now - heard_));
            heard_ = now;
            take(core::decode<FromWorker>(*frame), said);
        }
        socket_.flush();
    } catch (const core::SocketClosed&) {
        closed_ = true;
        kill_at_ = std::min(kill_at_.value_or(now + std::chrono::seconds(10)),
                            now + std::chrono::seconds(10));
    } catch (const core::DecodeError& error) {
        refused_ =
            InputFault{fmt::format("graft-trainer sent bytes that are no message ({}). Build "
                                   "or install both together.",
                                   error.what())};
        kill();
        closed_ = true;
    }
}

void TrainerProcess::judge_silence(core::Instant now) {
    if (cohort_ && drained_by_ && now >= *drained_by_) {
        refused_ = Hung{core::Seconds(now - heard_).count()};
        kill();
    }
    const bool hung = cohort_ && now - heard_ > patience(shown_progress_, longest_silence_);
    if (hung || (kill_at_ && now >= *kill_at_)) {
        kill();
    }
}

std::vector<FromWorker> TrainerProcess::step(core::Instant now) {
    std::vector<FromWorker> said;
    // Reaped before reading: what it said last is in the socket by then.
    const auto status = child_.try_reap();
    if (!closed_) {
        read(now, said);
    }
    if (status) {
        if (cohort_) {
            said.push_back(Ended{*cohort_, refused_.value_or(ending_of(*status))});
            cohort_.reset();
        }
        gone_ = true;
    } else {
        judge_silence(now);
    }
    return said;
}

}  // namespace graft::scheduler
