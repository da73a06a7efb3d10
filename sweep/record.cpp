// SPDX-License-Identifier: Apache-2.0
#include "sweep/record.hpp"

#include <algorithm>

#include "core/error.hpp"

#include "sweep/journal.hpp"

namespace graft::sweep {

namespace {

struct NameOfState {
    std::string_view operator()(const Waiting&) const { return "waiting"; }
    std::string_view operator()(const Running&) const { return "running"; }
    std::string_view operator()(const Done& done) const {
        return done.result.diverged_epoch > 0 ? "diverged" : "done";
    }
    std::string_view operator()(const Failed&) const { return "failed"; }
    std::string_view operator()(const Stopped&) const { return "stopped"; }
};

[[noreturn]] void fail_unfit(std::string_view what, const std::string& which) {
    core::fail_system(
        "the journal names {} '{}' (which it never introduced). "
        "Was it edited, or written by a newer graft?",
        what, which);
}

bool ended(const Trial& trial) {
    return result_of(trial.state) || std::holds_alternative<Failed>(trial.state);
}

std::pair<Phase, std::int32_t> epoch_of(const EpochRow& row) {
    return {row.phase, row.epoch};
}

// A trial that began again, because its state was lost or it was trained elsewhere, comes by its
// epochs once more: recorded rows of what this save brings, or has not reached yet, are void, and
// so are the saves of earlier attempts when nothing is left of them.
void drop_void_rows(Trial& trial, const Position& position, const MemberSave& save) {
    const auto reached =
        save.rows.empty() ? std::pair(position.phase, position.epoch) : epoch_of(save.rows.front());
    const bool had_rows = !trial.rows.empty();
    while (!trial.rows.empty() && epoch_of(trial.rows.back()) >= reached) {
        trial.rows.pop_back();
    }
    if (had_rows && trial.rows.empty()) {
        std::for_each(trial.attempts.begin(), trial.attempts.end() - 1,
                      [](Attempt& attempt) { attempt.void_saves = true; });
    }
}

}  // namespace

std::string_view name_of(const TrialState& state) {
    return std::visit(NameOfState{}, state);
}

const TrialResult* result_of(const TrialState& state) {
    if (const auto* done = std::get_if<Done>(&state)) {
        return &done->result;
    }
    const auto* stopped = std::get_if<Stopped>(&state);
    return stopped ? &stopped->result : nullptr;
}

bool Trial::may_begin_again() const {
    return forgiven > 0 &&
           std::all_of(attempts.begin() + static_cast<std::ptrdiff_t>(forgiven), attempts.end(),
                       [](const Attempt& attempt) { return attempt.saves == 0; });
}

std::vector<std::string> Trial::numerics() const {
    std::vector<std::string> found;
    for (const auto& attempt : attempts) {
        if (attempt.saves > 0 && !attempt.void_saves &&
            std::find(found.begin(), found.end(), attempt.numerics) == found.end()) {
            found.push_back(attempt.numerics);
        }
    }
    return found;
}

void Record::apply(const Event& event) {
    std::visit([this](const auto& kind) { on(kind); }, event);
}

const Trial* Record::find(const TrialId& id) const {
    const auto found = index_.find(id);
    return found == index_.end() ? nullptr : &trials_[found->second];
}

const Start* Record::last_run() const {
    const auto found = std::find_if(starts_.rbegin(), starts_.rend(), [](const Start& start) {
        return !start.closed || !ran_nothing(start.closed->reason);
    });
    return found == starts_.rend() ? nullptr : &*found;
}

Trial& Record::at(const TrialId& id) {
    const auto found = index_.find(id);
    if (found == index_.end()) {
        fail_unfit("trial", id.text());
    }
    return trials_[found->second];
}

const DatasetReady* Record::dataset(const std::string& fingerprint, std::int32_t size) const {
    for (const auto& dataset : datasets_) {
        if (dataset.fingerprint == fingerprint && dataset.size == size) {
            return &dataset;
        }
    }
    return nullptr;
}

const DatasetAudited* Record::audit(const std::string& fingerprint) const {
    const auto found = audits_.find(fingerprint);
    return found == audits_.end() ? nullptr : &found->second;
}

const std::vector<TrialId>* Record::members(CohortId cohort) const {
    const auto found = open_.find(cohort);
    return found == open_.end() ? nullptr : &found->second;
}

const std::vector<TrialId>& Record::open(CohortId cohort) const {
    const auto* found = members(cohort);
    if (!found) {
        fail_unfit("the running cohort", std::to_string(cohort.value));
    }
    return *found;
}

Attempt& Record::attempt_of(Trial& trial, CohortId cohort) {
    if (trial.attempts.empty() || trial.attempts.back().cohort != cohort) {
        fail_unfit("an attempt of trial", trial.id.text());
    }
    return trial.attempts.back();
}

void Record::on(const Started& event) {
    starts_.push_back({event, std::nullopt});
}

void Record::on(const Planned& event) {
    sweep_name_ = event.sweep_name;
    sweep_file_ = event.sweep_file;
    if (event.added.size() > trials_.size()) {  // most of the sweep: in one piece
        trials_.reserve(trials_.size() + event.added.size());
        index_.reserve(trials_.size() + event.added.size());
    }
    for (const auto& planned : event.added) {
        const TrialId id = trial_id(planned.spec);
        const auto [place, is_new] = index_.try_emplace(id, trials_.size());
        if (is_new) {
            trials_.emplace_back();
        }
        Trial& trial = trials_[place->second];
        trial.id = id;
        trial.spec = planned.spec;
        trial.work = planned.work;
        trial.left_out = false;
    }
    for (const auto& id : event.left_out) {
        at(id).left_out = true;
    }
}

void Record::on(const DatasetReady& event) {
    const auto same = [&](const DatasetReady& known) {
        return known.dataset == event.dataset && known.fingerprint == event.fingerprint &&
               known.size == event.size;
    };
    const auto found = std::find_if(datasets_.begin(), datasets_.end(), same);
    if (found == datasets_.end()) {
        datasets_.push_back(event);
    } else {
        *found = event;
    }
}

void Record::on(const DatasetAudited& event) {
    audits_[event.fingerprint] = event;
}

void Record::on(const AttemptStarted& event) {
    if (event.members.empty()) {
        fail_unfit("no member of cohort", std::to_string(event.cohort.value));
    }
    std::vector<TrialId> ids;
    for (const auto& member : event.members) {
        Trial& trial = at(member.trial);
        trial.state = Running{event.cohort};
        Attempt attempt;
        attempt.number = member.attempt;
        attempt.cohort = event.cohort;
        attempt.rank = event.rank;
        attempt.slots = event.slots;
        attempt.host = event.host;
        attempt.start = event.time;
        attempt.members = static_cast<std::int32_t>(event.members.size());
        trial.attempts.push_back(std::move(attempt));
        ids.push_back(member.trial);
    }
    last_cohort_ = std::max(last_cohort_, event.cohort);
    open_[event.cohort] = std::move(ids);
}

void Record::on(const AttemptBegun& event) {
    for (const auto& id : open(event.cohort)) {
        Attempt& attempt = attempt_of(at(id), event.cohort);
        attempt.device = event.device;
        attempt.numerics = event.numerics;
    }
}

void Record::on(const SaveRecorded& event) {
    futile_.clear();
    ++saves_;
    if (event.save.save_seconds > longest_save_) {  // not when it is no number
        longest_save_ = event.save.save_seconds;
    }
    for (const auto& member : event.save.members) {
        Trial& trial = at(member.trial);
        Attempt& attempt = attempt_of(trial, event.save.cohort);
        ++attempt.saves;
        attempt.last_save = event.time;
        drop_void_rows(trial, event.save.position, member);
        trial.rows.insert(trial.rows.end(), member.rows.begin(), member.rows.end());
        trial.seconds += member.seconds;
        trial.position = event.save.position;
        trial.files = member.files;
        trial.best = member.best;
        if (member.result) {
            const bool stops = trial.is_to_stop() && member.result->diverged_epoch == 0;
            trial.state = stops ? TrialState(Stopped{*member.result, trial.verdict->epoch,
                                                     trial.verdict->reason})
                                : Done{*member.result};
        }
    }
}

void Record::on(const AttemptEnded& event) {
    const Attempt& first = attempt_of(at(open(event.cohort).front()), event.cohort);
    if (first.saves == 0) {
        futile_.push_back({first.rank, first.slots, event.time, event.ending});
    }
    for (const auto& id : open(event.cohort)) {
        Trial& trial = at(id);
        Attempt& attempt = attempt_of(trial, event.cohort);
        attempt.end = event.time;
        attempt.ending = event.ending;
        if (!ended(trial)) {
            trial.state = Waiting{};
        }
    }
    open_.erase(event.cohort);
}

void Record::on(const TrialFailed& event) {
    at(event.trial).state = Failed{event.message};
}

void Record::on(const Closed& event) {
    if (starts_.empty()) {
        fail_unfit("the start", "closed");
    }
    starts_.back().closed = event;
    if (event.reason != "drained" && !ran_nothing(event.reason)) {
        futile_.clear();
    }
}

void Record::on(const DeviceFailed& event) {
    failed_devices_.push_back(event);
}

void Record::on(const TrialRetried& event) {
    Trial& trial = at(event.trial);
    trial.forgiven = trial.attempts.size();
    if (std::holds_alternative<Failed>(trial.state)) {
        trial.state = Waiting{};
    } else if (std::holds_alternative<Stopped>(trial.state)) {
        trial.state = Waiting{};
        trial.to_the_end = true;
        trial.verdict.reset();
    }
}

void Record::on(const TrialJudged& event) {
    at(event.trial).verdict = Verdict{event.epoch, event.stops, event.reason};
}

void Record::on(const RequestAnswered& event) {
    answers_.push_back(event);
}

void Record::on(const FilesFreed& event) {
    Trial& trial = at(event.trial);
    if (event.what == Freed::weights) {
        auto* done = std::get_if<Done>(&trial.state);
        auto* stopped = std::get_if<Stopped>(&trial.state);
        if (!done && !stopped) {
            fail_unfit("a result of trial", trial.id.text());
        }
        (done ? done->result : stopped->result)
            .weights.name.clear();  // its hash stays: what the weights were
    } else if (std::holds_alternative<Failed>(trial.state)) {
        trial.files.clear();
        trial.position.reset();
        trial.best.reset();
    } else {
        fail_unfit("a failure of trial", trial.id.text());
    }
}

std::string Record::bytes_without_rows() const {
    return core::encode(*this);
}

Record Record::from_bytes(std::string_view bytes) {
    auto record = core::decode<Record>(bytes);
    record.index_.reserve(record.trials_.size());
    for (std::size_t trial = 0; trial < record.trials_.size(); ++trial) {
        record.index_.emplace(record.trials_[trial].id, trial);
    }
    return record;
}

void Record::give_rows(std::size_t trial, std::vector<EpochRow> rows) {
    trials_.at(trial).rows = std::move(rows);
}

Record read_record(const std::filesystem::path& sweep) {
    Record record;
    read_journal(sweep, [&](const Event& event) { record.apply(event); });
    return record;
}

}  // namespace graft::sweep
