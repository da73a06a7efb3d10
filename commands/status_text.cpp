// SPDX-License-Identifier: Apache-2.0
#include "commands/status_text.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/text.hpp"

#include "sweep/network_name.hpp"
#include "sweep/trial_names.hpp"

#include "commands/failures_text.hpp"
#include "commands/status_parts.hpp"
#include "results/format.hpp"
#include "results/status.hpp"

namespace graft::commands {

namespace {

using results::json_number;
using results::json_quoted;

constexpr std::size_t kShown = 10;  // rows of one kind

std::string age(double seconds) {
    return core::duration_text(std::max(0.0, seconds)) + " ago";
}

std::string counts_line(const results::Counts& counts) {
    std::vector<std::string> parts;
    const auto add = [&](std::int64_t n, const char* what) {
        if (n > 0) {
            parts.push_back(fmt::format("{} {}", n, what));
        }
    };
    add(counts.done, "done");
    add(counts.stopped, "stopped early");
    add(counts.diverged, "diverged");
    add(counts.failed, "failed");
    add(counts.running, "running");
    add(counts.waiting, "waiting");
    const double percent = counts.total() > 0 ? 100.0 * static_cast<double>(counts.ended()) /
                                                    static_cast<double>(counts.total())
                                              : 0;
    std::string line = fmt::format("{} of {} trials ended ({:.0f} %): {}", counts.ended(),
                                   counts.total(), percent, core::join(parts));
    if (counts.left_out > 0) {
        line += fmt::format("; {} more left out of the sweep", counts.left_out);
    }
    return line;
}

std::string time_left_line(const results::TimeLeft& left) {
    std::string line = "time left: about " + core::duration_text(left.seconds);
    if (left.low) {
        line += fmt::format(" ({} to {})", core::duration_text(*left.low),
                            core::duration_text(*left.high));
    }
    line += fmt::format(" on {} slot{}", left.slots, left.slots == 1 ? "" : "s");
    return line + (left.finished > 0 ? fmt::format(", from {} finished trial{}", left.finished,
                                                   left.finished == 1 ? "" : "s")
                                     : std::string(", roughly: no trial has finished"));
}

// Each level once; with the number of trials where some differ in another setting.
std::string freezes_of(const results::RunningCohort& cohort) {
    std::set<double> levels;
    for (const auto* trial : cohort.members) {
        levels.insert(trial->spec.freeze);
    }
    std::vector<std::string> texts;
    for (const double level : levels) {
        texts.push_back(core::shortest(level));
    }
    return core::join(texts, ",") + (cohort.members.size() > levels.size()
                                         ? fmt::format(" ({})", cohort.members.size())
                                         : std::string());
}

std::string saved_text(const results::RunningCohort& cohort) {
    const auto& first = *cohort.members.front();
    return fmt::format("{}/{}", cohort.epochs_saved, first.work.epochs);
}

// "3", and "3/2" on fold 2
std::string seed_of(const sweep::TrialSpec& spec) {
    return spec->fold.of > 0 ? fmt::format("{}/{}", spec.seed, spec->fold.number)
                             : std::to_string(spec.seed);
}

// Where members of a cohort have others, that is said by dots.
std::string settings_of(const sweep::TrialNames& names, const results::RunningCohort& cohort) {
    const auto first = names.settings_of(cohort.members.front()->spec);
    const bool alike =
        std::all_of(cohort.members.begin(), cohort.members.end(),
                    [&](const auto* member) { return names.settings_of(member->spec) == first; });
    return first + (alike ? "" : ", ...");
}

void add_running(std::string& text, const StatusView& view, const results::SweepStatus& status) {
    if (status.running.empty()) {
        return;
    }
    const sweep::TrialNames names(view.record->trials());
    const std::size_t shown = std::min(kShown, status.running.size());
    std::size_t wide = std::string_view("freeze").size();
    for (std::size_t i = 0; i < shown; ++i) {
        wide = std::max(wide, freezes_of(status.running[i]).size());
    }
    const bool folds =
        std::any_of(status.running.begin(), status.running.end(),
                    [](const auto& cohort) { return cohort.members.front()->spec->fold.of > 0; });
    text += fmt::format("\n{:<16}{:>4} {:>4}  {:<15}{:<13}{:<18}{:<{}} {:>{}}  {:>7}  {}\n", "host",
                        "rank", "slot", "network", "dataset", "init", "freeze", wide,
                        folds ? "seed/fold" : "seed", folds ? 9 : 5, "epoch",
                        names.any() ? "for       settings" : "for");
    for (std::size_t i = 0; i < shown; ++i) {
        const auto& cohort = status.running[i];
        const auto& spec = cohort.members.front()->spec;
        const auto& attempt = *cohort.attempt;
        const auto since = core::duration_text(core::seconds_between(attempt.start, view.now));
        text += fmt::format(
            "{:<16}{:>4} {:>4}  {:<15}{:<13}{:<18}{:<{}} {:>{}}  {:>7}  {}\n", attempt.host,
            attempt.rank.value, attempt.slots.empty() ? 0 : attempt.slots.front().value,
            sweep::network_label(spec->network), spec->dataset,
            results::short_init(spec->init_text), freezes_of(cohort), wide, seed_of(spec),
            folds ? 9 : 5, saved_text(cohort),
            names.any() ? fmt::format("{:<8}  {}", since, settings_of(names, cohort)) : since);
    }
    if (status.running.size() > kShown) {
        text += fmt::format("... and {} more\n", status.running.size() - kShown);
    }
}

std::string failure_of(const sweep::Trial& trial) {
    const auto* failed = std::get_if<sweep::Failed>(&trial.state);
    return failed ? failed->message : std::string();
}

std::string last_ending_of(const sweep::Trial& trial) {
    for (auto attempt = trial.attempts.rbegin(); attempt != trial.attempts.rend(); ++attempt) {
        if (attempt->ending) {
            return fmt::format("{} attempts, the last {}", trial.attempts.size(),
                               sweep::text_of(*attempt->ending));
        }
    }
    return {};
}

// Without logs: those have a page of their own.
FailuresView without_logs(const StatusView& view) {
    return {view.directory, view.record, view.now,
            [](const sweep::Attempt&) { return std::vector<std::string>{}; }};
}

JobsView with_work_left(const StatusView& view, const results::SweepStatus& status) {
    JobsView jobs = view.jobs;
    if (status.time_left) {
        jobs.seconds_left = status.time_left->seconds;
    }
    return jobs;
}

std::string next_line(const StatusView& view, const results::Counts& counts) {
    if (!view.parts.empty()) {
        return parts_next(view);
    }
    if (runs(view)) {
        return fmt::format("graft query {}  (results so far)", view.directory);
    }
    const char* again = view.jobs.written.empty() ? "run" : "submit";
    return counts.ended() < counts.total()
               ? fmt::format("graft {} {}  (goes on where it stopped)", again, view.directory)
               : fmt::format("graft query {}", view.directory);
}

std::string json_trials(const sweep::TrialNames& names,
                        const std::vector<const sweep::Trial*>& trials, auto message) {
    std::vector<std::string> items;
    for (const auto* trial : trials) {
        items.push_back(fmt::format(
            R"({{"trial": {}, "what": {}, "message": {}}})", json_quoted(trial->id.text()),
            json_quoted(names.of(trial->spec)), json_quoted(message(*trial))));
    }
    return "[" + core::join(items) + "]";
}

std::string json_running(const results::SweepStatus& status, core::WallTime now) {
    std::vector<std::string> items;
    for (const auto& cohort : status.running) {
        std::vector<std::string> trials;
        for (const auto* trial : cohort.members) {
            trials.push_back(json_quoted(trial->id.text()));
        }
        const auto& attempt = *cohort.attempt;
        items.push_back(fmt::format(
            R"({{"cohort": {}, "trials": [{}], "host": {}, "rank": {}, "device": {}, )"
            R"("epochs_saved": {}, "epochs": {}, "seconds": {}}})",
            cohort.cohort.value, core::join(trials), json_quoted(attempt.host), attempt.rank.value,
            json_quoted(attempt.device), cohort.epochs_saved, cohort.members.front()->work.epochs,
            json_number(core::seconds_between(attempt.start, now))));
    }
    return "[" + core::join(items) + "]";
}

bool any_part_runs(const StatusView& view) {
    return std::any_of(view.parts.begin(), view.parts.end(),
                       [](const PartStatus& part) { return part.runs; });
}

std::string json_time_left(const std::optional<results::TimeLeft>& left) {
    if (!left) {
        return "null";
    }
    const auto bound = [](const std::optional<double>& value) {
        return value ? json_number(*value) : std::string("null");
    };
    return fmt::format(
        R"({{"seconds": {}, "low": {}, "high": {}, "finished_trials": {}, "slots": {}}})",
        json_number(left->seconds), bound(left->low), bound(left->high), left->finished,
        left->slots);
}

}  // namespace

bool runs(const StatusView& view) {
    const auto& starts = view.record->starts();
    const bool closed = !starts.empty() && starts.back().closed.has_value();
    return !closed && view.holder && view.holder->alive();
}

std::string holder_line(const StatusView& view) {
    const auto& start = start_of(*view.record);
    const std::string job =
        start.started.job.empty() ? std::string() : fmt::format(", job {}", start.started.job);
    if (start.closed) {
        return fmt::format("ended {} ({}), last run on {}{}",
                           age(core::seconds_between(start.closed->time, view.now)),
                           start.closed->reason, start.started.host, job);
    }
    if (runs(view)) {
        return fmt::format("running on {} (pid {}{}), heard from {}", view.holder->host,
                           view.holder->pid, job, age(view.holder->age_seconds));
    }
    if (view.holder && &start == &view.record->starts().back()) {
        return fmt::format("started on {} (pid {}{}), but silent: last heard from {}",
                           view.holder->host, view.holder->pid, job, age(view.holder->age_seconds));
    }
    return fmt::format("started on {} (pid {}{}), and gone without a word", start.started.host,
                       start.started.pid, job);
}

std::string status_text(const StatusView& view) {
    const auto status = results::status_of(*view.record);
    std::string text =
        fmt::format("sweep {}: {}\n", view.record->sweep_name(), counts_line(status.counts));
    text += view.parts.empty() ? holder_line(view) + "\n" : parts_text(view);
    if (status.time_left && view.parts.empty()) {
        text += time_left_line(*status.time_left) + "\n";
    }
    text += jobs_text(with_work_left(view, status));
    add_running(text, view, status);
    text += failures_summary(without_logs(view));
    text += fmt::format("\nLast record written {}.\nNext: {}\n", age(view.journal_age_seconds),
                        next_line(view, status.counts));
    return text;
}

std::string status_json(const StatusView& view) {
    const auto status = results::status_of(*view.record);
    const auto& counts = status.counts;
    std::string text = fmt::format(
        "{{\n  \"sweep\": {},\n  \"runs\": {},\n  \"holder\": {},\n"
        "  \"journal_age_seconds\": {},\n"
        "  \"total\": {}, \"done\": {}, \"diverged\": {}, \"stopped\": {}, "
        "\"failed\": {}, \"running\": {}, \"waiting\": {}, \"left_out\": {},\n  \"slurm\": {},\n",
        json_quoted(view.record->sweep_name()), runs(view) || any_part_runs(view),
        json_quoted(view.parts.empty() ? holder_line(view) : divided_line(view)),
        json_number(view.journal_age_seconds), counts.total(), counts.done, counts.diverged,
        counts.stopped, counts.failed, counts.running, counts.waiting, counts.left_out,
        jobs_json(with_work_left(view, status)));
    const sweep::TrialNames names(view.record->trials());
    text += fmt::format(
        "  \"time_left\": {},\n  \"cohorts\": {},\n  \"failures\": {},\n"
        "  \"tried_again\": {},\n  \"devices_aside\": {},\n  \"parts\": {}\n}}\n",
        json_time_left(view.parts.empty() ? status.time_left : slowest_part(view)),
        json_running(status, view.now), json_trials(names, status.failed, failure_of),
        json_trials(names, status.restless, last_ending_of),
        devices_json(scheduler::devices_aside(*view.record, view.now), *view.record),
        parts_json(view));
    return text;
}

}  // namespace graft::commands
