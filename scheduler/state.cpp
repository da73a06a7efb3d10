// SPDX-License-Identifier: Apache-2.0
#include "scheduler/state.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/error.hpp"

#include "sweep/cohort.hpp"
#include "sweep/network_name.hpp"

#include "scheduler/formation.hpp"
#include "scheduler/verdicts.hpp"

namespace graft::scheduler {

namespace {

void require(bool holds, const std::string& what) {
    if (!holds) {
        throw std::logic_error("the scheduler's state contradicts itself: " + what);
    }
}

void check_trials(const State& state) {
    for (const auto& trial : state.record.trials()) {
        const auto& id = trial.id.text();
        const auto* running = std::get_if<sweep::Running>(&trial.state);
        if (state.queue.contains(trial.id)) {
            require(!running, "trial " + id + " waits and runs");
            require(!trial.left_out, "trial " + id + " waits and is left out");
            require(!sweep::result_of(trial.state), "trial " + id + " is done");
            require(verdicts_due(state.record, state.rivals, {trial.id}, {}).empty(),
                    "trial " + id + " waits without its verdict");
        }
        if (running) {
            const auto flight = state.flights.find(running->cohort);
            require(flight != state.flights.end(), "trial " + id + " runs in no cohort");
        }
        if (std::holds_alternative<sweep::Waiting>(trial.state) && !trial.left_out) {
            require(state.queue.contains(trial.id), "trial " + id + " waits in no queue");
            const auto company = company_of(trial, state.settings.cohorts);
            require(state.queue.item_of(trial.id).company == company,
                    "trial " + id + " waits in another's company");
            const auto* last =
                trial.attempts.size() > trial.forgiven ? &*trial.attempts.back().ending : nullptr;
            require(!last || !consequence_of(*last, trial, false).trial_fails,
                    "trial " + id + " waits although a rule fails it");
        }
    }
}

// Only such trials run together as may.
void check_company(const State& state, const std::string& name, const Flight& flight) {
    const auto members = unfinished(state, flight);
    require(flight.members.size() == 1 || state.settings.cohorts == Cohorts::formed,
            "cohort " + name + " has several members");
    require(flight.members.size() <= kMostMembers, "cohort " + name + " is too large");
    for (const auto* trial : members) {
        require(sweep::cohort_key(trial->spec) == sweep::cohort_key(members.front()->spec),
                "the members of cohort " + name + " differ below their tops");
        require(trial->position == members.front()->position,
                "the members of cohort " + name + " do not stand at one position");
    }
    if (!members.empty()) {
        const double left = cohort_multiply_adds(shape_of(members));
        require(std::abs(left - flight.work) <= 1e-9 * (left + flight.work),
                "cohort " + name + " has other work left than is reckoned with");
    }
}

void check_flights(const State& state) {
    std::map<std::pair<Rank, Slot>, CohortId> used;
    for (const auto& [cohort, flight] : state.flights) {
        const auto name = std::to_string(cohort.value);
        require(!flight.slots.empty() && !flight.members.empty(), "cohort " + name + " is empty");
        require(state.record.members(cohort) != nullptr, "cohort " + name + " is not open");
        check_company(state, name, flight);
        require(state.ranks.at(flight.rank).stage != RankStage::lost,
                "cohort " + name + " runs on a lost rank");
        for (const auto& id : flight.members) {
            const auto& its = state.record.find(id)->state;
            const auto* running = std::get_if<sweep::Running>(&its);
            require(sweep::result_of(its) || (running && running->cohort == cohort),
                    "trial " + id.text() + " of cohort " + name + " does not run in it");
        }
        for (const auto slot : flight.slots) {
            require(used.emplace(std::pair(flight.rank, slot), cohort).second,
                    "a slot has two cohorts");
        }
    }
    for (const auto& [rank, live] : state.ranks) {
        for (std::size_t i = 0; i < live.slots.size(); ++i) {
            const auto* busy = std::get_if<Busy>(&live.slots[i].state);
            const auto found = used.find({rank, Slot(static_cast<std::int32_t>(i))});
            if (busy) {
                require(found != used.end() && found->second == busy->cohort,
                        "a busy slot has no such cohort");
            } else {
                require(!std::holds_alternative<Idle>(live.slots[i].state) || found == used.end(),
                        "an idle slot has a cohort");
            }
        }
    }
}

void check_idle(const State& state) {
    std::size_t idle = 0;
    for (const auto& [rank, live] : state.ranks) {
        for (std::size_t i = 0; i < live.slots.size(); ++i) {
            if (std::holds_alternative<Idle>(live.slots[i].state)) {
                require(state.idle.contains({rank, Slot(static_cast<std::int32_t>(i))}),
                        "an idle slot is not known to be");
                ++idle;
            }
        }
    }
    require(idle == state.idle.size(), "a slot that works is taken for idle");
}

void check_counters(const State& state) {
    check_idle(state);
    for (const auto& [rank, live] : state.ranks) {
        const auto name = std::to_string(rank.value);
        require(live.charges >= 0, "rank " + name + " is charged less than nothing");
        for (const auto& slot : live.slots) {
            require(slot.charges >= 0, "a slot of rank " + name + " is charged less than nothing");
            require(slot.busy <= kBusyWaits, "a slot of rank " + name + " waits too often");
            require(!std::holds_alternative<Resting>(slot.state) || slot.busy > 0,
                    "a slot of rank " + name + " rests for nothing");
        }
    }
    require(state.stop || attempts_without_save(state.record) < kAttemptsWithoutSave,
            "the sweep goes on without ever saving");
}

SlotWork work_of(const State& state, CohortId cohort, const Flight& flight) {
    SlotWork work;
    work.cohort = cohort;
    work.trials = flight.members;
    const auto& trial = *state.record.find(flight.members.front());
    work.network = sweep::network_label(trial.spec->network);
    work.dataset = trial.spec->dataset;
    work.init = trial.spec->init_text;
    work.freeze = trial.spec.freeze;
    work.name_end = state.names.end_of(trial.spec);
    for (const auto* member : unfinished(state, flight)) {
        work.freezes.insert(member->spec.freeze);
    }
    work.epochs = trial.work.epochs;
    work.begun = flight.begun;
    work.position = flight.progress.position;
    work.batches = flight.progress.batches;
    const double rate = flight.progress.images_per_second;
    work.images_per_second = std::isfinite(rate) ? rate : 0;  // none before the first batch
    work.loss = flight.progress.loss;
    work.val_auc = flight.progress.val_auc;
    return work;
}

void count_trials(const State& state, Status& status) {
    for (const auto& trial : state.record.trials()) {
        if (trial.left_out) {
            continue;
        }
        ++status.total;
        const auto name = sweep::name_of(trial.state);
        auto& count = name == "done"                                        ? status.done
                      : name == "diverged"                                  ? status.diverged
                      : name == "stopped"                                   ? status.stopped
                      : name == "failed" && !state.queue.contains(trial.id) ? status.failed
                      : name == "running"                                   ? status.running
                                                                            : status.waiting;
        ++count;
    }
}

// Work left over the slots that can do it. Says nothing before a rate is known.
std::optional<double> eta_of(const State& state) {
    std::string device;
    for (const auto& [rank, live] : state.ranks) {
        for (const auto& slot : live.slots) {
            device = runs(slot) ? slot.info.device_name : device;
        }
    }
    double seconds = 0;
    bool known = true;
    const auto add = [&](const TrialClass& its_class, double work) {
        const auto rate = state.costs.seconds_per_multiply_add(its_class, device);
        known = known && rate;
        seconds += work * rate.value_or(0) * its_class.slots;
    };
    for (const auto& [its_class, waiting] : state.queue.classes()) {
        add(its_class, waiting.work);
    }
    for (const auto& [cohort, flight] : state.flights) {
        add(flight.its_class, flight.work);
    }
    const int slots = usable_slots(state);
    return known && slots > 0 ? std::optional(seconds / slots) : std::nullopt;
}

DatasetStatus dataset_status(const Need& need, const DatasetState& dataset) {
    DatasetStatus status;
    status.dataset = need.dataset;
    status.size = need.size;
    status.preparing = std::holds_alternative<Preparing>(dataset);
    status.ready = std::holds_alternative<sweep::DatasetReady>(dataset);
    if (const auto* broken = std::get_if<Broken>(&dataset)) {
        status.failed = broken->message;
    }
    return status;
}

}  // namespace

State make_state(Settings settings, sweep::Record record, core::Instant now) {
    State state;
    state.settings = std::move(settings);
    state.record = std::move(record);
    state.costs.learn(state.record);
    for (int rank = 0; rank < state.settings.ranks; ++rank) {
        state.ranks[Rank(rank)].heard = now;
    }
    return state;
}

Need need_of(const sweep::Trial& trial) {
    return class_of(trial).need;
}

std::vector<const sweep::Trial*> unfinished(const State& state, const Flight& flight) {
    std::vector<const sweep::Trial*> members;
    for (const auto& id : flight.members) {
        const auto* trial = state.record.find(id);
        if (!sweep::result_of(trial->state)) {
            members.push_back(trial);
        }
    }
    return members;
}

bool runs(const LiveSlot& slot) {
    return !std::holds_alternative<Gone>(slot.state);
}

std::string why_aside(const LiveRank& rank, const LiveSlot& slot) {
    if (!slot.suspect.empty()) {
        return slot.suspect;
    }
    if (slot.charges >= kChargesUntilAside) {
        return fmt::format("{} attempts in a row were killed or hung here", slot.charges);
    }
    if (rank.charges >= kChargesUntilAside) {
        return fmt::format("its node lost several trainers at once {} times in a row",
                           rank.charges);
    }
    return "";
}

bool another_takes_work(const State& state) {
    return std::any_of(state.ranks.begin(), state.ranks.end(), [](const auto& entry) {
        const LiveRank& live = entry.second;
        return live.stage == RankStage::expected ||
               (live.stage == RankStage::working &&
                std::any_of(live.slots.begin(), live.slots.end(), [&](const LiveSlot& slot) {
                    return runs(slot) && why_aside(live, slot).empty();
                }));
    });
}

LiveSlot* find_slot(State& state, Rank rank, Slot slot) {
    const auto live = state.ranks.find(rank);
    if (live == state.ranks.end() || slot.value < 0 ||
        static_cast<std::size_t>(slot.value) >= live->second.slots.size()) {
        return nullptr;
    }
    return &live->second.slots[static_cast<std::size_t>(slot.value)];
}

void set_activity(State& state, Rank rank, Slot slot, Activity activity) {
    if (std::holds_alternative<Idle>(activity)) {
        state.idle.insert({rank, slot});
    } else {
        state.idle.erase({rank, slot});
    }
    state.ranks.at(rank).slots.at(static_cast<std::size_t>(slot.value)).state = std::move(activity);
}

void resize_slots(State& state, Rank rank, std::size_t count) {
    auto& slots = state.ranks.at(rank).slots;
    for (std::size_t i = slots.size(); i < count; ++i) {
        state.idle.insert({rank, Slot(static_cast<std::int32_t>(i))});
    }
    slots.resize(count);
}

int usable_slots(const State& state) {
    int count = 0;
    for (const auto& [rank, live] : state.ranks) {
        if (live.stage == RankStage::expected) {
            ++count;
        } else if (live.stage == RankStage::working) {
            for (const auto& slot : live.slots) {
                count += runs(slot);
            }
        }
    }
    return count;
}

Status status_of(const State& state, core::WallTime wall) {
    Status status;
    status.time = wall;
    status.sweep_name = state.record.sweep_name();
    status.draining = state.stop.has_value();
    count_trials(state, status);
    const bool others = another_takes_work(state);
    for (const auto& [rank, live] : state.ranks) {
        for (std::size_t i = 0; i < live.slots.size(); ++i) {
            const auto& slot = live.slots[i];
            SlotStatus shown{rank,         Slot(static_cast<std::int32_t>(i)),
                             live.host,    slot.info.device_name,
                             std::nullopt, ""};
            if (const auto* busy = std::get_if<Busy>(&slot.state)) {
                const auto& flight = state.flights.at(busy->cohort);
                shown.work = work_of(state, busy->cohort, flight);
                const bool first = flight.slots.front().value == static_cast<std::int32_t>(i);
                status.images_per_second += first ? shown.work->images_per_second : 0;
            } else if (const auto* gone = std::get_if<Gone>(&slot.state)) {
                shown.lost = gone->reason;
            } else if (others) {
                shown.lost = why_aside(live, slot);
            }
            status.slots.push_back(std::move(shown));
        }
    }
    for (const auto& [need, dataset] : state.datasets) {
        status.datasets.push_back(dataset_status(need, dataset));
    }
    status.eta_seconds = eta_of(state);
    status.deadline = state.settings.deadline;
    return status;
}

void check_invariants(const State& state) {
    check_trials(state);
    check_flights(state);
    check_counters(state);
    require(!state.told_to_leave || state.flights.empty(), "ranks leave while cohorts run");
    require(!state.closed || state.told_to_leave, "closed before the ranks were told to leave");
}

}  // namespace graft::scheduler
