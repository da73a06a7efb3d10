// SPDX-License-Identifier: Apache-2.0
#include "scheduler/explain.hpp"

#include <algorithm>
#include <stdexcept>

#include "sweep/dataset_row.hpp"

#include "scheduler/together.hpp"
#include "scheduler/trainer_process.hpp"

namespace graft::scheduler {

namespace {

bool is_ready(const State& state, const Need& need) {
    const auto found = state.datasets.find(need);
    return found != state.datasets.end() &&
           std::holds_alternative<sweep::DatasetReady>(found->second);
}

WaitReason reason_of(const State& state, const sweep::Trial& trial, bool runs) {
    return trial.left_out                     ? WaitReason::left_out
           : !runs                            ? WaitReason::not_running
           : !is_ready(state, need_of(trial)) ? WaitReason::dataset
                                              : WaitReason::in_line;
}

// Before a slot is known there is no device: costs are compared for the one that trained last.
std::string device_of(const State& state) {
    if (auto device = any_device(state); !device.empty()) {
        return device;
    }
    const sweep::Attempt* last = nullptr;
    for (const auto& trial : state.record.trials()) {
        for (const auto& attempt : trial.attempts) {
            if (!attempt.device.empty() && (!last || attempt.start >= last->start)) {
                last = &attempt;
            }
        }
    }
    return last ? last->device : "";
}

bool some_slot_has(const State& state, const std::string& numerics) {
    return std::any_of(state.ranks.begin(), state.ranks.end(), [&](const auto& entry) {
        const auto& slots = entry.second.slots;
        return std::any_of(slots.begin(), slots.end(), [&](const LiveSlot& slot) {
            return slot.numerics.empty() || slot.numerics == numerics;
        });
    });
}

std::optional<InLine> line_of(const State& state, const sweep::Trial& trial) {
    InLine line;
    line.device = device_of(state);
    const auto order = waiting_in_order(state, line.device);
    const auto own = std::find_if(order.begin(), order.end(), [&](const Candidate& candidate) {
        const auto members = state.queue.members(*candidate.item);
        return std::find(members.begin(), members.end(), trial.id) != members.end();
    });
    if (own == order.end()) {
        return std::nullopt;
    }
    const auto& its_class = *own->its_class;
    line.of = line.of_class = 0;
    for (auto candidate = order.begin(); candidate != order.end(); ++candidate) {
        const auto count = state.queue.members(*candidate->item).size();
        if (candidate == own) {
            line.place = line.of + 1;
            line.class_place = line.of_class + 1;
        }
        line.of += count;
        line.of_class += *candidate->its_class == its_class ? count : 0;
    }
    line.multiply_adds = own->item->work;
    line.learned = state.costs.estimate(its_class, line.device);
    if (line.learned) {
        line.seconds = line.multiply_adds * line.learned->seconds_per_multiply_add;
    }
    if (const auto saved = saved_numerics(trial); !saved.empty() && !some_slot_has(state, saved)) {
        line.other_numerics = saved;
    }
    return line;
}

void set_gain(InCompany& company, const State& state, const sweep::Trial& trial) {
    std::vector<const sweep::Trial*> members{&trial};
    for (const auto& id : company.others) {
        members.push_back(state.record.find(id));
    }
    company.gain = gain_of(shape_of(members));
}

InCompany waiting_company(const State& state, const sweep::Trial& trial, const TrialClass& its) {
    InCompany company;
    company.alone = why_alone(trial, state.settings.cohorts);
    const auto& item = state.queue.item_of(trial.id);
    company.others = state.queue.members(item);
    std::erase(company.others, trial.id);
    set_gain(company, state, trial);
    const auto going = going_together(state, its, item, std::nullopt);
    if (std::find(going.begin(), going.end(), trial.id) != going.end()) {
        company.going = going.size() - 1;
    }
    return company;
}

InCompany running_company(const State& state, const sweep::Trial& trial) {
    InCompany company;
    company.alone = why_alone(trial, state.settings.cohorts);
    if (const auto* members = state.record.members(trial.attempts.back().cohort)) {
        company.others = *members;
    }
    std::erase_if(company.others, [&](const TrialId& id) {
        return id == trial.id || sweep::result_of(state.record.find(id)->state);
    });
    company.going = company.others.size();
    set_gain(company, state, trial);
    return company;
}

Waits waits_of(const State& state, const sweep::Trial& trial, const Outside& outside) {
    Waits waits;
    waits.reason = reason_of(state, trial, outside.runs);
    waits.its_class = class_of(trial);
    if (state.queue.contains(trial.id)) {
        waits.its_class.freeze = state.queue.members(state.queue.item_of(trial.id)).size() > 1
                                     ? std::nullopt
                                     : waits.its_class.freeze;
        waits.company = waiting_company(state, trial, waits.its_class);
    }
    waits.ready = is_ready(state, waits.its_class.need);
    const auto& need = waits.its_class.need;
    waits.prepared =
        sweep::dataset_row(state.record, need.dataset, need.fingerprint, need.size) != nullptr;
    waits.line = line_of(state, trial);
    return waits;
}

// Of its cohort, from its last save, or its start, by what was learned of finished trials.
std::optional<core::WallTime> expected_end(const State& state, const sweep::Trial& trial) {
    const auto& attempt = trial.attempts.back();
    const auto flight = state.flights.find(attempt.cohort);
    if (flight == state.flights.end()) {
        return std::nullopt;
    }
    const auto rate = state.costs.estimate(flight->second.its_class, attempt.device);
    if (!rate) {
        return std::nullopt;
    }
    const double seconds = flight->second.work * rate->seconds_per_multiply_add;
    return core::WallTime{attempt.last_save.value_or(attempt.start).micros +
                          static_cast<std::int64_t>(seconds * 1e6)};
}

Runs runs_of(const State& state, const sweep::Trial& trial, const Outside& outside) {
    Runs runs;
    runs.attempt = &trial.attempts.back();
    runs.expected_end = expected_end(state, trial);
    runs.company = running_company(state, trial);
    const core::Seconds hung_after(outside.run.hung_after_seconds);
    runs.hung_before_progress = patience(hung_after, std::nullopt);
    runs.hung_after = patience(hung_after, core::Seconds(0));
    return runs;
}

void add_slots(SweepExplanation& explanation, const State& state) {
    for (const auto& [rank, live] : state.ranks) {
        for (std::size_t i = 0; i < live.slots.size(); ++i) {
            const LiveSlot& slot = live.slots[i];
            SlotAside aside{rank, Slot(static_cast<std::int32_t>(i)), live.host, "", std::nullopt};
            ++explanation.slots;
            explanation.busy += std::holds_alternative<Busy>(slot.state);
            if (live.stage == RankStage::lost) {
                aside.reason = "its rank was lost";
            } else if (const auto* gone = std::get_if<Gone>(&slot.state)) {
                aside.reason = gone->reason;
            } else if (const auto* rests = std::get_if<Resting>(&slot.state)) {
                aside.reason = "its device is held by another process";
                aside.until = wall_of(rests->until);
            } else {
                aside.reason = why_aside(live, slot);
            }
            if (!aside.reason.empty()) {
                explanation.slots_aside.push_back(std::move(aside));
            }
        }
    }
}

// The cohort that is expected to end first; nothing while nothing runs.
std::optional<std::pair<CohortId, std::optional<core::WallTime>>> first_to_end(const State& state) {
    std::optional<std::pair<CohortId, std::optional<core::WallTime>>> first;
    for (const auto& [cohort, flight] : state.flights) {
        std::optional<core::WallTime> end;
        for (const auto& id : flight.members) {
            end = std::max(end, expected_end(state, *state.record.find(id)));
        }
        if (!first || (end && (!first->second || *end < *first->second))) {
            first = {cohort, end};
        }
    }
    return first;
}

Next next_item(const State& state, const Queue::Item& item, bool dataset_first) {
    Next next;
    next.trial = item.trial;
    next.members = state.queue.members(item).size();
    next.dataset_first = dataset_first;
    return next;
}

std::optional<Next> next_of(State state, const Outside& outside) {
    if (state.queue.empty()) {
        return std::nullopt;
    }
    const auto order = waiting_in_order(state, device_of(state));
    if (order.empty()) {
        const auto needs = needs_in_order(state);
        for (const auto& [its_class, waiting] : state.queue.classes()) {
            if (needs.empty() || its_class.need == needs.front()) {
                return next_item(state, *waiting.items.begin(), true);
            }
        }
    }
    if (!outside.runs) {
        return next_item(state, *order.front().item, false);
    }
    std::optional<core::WallTime> at;
    auto assignment = next_assignment(state, std::nullopt);
    if (const auto first = first_to_end(state); !assignment && first) {
        for (const auto slot : state.flights.at(first->first).slots) {
            const auto rank = state.flights.at(first->first).rank;
            if (runs(*find_slot(state, rank, slot))) {
                set_activity(state, rank, slot, Idle{});
            }
        }
        state.flights.erase(first->first);
        at = first->second;
        assignment = next_assignment(state, std::nullopt);
    }
    if (!assignment) {
        return std::nullopt;
    }
    return Next{assignment->members.front(),
                assignment->members.size(),
                false,
                assignment->rank,
                assignment->slots,
                at};
}

}  // namespace

TrialExplanation explain_trial(const sweep::Record& record, const TrialId& id,
                               const Outside& outside) {
    TrialExplanation explanation;
    explanation.trial = record.find(id);
    if (!explanation.trial) {
        throw std::logic_error("no trial " + id.text() + " to explain");
    }
    const sweep::Trial& trial = *explanation.trial;
    const State state = state_from_outside(record, outside);
    if (waits_for_work(trial, outside)) {
        explanation.waits = waits_of(state, trial, outside);
    } else if (std::holds_alternative<sweep::Running>(trial.state) && !trial.attempts.empty()) {
        explanation.runs = runs_of(state, trial, outside);
    } else if (std::holds_alternative<sweep::Failed>(trial.state) && !trial.attempts.empty() &&
               trial.attempts.back().ending) {
        explanation.rule = rule_text(*trial.attempts.back().ending);
    }
    explanation.accounts = accounts_of(trial);
    return explanation;
}

SweepExplanation explain_sweep(const sweep::Record& record, const Outside& outside) {
    SweepExplanation explanation;
    State state = state_from_outside(record, outside);
    for (const auto& trial : record.trials()) {
        if (waits_for_work(trial, outside)) {
            ++explanation.waiting[reason_of(state, trial, outside.runs)];
        }
    }
    add_slots(explanation, state);
    explanation.devices_aside = devices_aside(record, outside.now);
    explanation.without_save = attempts_without_save(record);
    explanation.next = next_of(std::move(state), outside);
    return explanation;
}

}  // namespace graft::scheduler
