// SPDX-License-Identifier: Apache-2.0
#include "scheduler/reactor.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/dataset_row.hpp"

#include "scheduler/answers.hpp"
#include "scheduler/blame.hpp"
#include "scheduler/division.hpp"
#include "scheduler/endings.hpp"
#include "scheduler/schedule.hpp"
#include "scheduler/verdicts.hpp"

namespace graft::scheduler {

namespace {

// A turn of the loop that took no longer is no lateness.
constexpr core::Seconds kPunctual{1};

// Cohorts that an earlier start left open.
std::set<CohortId> open_cohorts(const sweep::Record& record) {
    std::set<CohortId> open;
    for (const auto& trial : record.trials()) {
        if (!trial.attempts.empty() && record.members(trial.attempts.back().cohort)) {
            open.insert(trial.attempts.back().cohort);
        }
    }
    return open;
}

// Nothing for a preparation that may be used; else what is wrong with it.
std::optional<std::string> contradiction(const sweep::Record& record,
                                         const sweep::DatasetReady& ready) {
    const auto* known = record.dataset(ready.fingerprint, ready.size);
    if (!known || known->pixels_checksum == ready.pixels_checksum) {
        return std::nullopt;
    }
    return fmt::format(
        "dataset '{}' at {} px has other pixels than when this sweep began (checksum {} instead of "
        "{}). Restore its images, or start a new sweep.",
        ready.dataset, ready.size, ready.pixels_checksum, known->pixels_checksum);
}

// Sizes of one dataset are divided alike; only copies may be known for some of them.
bool adds(const sweep::Record& record, const sweep::DatasetAudited& audited) {
    const auto* known = record.audit(audited.fingerprint);
    return !known || (audited.copies_known && !known->copies_known);
}

void drain_before_deadline(State& state, Outbox& outbox, Moment moment) {
    if (!state.deadline.end()) {
        return;
    }
    std::size_t largest = 1;
    for (const auto& [cohort, flight] : state.flights) {
        largest = std::max(largest, flight.members.size());
    }
    const auto drain_at = state.deadline.drain_at(largest);
    if (drain_at && moment.now >= *drain_at) {
        begin_stop(state, outbox,
                   {Outcome::drained,
                    "saved and stopped before the job's time limit. 'graft run' "
                    "goes on."});
    }
}

void say_spared(State& state) {
    if (state.rivals.settings().stop == sweep::StopRule::none || state.rivals.settings().family) {
        return;
    }
    const auto& trials = state.record.trials();
    const auto spared = std::count_if(trials.begin(), trials.end(), [&](const sweep::Trial& trial) {
        return !trial.left_out && state.rivals.is_confirmatory(trial.spec);
    });
    if (spared > 0) {
        state.lines.push_back(
            fmt::format("{} of {} trials belong to the confirmatory family: [stopping] leaves them "
                        "alone ('graft plan' says more)",
                        spared, trials.size()));
    }
}

}  // namespace

void on_start(State& state, Outbox& outbox, const std::vector<sweep::Event>& plan,
              const std::function<bool(const sweep::DatasetReady&)>& there, Moment moment,
              const std::vector<Request>& left) {
    for (const auto cohort : open_cohorts(state.record)) {
        record_event(state, outbox,
                     sweep::AttemptEnded{moment.wall, cohort, sweep::CoordinatorLost{}});
    }
    for (const auto& event : plan) {
        record_event(state, outbox, event);
    }
    state.names = sweep::TrialNames(state.record.trials());
    answer_left(state, outbox, left, moment);
    state.rivals = rivals_of(state.record, state.settings.stopping);
    say_spared(state);
    for (const auto& verdict : verdicts_due(state.record, state.rivals, moment.wall)) {
        record_event(state, outbox, verdict);
    }
    for (const auto& trial : state.record.trials()) {
        if (std::holds_alternative<sweep::Waiting>(trial.state) && !trial.left_out) {
            enqueue(state, trial.id);
        }
    }
    for (auto& [need, dataset] : state.datasets) {
        const auto* known =
            sweep::dataset_row(state.record, need.dataset, need.fingerprint, need.size);
        if (known && there(*known)) {
            dataset = *known;
        }
    }
    stop_when_futile(state, outbox);
    schedule(state, outbox, moment);
}

void on_dataset(State& state, Outbox& outbox, const Need& need,
                std::variant<PreparedDataset, Broken> result, Moment moment) {
    auto& dataset = state.datasets.at(need);
    if (const auto* prepared = std::get_if<PreparedDataset>(&result)) {
        const auto* ready = &prepared->ready;
        if (const auto wrong = contradiction(state.record, *ready)) {
            result = Broken{*wrong};
        } else {
            dataset = *ready;
            record_event(state, outbox, *ready);
            if (prepared->audited && adds(state.record, *prepared->audited)) {
                record_event(state, outbox, *prepared->audited);
            }
            state.lines.push_back(fmt::format(
                "dataset {} is ready at {} px: {}{} training, {} validation, {} test images",
                need.dataset, need.size,
                prepared->folds > 0 ? fmt::format("{} folds, each of about ", prepared->folds) : "",
                ready->train, ready->validation, ready->test));
        }
    }
    if (const auto* broken = std::get_if<Broken>(&result)) {
        dataset = *broken;
        state.lines.push_back(
            fmt::format("dataset {} could not be prepared: {}", need.dataset, broken->message));
    }
    schedule(state, outbox, moment);
}

void on_tick(State& state, Outbox& outbox, core::Seconds late, Moment moment) {
    for (auto& [rank, live] : state.ranks) {
        if (late > kPunctual) {
            live.heard = std::min(
                moment.now, live.heard + std::chrono::duration_cast<core::Instant::duration>(late));
        }
        const bool heard_of = live.stage != RankStage::left && live.stage != RankStage::lost;
        const core::Seconds silence = moment.now - live.heard;
        if (heard_of && silence > state.settings.lost_after) {
            state.lines.push_back(fmt::format(
                "rank {} on {} was not heard of for {}; its work goes to others", rank.value,
                live.host.empty() ? "its node" : live.host, core::duration_text(silence.count())));
            drop_rank(state, outbox, rank, RankStage::lost, moment);
        }
    }
    wake_slots(state, moment.now);
    drain_before_deadline(state, outbox, moment);
    schedule(state, outbox, moment);
    divide_for_idle_slots(state, outbox, moment);
}

void begin_stop(State& state, Outbox& outbox, Stop stop) {
    if (state.stop) {
        if (stop.outcome == Outcome::no_space) {
            state.stop = std::move(stop);
        }
        return;
    }
    state.stop = std::move(stop);
    for (const auto& [rank, live] : state.ranks) {
        if (live.stage == RankStage::working) {
            outbox.send(rank, sweep::Drain{});
        }
    }
}

bool finished(const State& state, const Outbox& outbox) {
    return state.closed && outbox.all_synced();
}

RunResult result_of(const State& state) {
    return state.stop ? RunResult{state.stop->outcome, state.stop->message} : RunResult{};
}

}  // namespace graft::scheduler
