// SPDX-License-Identifier: Apache-2.0
#include "scheduler/supervisor.hpp"

#include <algorithm>

#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/process.hpp"

namespace graft::scheduler {

namespace {

using namespace sweep;

constexpr core::Seconds kBeat{1};
constexpr std::chrono::seconds kTimeToEnd{10};

core::Instant in(core::Instant now, std::chrono::seconds duration) {
    return now + duration;
}

bool share_a_slot(const std::vector<Slot>& a, const std::vector<Slot>& b) {
    return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

}  // namespace

Supervisor::Supervisor(SupervisorOptions options, WorkerLink& link, core::Instant now)
    : options_(std::move(options)), link_(link), heard_(now), stepped_(now), beaten_(now) {
    if (core::fs::exists(options_.trainer)) {
        trainer_file_.emplace(options_.trainer);
    }
    link_.send(RankHello{core::host_name(), core::own_pid(), std::string(core::build_id()),
                         options_.slots});
}

void Supervisor::watch(std::vector<core::Watch>& watches) const {
    for (const auto& trainer : trainers_) {
        watches.push_back({trainer.fd(), trainer.has_unsent(), false, false});
    }
}

bool Supervisor::step(core::Instant now) {
    if (left_) {
        return false;
    }
    bool happened = take_messages(now);
    if (!still_coordinated(now)) {
        return true;
    }
    happened = step_trainers(now) || happened;
    if (now - beaten_ >= kBeat) {
        beaten_ = now;
        link_.send(Alive{});
    }
    move_leaving_on(now);
    stepped_ = now;
    return happened;
}

bool Supervisor::take_messages(core::Instant now) {
    bool happened = false;
    while (const auto message = link_.receive()) {
        happened = true;
        std::visit([&](const auto& m) { on(m, now); }, *message);
    }
    if (link_.heard()) {
        heard_ = now;
    }
    return happened;
}

// Silence counts less the time for which this loop itself was held up.
bool Supervisor::still_coordinated(core::Instant now) {
    const core::Seconds late = now - stepped_;
    if (core::Seconds(now - heard_) - late <= options_.lost_after) {
        return true;
    }
    core::log(core::LogLevel::error, "the coordinator fell silent; this rank ends");
    lost_coordinator_ = true;
    kill_all();
    left_ = true;
    return false;
}

bool Supervisor::step_trainers(core::Instant now) {
    bool happened = false, out_of_memory = false;
    for (auto trainer = trainers_.begin(); trainer != trainers_.end();) {
        for (const auto& message : trainer->step(now)) {
            happened = true;
            if (const auto* ended = std::get_if<Ended>(&message)) {
                out_of_memory =
                    out_of_memory || std::holds_alternative<HostOutOfMemory>(ended->ending);
                core::log(core::LogLevel::info, fmt::format("cohort {}: {}", ended->cohort.value,
                                                            text_of(ended->ending)));
            }
            link_.send(message);
        }
        trainer = trainer->gone() ? trainers_.erase(trainer) : std::next(trainer);
    }
    for (auto& trainer : trainers_) {
        if (out_of_memory && !trainer.cohort()) {
            trainer.end(in(now, kTimeToEnd));  // it holds memory for nothing
        }
    }
    return happened;
}

void Supervisor::move_leaving_on(core::Instant now) {
    const bool busy = std::any_of(trainers_.begin(), trainers_.end(),
                                  [](const auto& trainer) { return trainer.cohort().has_value(); });
    if (!leaving_ && !(asked_to_leave_ && !busy)) {
        return;
    }
    for (auto& trainer : trainers_) {
        trainer.end(in(now, kTimeToEnd));
    }
    if (!trainers_.empty()) {
        return;
    }
    if (!said_left_) {
        said_left_ = true;
        link_.send(Left{});
    }
    // Not before the coordinator ends, too: MPI is left by all ranks together.
    left_ = leaving_;
}

void Supervisor::ask_to_leave() {
    if (asked_to_leave_) {
        return;
    }
    asked_to_leave_ = true;
    for (std::size_t i = 0; i < options_.slots.size(); ++i) {
        link_.send(SlotLost{Slot(static_cast<std::int32_t>(i)), "its rank was asked to stop"});
    }
    for (auto& trainer : trainers_) {
        trainer.send(Drain{});
    }
}

void Supervisor::kill_all() {
    trainers_.clear();
}

TrainerStart Supervisor::start_of(const std::vector<Slot>& slots) const {
    TrainerStart start;
    start.program = options_.trainer;
    if (trainer_file_) {
        start.held = trainer_file_->path();
    }
    start.threads = options_.threads;
    start.hung_after = options_.hung_after;
    start.log = options_.directory / "logs" /
                fmt::format("trainer-{}-{}.log", options_.rank.value, slots.front().value);
    for (const auto slot : slots) {
        const auto& info = options_.slots.at(static_cast<std::size_t>(slot.value));
        start.devices.insert(start.devices.end(), info.devices.begin(), info.devices.end());
        start.cores.insert(start.cores.end(), info.cores.begin(), info.cores.end());
    }
    return start;
}

TrainerProcess& Supervisor::trainer_for(const std::vector<Slot>& slots, core::Instant now) {
    for (auto trainer = trainers_.begin(); trainer != trainers_.end();) {
        if (trainer->slots() == slots && !trainer->is_ending() && !trainer->gone()) {
            return *trainer;
        }
        // The slots' devices change hands: the idle trainer that had them is ended at once.
        const bool in_the_way = share_a_slot(trainer->slots(), slots);
        trainer = in_the_way ? trainers_.erase(trainer) : std::next(trainer);
    }
    return trainers_.emplace_back(start_of(slots), slots, now);
}

void Supervisor::on(const Assign& assign, core::Instant now) {
    if (asked_to_leave_ || leaving_) {
        link_.send(Ended{assign.cohort, Drained{}});
        return;
    }
    try {
        trainer_for(assign.slots, now).assign(assign, now);
    } catch (const core::InputError& error) {
        link_.send(Ended{assign.cohort, InputFault{error.what()}});
    } catch (const core::NoSpaceError& error) {
        link_.send(Ended{assign.cohort, NoSpace{error.what()}});
    }
}

void Supervisor::on(const Recorded& recorded, core::Instant) {
    for (auto& trainer : trainers_) {
        if (trainer.cohort() == recorded.cohort) {
            trainer.send(recorded);
        }
    }
}

void Supervisor::on(const Drain& drain, core::Instant) {
    for (auto& trainer : trainers_) {
        trainer.send(drain);
    }
}

void Supervisor::on(const Leave&, core::Instant) {
    leaving_ = true;
}

}  // namespace graft::scheduler
