// SPDX-License-Identifier: Apache-2.0
#include "scheduler/supervisor.hpp"

#include <algorithm>

#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/process.hpp"

#include "sweep/trainer_log.hpp"

#include "scheduler/orphans.hpp"
#include "scheduler/slots.hpp"

namespace graft::scheduler {

namespace {

using namespace sweep;

constexpr core::Seconds kBeat{1};
constexpr std::chrono::seconds kTimeToEnd{10};
// Of SupervisorOptions::drain_within: longer no rank stays without its coordinator.
constexpr double kOrphanedAtMost = 10;

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
    forget_lateness(now);
    if (lost_coordinator_) {
        return step_orphaned(now);
    }
    bool happened = take_messages(now);
    if (!still_coordinated(now)) {
        lose_coordinator(now);
        return true;
    }
    happened = step_trainers(now) || happened;
    if (now - beaten_ >= kBeat) {
        beaten_ = now;
        link_.send(Alive{});
    }
    move_leaving_on(now);
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

// A time in which this loop itself was held up (a stopped job) is no silence of the coordinator's.
void Supervisor::forget_lateness(core::Instant now) {
    const core::Instant::duration late = now - stepped_;
    if (late > kBeat) {
        heard_ = std::min(now, heard_ + late);
        lost_at_ = std::min(now, lost_at_ + late);
    }
    stepped_ = now;
}

bool Supervisor::still_coordinated(core::Instant now) const {
    return core::Seconds(now - heard_) <= options_.lost_after;
}

void Supervisor::lose_coordinator(core::Instant now) {
    core::log(core::LogLevel::error, "the coordinator fell silent; this rank saves and ends");
    lost_coordinator_ = true;
    lost_at_ = now;
    drain_trainers(now);
    for (const auto& [cohort, unrecorded] : unrecorded_) {
        leave_orphans(cohort);
    }
}

// Nothing is sent any more: whatever the coordinator still does, it has lost this rank.
bool Supervisor::step_orphaned(core::Instant now) {
    bool happened = false;
    for (auto trainer = trainers_.begin(); trainer != trainers_.end();) {
        for (const auto& message : trainer->step(now)) {
            happened = true;
            take_note(message);
            if (const auto* saved = std::get_if<Saved>(&message)) {
                leave_orphans(saved->cohort);
            }
        }
        trainer = has_said_all(*trainer) ? trainers_.erase(trainer) : std::next(trainer);
    }
    if (now - lost_at_ > kOrphanedAtMost * options_.drain_within) {
        kill_all();
    }
    left_ = trainers_.empty();
    return happened;
}

bool Supervisor::has_said_all(const TrainerProcess& trainer) const {
    if (trainer.gone() || !trainer.cohort()) {
        return true;
    }
    const auto found = unrecorded_.find(*trainer.cohort());
    return found != unrecorded_.end() && !found->second.saves.empty() &&
           found->second.saves.back().save <= found->second.waits;
}

void Supervisor::leave_orphans(CohortId cohort) {
    auto& unrecorded = unrecorded_[cohort];
    for (const auto& saved : unrecorded.saves) {
        if (saved.save <= unrecorded.left) {
            continue;
        }
        try {
            write_orphan(options_.directory, {unrecorded.begun, {core::wall_now(), saved}});
            unrecorded.left = saved.save;
            core::log(core::LogLevel::info, fmt::format("save {} of cohort {} is left to the next "
                                                        "start",
                                                        saved.save, cohort.value));
        } catch (const core::Error& error) {
            core::log(core::LogLevel::error, error.what());
            return;  // without this one the later ones are worth nothing
        }
    }
}

// What would be lost with the coordinator.
void Supervisor::take_note(const FromWorker& message) {
    if (const auto* begun = std::get_if<Begun>(&message)) {
        unrecorded_[begun->cohort].begun = *begun;
    } else if (const auto* saved = std::get_if<Saved>(&message)) {
        unrecorded_[saved->cohort].saves.push_back(*saved);
    } else if (const auto* waits = std::get_if<Waits>(&message)) {
        unrecorded_[waits->cohort].waits = waits->save;
    } else if (const auto* ended = std::get_if<Ended>(&message)) {
        const auto found = unrecorded_.find(ended->cohort);
        if (found != unrecorded_.end()) {
            found->second.ended = true;
            forget_recorded(found, 0);
        }
        core::log(core::LogLevel::info,
                  fmt::format("cohort {}: {}", ended->cohort.value, text_of(ended->ending)));
    }
}

void Supervisor::forget_recorded(std::map<CohortId, Unrecorded>::iterator which,
                                 std::int64_t save) {
    auto& saves = which->second.saves;
    while (!saves.empty() && saves.front().save <= save) {
        saves.pop_front();
    }
    if (which->second.ended && saves.empty()) {
        unrecorded_.erase(which);
    }
}

bool Supervisor::step_trainers(core::Instant now) {
    bool happened = false, out_of_memory = false;
    for (auto trainer = trainers_.begin(); trainer != trainers_.end();) {
        for (const auto& message : trainer->step(now)) {
            happened = true;
            const auto* ended = std::get_if<Ended>(&message);
            out_of_memory =
                out_of_memory || (ended && std::holds_alternative<HostOutOfMemory>(ended->ending));
            take_note(message);
            if (!std::holds_alternative<Waits>(message)) {
                link_.send(message);
            }
        }
        trainer = trainer->gone() ? trainers_.erase(trainer) : std::next(trainer);
    }
    for (auto& trainer : trainers_) {
        if (out_of_memory && !trainer.cohort()) {
            trainer.end(in(now, kTimeToEnd));  // it holds memory for nothing
        }
    }
    hand_on_held(now);
    return happened;
}

void Supervisor::move_leaving_on(core::Instant now) {
    const bool busy = std::any_of(trainers_.begin(), trainers_.end(),
                                  [](const auto& trainer) { return trainer.cohort().has_value(); });
    if (!leaving_ && !(asked_to_leave_ && !busy)) {
        return;
    }
    for (auto& trainer : trainers_) {
        if (!trainer.tidies()) {
            trainer.end(in(now, kTimeToEnd));
        }
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

void Supervisor::ask_to_leave(core::Instant now) {
    if (asked_to_leave_ || lost_coordinator_) {
        return;
    }
    asked_to_leave_ = true;
    for (std::size_t i = 0; i < options_.slots.size(); ++i) {
        link_.send(SlotLost{Slot(static_cast<std::int32_t>(i)), std::string(kRankAsked)});
    }
    drain_trainers(now);
}

void Supervisor::drain_trainers(core::Instant now) {
    for (auto& trainer : trainers_) {
        trainer.drain(now, options_.drain_within);
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
    start.log = options_.directory / trainer_log(options_.rank, slots);
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

// A log that cannot be written is no reason not to train.
void Supervisor::mark_in_log(const Assign& assign) const {
    try {
        core::append_to_file(options_.directory / trainer_log(options_.rank, assign.slots),
                             attempt_mark(assign, core::host_name(), core::wall_now()));
    } catch (const core::Error& error) {
        core::log(core::LogLevel::warning, error.what());
    }
}

void Supervisor::on(const Assign& assign, core::Instant now) {
    if (is_held_up(assign)) {
        held_.push_back(assign);
    } else {
        hand_on(assign, now);
    }
}

bool Supervisor::is_held_up(const Assign& assign) const {
    return std::any_of(trainers_.begin(), trainers_.end(), [&](const TrainerProcess& trainer) {
        return trainer.cohort() && trainer.slots() != assign.slots &&
               share_a_slot(trainer.slots(), assign.slots);
    });
}

void Supervisor::hand_on_held(core::Instant now) {
    for (std::size_t i = held_.size(); i > 0; --i) {
        const auto assign = std::move(held_.front());
        held_.pop_front();
        on(assign, now);
    }
}

void Supervisor::hand_on(const Assign& assign, core::Instant now) {
    if (asked_to_leave_ || leaving_) {
        link_.send(Ended{assign.cohort, Drained{}});
        return;
    }
    mark_in_log(assign);
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
    const auto found = unrecorded_.find(recorded.cohort);
    if (found != unrecorded_.end()) {
        forget_recorded(found, recorded.save);
    }
}

void Supervisor::on(const Drain& drain, core::Instant now) {
    for (auto& trainer : trainers_) {
        if (!drain.cohort || trainer.cohort() == drain.cohort) {
            trainer.drain(now, options_.drain_within);
        }
    }
}

void Supervisor::on(const Leave&, core::Instant) {
    leaving_ = true;
}

}  // namespace graft::scheduler
