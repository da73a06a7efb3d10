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
// A turn of the supervisor's loop that took no longer is no lateness.
constexpr core::Seconds kPunctual{1};
// As many times its longest silence so far may a trainer be silent.
constexpr double kSilences = 20;
constexpr double kHungBeforeProgress = 3;
constexpr std::chrono::seconds kTimeToDie{10};
// Between looks whether it lives, while its socket is open: its end closes that.
constexpr std::chrono::milliseconds kLookEvery{100};

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

core::Seconds patience(core::Seconds hung_after, std::optional<core::Seconds> longest) {
    return longest ? std::max(hung_after, kSilences * *longest) : kHungBeforeProgress * hung_after;
}

bool spoils_process(const Ending& ending) {
    return std::holds_alternative<DeviceFault>(ending) ||
           std::holds_alternative<DeviceBusy>(ending) ||
           std::holds_alternative<DeviceOutOfMemory>(ending) ||
           std::holds_alternative<HostOutOfMemory>(ending);
}

TrainerProcess::TrainerProcess(const TrainerStart& start, std::vector<Slot> slots,
                               core::Instant now)
    : TrainerProcess(connected(start), start, std::move(slots), now) {}

TrainerProcess::TrainerProcess(std::pair<core::Child, core::Descriptor> started,
                               const TrainerStart& start, std::vector<Slot> slots,
                               core::Instant now)
    : slots_(std::move(slots)),
      child_(std::move(started.first)),
      socket_(std::move(started.second), core::Sending::buffered),
      hung_after_(start.hung_after),
      memory_(start.system_root),
      heard_(now),
      stepped_(now),
      looked_(now) {}

void TrainerProcess::assign(const Assign& assign, core::Instant now) {
    next_ = assign.cohort;
    drained_by_.reset();
    heard_ = now;
    if (!cohort_) {
        begin_next();
    }
    send(assign);
}

void TrainerProcess::begin_next() {
    cohort_ = std::exchange(next_, std::nullopt);
    longest_silence_.reset();
    saved_ = recorded_ = waits_ = 0;
}

void TrainerProcess::give_back_next(std::vector<FromWorker>& said) {
    if (next_) {
        said.push_back(Ended{*std::exchange(next_, std::nullopt), Drained{}});
    }
}

void TrainerProcess::send(const ToWorker& message) {
    if (const auto* recorded = std::get_if<Recorded>(&message)) {
        recorded_ = std::max(recorded_, recorded->save);
        heard_ = std::max(heard_, stepped_);
    }
    try {
        socket_.send(core::encode(message));
    } catch (const core::SocketClosed&) {
        closed_ = true;  // its end is told by step()
    }
}

core::Seconds drain_patience(core::Seconds within, core::Seconds longest_silence) {
    return within + kSilences * longest_silence;
}

void TrainerProcess::drain(core::Instant now, core::Seconds within) {
    send(Drain{});
    if (!drained_by_) {
        const auto patience = drain_patience(within, longest_silence_.value_or(core::Seconds(0)));
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

void TrainerProcess::take(const FromWorker& message, core::Instant now,
                          std::vector<FromWorker>& said) {
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
    if (longest_silence_) {
        longest_silence_ = std::max(*longest_silence_, core::Seconds(now - heard_));
    } else if (std::holds_alternative<Progress>(message)) {
        longest_silence_ = core::Seconds(0);
    }
    heard_ = now;
    said.push_back(message);
    if (const auto* saved = std::get_if<Saved>(&message)) {
        saved_ = std::max(saved_, saved->save);
    } else if (const auto* waits = std::get_if<Waits>(&message)) {
        waits_ = waits->save;
    }
    if (const auto* ended = std::get_if<Ended>(&message); ended && cohort_ == ended->cohort) {
        if (spoils_process(ended->ending)) {
            give_back_next(said);
            kill_at_ = now;
            kill();
        }
        begin_next();
    }
}

void TrainerProcess::read(core::Instant now, std::vector<FromWorker>& said) {
    try {
        while (const auto frame = socket_.receive(core::Seconds(0))) {
            take(core::decode<FromWorker>(*frame), now, said);
        }
        socket_.flush();
    } catch (const core::SocketClosed&) {
        closed_ = true;
        kill_at_ = std::min(kill_at_.value_or(now + kTimeToDie), now + kTimeToDie);
    } catch (const core::DecodeError& error) {
        refuse(error.what());
    } catch (const core::SystemError& error) {  // no frame, or no socket
        refuse(error.what());
    }
}

void TrainerProcess::refuse(const std::string& why) {
    refused_ = InputFault{fmt::format(
        "graft-trainer sent bytes that are no message ({}). Build or install both together.", why)};
    kill();
    closed_ = true;
}

void TrainerProcess::judge_silence(core::Instant now) {
    const core::Seconds silence = now - heard_;
    const bool at_work = cohort_ && saved_ <= recorded_;
    const bool hung = at_work && (silence > patience(hung_after_, longest_silence_) ||
                                  (drained_by_ && now >= *drained_by_));
    const bool overdue = kill_at_ && now >= *kill_at_;
    if ((hung || overdue) && !killed_) {
        hung_ = Hung{silence.count()};
        kill();
    }
}

// Beyond a normal turn of the loop: as if it had happened before what was heard last.
void TrainerProcess::forget_lateness(core::Instant now) {
    const core::Instant::duration late = now - stepped_;
    stepped_ = now;
    if (late > kPunctual) {
        heard_ = std::min(now, heard_ + late);
        for (auto* deadline : {&kill_at_, &drained_by_}) {
            if (*deadline) {
                **deadline += late;
            }
        }
    }
}

Ending TrainerProcess::ending(const core::ExitStatus& status, core::Instant now) {
    if (refused_) {
        return *refused_;
    }
    const auto* signalled = std::get_if<core::Signalled>(&status);
    if (!signalled || signalled->signal != SIGKILL) {
        return ending_of(status);
    }
    if (hung_) {
        return *hung_;
    }
    const auto why = memory_.killed_for_memory(now);
    return why ? Ending(HostOutOfMemory{*why}) : ending_of(status);
}

std::optional<core::ExitStatus> TrainerProcess::reaped(core::Instant now) {
    if (!closed_ && now - looked_ < kLookEvery) {
        return std::nullopt;
    }
    looked_ = now;
    return child_.try_reap();
}

std::vector<FromWorker> TrainerProcess::step(core::Instant now) {
    std::vector<FromWorker> said;
    forget_lateness(now);
    // Reaped before reading: what it said last is in the socket by then.
    const auto status = reaped(now);
    if (!closed_) {
        read(now, said);
    }
    if (status) {
        if (cohort_) {
            said.push_back(Ended{*cohort_, ending(*status, now)});
            cohort_.reset();
        }
        give_back_next(said);
        gone_ = true;
    } else {
        memory_.look(now);
        judge_silence(now);
    }
    return said;
}

}  // namespace graft::scheduler
