// SPDX-License-Identifier: Apache-2.0
// What the messages of ranks lead to; part of the reactor.
#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"

#include "scheduler/blame.hpp"
#include "scheduler/endings.hpp"
#include "scheduler/reactor.hpp"
#include "scheduler/schedule.hpp"
#include "scheduler/slots.hpp"
#include "scheduler/verdicts.hpp"

namespace graft::scheduler {

namespace {

std::string epochs_text(std::int32_t epochs) {
    return core::counted(static_cast<std::size_t>(epochs), "epoch");
}

// One overload per kind of message, from a rank that is neither lost nor gone.
struct OnMessage {
    State& state;
    Outbox& outbox;
    Rank rank;
    Moment moment;

    LiveRank& live() const { return state.ranks.at(rank); }

    // The cohort's flight; nothing for what an older attempt, or another rank, still says.
    Flight* flight(CohortId cohort) const {
        const auto found = state.flights.find(cohort);
        const bool known = found != state.flights.end() && found->second.rank == rank;
        return known ? &found->second : nullptr;
    }

    void operator()(const sweep::RankHello& hello) const {
        if (live().stage != RankStage::expected) {
            return;
        }
        if (hello.build_id != state.settings.build_id) {
            live().stage = RankStage::leaving;
            outbox.send(rank, sweep::Leave{});
            begin_stop(
                state, outbox,
                {Outcome::input_error,
                 fmt::format("rank {} on {} runs another build of graft ('{}' instead of "
                             "'{}'). Install the same one on every node.",
                             rank.value, hello.host, hello.build_id, state.settings.build_id)});
            return;
        }
        live().stage = RankStage::working;
        live().host = hello.host;
        resize_slots(state, rank, hello.slots.size());
        for (std::size_t i = 0; i < hello.slots.size(); ++i) {
            live().slots[i].info = hello.slots[i];
        }
        suspect_slots(state, rank, moment.wall);
        if (state.told_to_leave) {
            live().stage = RankStage::leaving;
            outbox.send(rank, sweep::Leave{});
        }
    }
    void operator()(const sweep::TrainerHello&) const {}  // for the supervisor alone
    void operator()(const sweep::Waits&) const {}         // the same
    void operator()(const sweep::Alive&) const {}         // that it was heard is enough
    void operator()(const sweep::Begun& begun) const {
        if (Flight* its = flight(begun.cohort); its && !its->begun) {
            its->begun = true;
            for (const auto slot : its->slots) {
                find_slot(state, rank, slot)->numerics = begun.numerics;
            }
            record_event(
                state, outbox,
                sweep::AttemptBegun{moment.wall, begun.cohort, begun.device, begun.numerics});
        }
    }
    void operator()(const sweep::Progress& progress) const {
        if (Flight* its = flight(progress.cohort)) {
            its->progress = progress;
            if (!its->trained) {
                its->trained = true;
                say_first_batch(moment.now - its->started);
                state.deadline.learn_begin(its->its_class, moment.now - its->started);
            }
        }
    }
    void operator()(const sweep::Saved& saved) const {
        Flight* its = flight(saved.cohort);
        if (!its) {
            return;
        }
        if (saved.save > its->saves) {
            record_save(*its, saved);
        }
        outbox.send(rank, sweep::Recorded{saved.cohort, saved.save, stopped_of(*its)});
        // The trainer has only to tidy up: that its slots get their next work now lets one sync
        // carry the results and that work's start. It comes to it after it was told Recorded.
        if (unfinished(state, *its).empty()) {
            end_cohort(state, outbox, saved.cohort, sweep::Completed{}, moment);
        }
    }
    void operator()(const sweep::Ended& ended) const {
        const Flight* its = flight(ended.cohort);
        if (!its) {
            return;
        }
        const auto lacks_result = [&](const TrialId& id) {
            return !sweep::result_of(state.record.find(id)->state);
        };
        const bool incomplete = std::holds_alternative<sweep::Completed>(ended.ending) &&
                                std::any_of(its->members.begin(), its->members.end(), lacks_result);
        end_cohort(state, outbox, ended.cohort,
                   incomplete ? sweep::Ending(sweep::Crashed{}) : ended.ending, moment);
    }
    void operator()(const sweep::SlotLost& lost) const {
        LiveSlot* slot = find_slot(state, rank, lost.slot);
        if (slot && runs(*slot)) {
            set_activity(state, rank, lost.slot, Gone{lost.reason});
            say_lost(lost);
        }
    }
    void operator()(const sweep::Left&) const {
        drop_rank(state, outbox, rank, RankStage::left, moment);
    }

    void record_save(Flight& its, const sweep::Saved& saved) const {
        const bool of_all = saved.members.size() == unfinished(state, its).size();
        for (const auto& member : saved.members) {
            if (std::find(its.members.begin(), its.members.end(), member.trial) ==
                its.members.end()) {
                core::fail_system(
                    "a trainer saved trial '{}' (which it was not given). Look into "
                    "its log.",
                    member.trial.text());
            }
        }
        record_event(state, outbox, sweep::SaveRecorded{moment.wall, saved});
        its.saves = saved.save;
        state.deadline.learn_save(core::Seconds(saved.save_seconds), saved.members.size());
        state.anything_saved = true;
        forgive_slots(state, its);
        std::vector<const sweep::Trial*> early;
        std::vector<TrialId> go_on;
        for (const auto& member : saved.members) {
            const auto& trial = *state.record.find(member.trial);
            its.seconds += member.seconds;
            if (!member.result) {
                go_on.push_back(member.trial);
                continue;
            }
            say_result(trial, *member.result);
            if (name_of(trial.state) != "done") {
                early.push_back(&trial);
            }
        }
        learn(its, early, of_all);
        for (const auto& verdict : verdicts_due(state.record, state.rivals, go_on, moment.wall)) {
            record_event(state, outbox, verdict);
        }
    }

    // Members that end where their last save left them.
    std::vector<TrialId> stopped_of(const Flight& its) const {
        std::vector<TrialId> stopped;
        for (const auto* trial : unfinished(state, its)) {
            if (trial->is_to_stop()) {
                stopped.push_back(trial->id);
            }
        }
        return stopped;
    }

    // Seconds of a member are its share of the cohort's, so that a cohort is learned from as a
    // whole: once a save was of all members.
    void learn(Flight& its, const std::vector<const sweep::Trial*>& early, bool of_all) const {
        const double before = its.work;
        const auto left = unfinished(state, its);
        its.work = left.empty() ? 0 : cohort_multiply_adds(shape_of(left));
        // What a diverged or stopped member will never do is not done.
        its.done += before - its.work - cohort_multiply_adds(shape_of(early));
        if (of_all || left.empty()) {
            const auto& info = find_slot(state, rank, its.slots.front())->info;
            state.costs.learn(its.its_class, info.device_name, std::exchange(its.done, 0),
                              std::exchange(its.seconds, 0));
        }
    }

    // A signal to a job reaches every rank: what all of them do is said by rank 0.
    void say_lost(const sweep::SlotLost& lost) const {
        if (lost.reason != kRankAsked) {
            state.lines.push_back(fmt::format("slot {} of rank {} takes no more work: {}",
                                              lost.slot.value, rank.value, lost.reason));
        } else if (lost.slot.value == 0) {
            state.lines.push_back(
                fmt::format("rank {} on {} was asked to stop: it saves, and takes no more work",
                            rank.value, live().host));
        }
    }

    // Of this start: how long a job takes before it earns anything.
    void say_first_batch(core::Seconds took) const {
        if (!state.anything_trained) {
            state.anything_trained = true;
            state.lines.push_back(
                fmt::format("training: the first batch came {} after it was "
                            "assigned",
                            core::duration_text(took.count())));
        }
    }

    void say_result(const sweep::Trial& trial, const sweep::TrialResult& result) const {
        const auto name = name_of_trial(state, trial);
        if (result.diverged_epoch > 0) {
            state.lines.push_back(
                fmt::format("{} diverged in epoch {}", name, result.diverged_epoch));
        } else if (const auto* stopped = std::get_if<sweep::Stopped>(&trial.state)) {
            state.lines.push_back(fmt::format("{} is stopped after {}: {}. Its test AUC is {:.4f}",
                                              name, epochs_text(stopped->epoch), stopped->reason,
                                              result.test.auc));
        } else {
            state.lines.push_back(
                fmt::format("{} is done: test AUC {:.4f}", name, result.test.auc));
        }
    }
};

}  // namespace

void on_message(State& state, Outbox& outbox, Rank rank, const sweep::FromWorker& message,
                Moment moment) {
    const auto found = state.ranks.find(rank);
    if (found == state.ranks.end() || found->second.stage == RankStage::left) {
        return;
    }
    LiveRank& live = found->second;
    if (live.stage == RankStage::lost) {
        // It lives after all, but its cohorts are given to others.
        if (std::holds_alternative<sweep::Alive>(message)) {
            outbox.send(rank, sweep::Leave{});
        }
        return;
    }
    live.heard = std::max(live.heard, moment.now);
    std::visit(OnMessage{state, outbox, rank, moment}, message);
    schedule(state, outbox, moment);
}

}  // namespace graft::scheduler
