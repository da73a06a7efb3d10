// SPDX-License-Identifier: Apache-2.0
#include "commands/status_parts.hpp"

#include <algorithm>

#include "core/text.hpp"

#include "results/format.hpp"
#include "scheduler/holder.hpp"

namespace graft::commands {

namespace {

using results::json_number;
using results::json_quoted;

PartStatus status_of_part(const PartNow& part, const std::string& named, core::WallTime now) {
    PartStatus status;
    status.name = part.name;
    status.directory = part.directory.string();
    status.counts.waiting = static_cast<std::int64_t>(part.trials);
    if (part.live) {
        const auto view = view_of(*part.live, named, now);
        const auto known = results::status_of(part.live->record);
        const auto& start = start_of(part.live->record).started;
        status.counts = known.counts;
        status.time_left = known.time_left;
        status.runs = runs(view);
        status.who = holder_line(view);
        status.host = start.host;
        status.job = start.job;
    }
    return status;
}

// What runs says so itself; else the job that will.
std::string doing_of(const PartStatus& part) {
    const auto job = part.runs ? "" : active_job_text(part.jobs);
    if (!job.empty()) {
        return part.who.empty() ? job : part.who + "; " + job;
    }
    return part.who.empty() ? "not started" : part.who;
}

// Nobody runs it, and no job will.
bool stands_still(const PartStatus& part) {
    return !part.runs && part.counts.ended() < part.counts.total() &&
           active_job_text(part.jobs).empty();
}

std::string json_part(const PartStatus& part) {
    const auto& counts = part.counts;
    return fmt::format(
        R"({{"part": {}, "directory": {}, "runs": {}, "host": {}, "job": {}, "holder": {}, )"
        R"("total": {}, "done": {}, "diverged": {}, "stopped": {}, )"
        R"("failed": {}, "running": {}, "waiting": {}, )"
        R"("seconds_left": {}, "slurm": {}}})",
        json_quoted(part.name), json_quoted(part.directory), part.runs, json_quoted(part.host),
        json_quoted(part.job), json_quoted(part.who), counts.total(), counts.done, counts.diverged,
        counts.stopped, counts.failed, counts.running, counts.waiting,
        part.time_left ? json_number(part.time_left->seconds) : "null", jobs_json(part.jobs));
}

}  // namespace

StatusView view_of(const Live& live, const std::string& named, core::WallTime now) {
    StatusView view;
    view.directory = named;
    view.record = &live.record;
    view.now = now;
    view.holder = holder_of(live.directory, now);
    const auto known = scheduler::holder_of(live.record, scheduler::read_holder(live.directory));
    if (known && scheduler::fate_here(*known) == scheduler::Fate::gone) {
        view.holder.reset();  // whatever it said last
    }
    const auto segment = fmt::format("{:06}", live.end.segment);
    view.journal_age_seconds = age_of(sweep::journal_directory(live.directory) / segment, now);
    return view;
}

StatusView view_of(const Live& live, const Whole& whole, const std::string& named,
                   core::WallTime now) {
    auto view = view_of(live, named, now);
    view.record = &whole.record;
    view.merged_parts = whole.merged;
    std::vector<std::filesystem::path> directories;
    for (const auto& part : whole.parts) {
        view.parts.push_back(status_of_part(part, named, now));
        directories.push_back(part.directory);
        if (part.live) {
            view.journal_age_seconds = std::min(
                view.journal_age_seconds, view_of(*part.live, named, now).journal_age_seconds);
        }
    }
    auto jobs = jobs_of(directories, now);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        view.parts[i].jobs = std::move(jobs[i]);
    }
    return view;
}

std::string divided_line(const StatusView& view) {
    return fmt::format(
        "divided into {}{}", core::counted(view.parts.size(), "part"),
        view.merged_parts > 0 ? fmt::format(", {} more merged", view.merged_parts) : "");
}

std::optional<results::TimeLeft> slowest_part(const StatusView& view) {
    std::optional<results::TimeLeft> slowest;
    for (const auto& part : view.parts) {
        const bool open = part.counts.ended() < part.counts.total();
        if (open && part.runs && part.time_left &&
            (!slowest || part.time_left->seconds > slowest->seconds)) {
            slowest = part.time_left;
        }
    }
    return slowest;
}

std::string parts_text(const StatusView& view) {
    std::string text = divided_line(view) + ":\n";
    for (const auto& part : view.parts) {
        const auto ended = fmt::format("{} of {}", part.counts.ended(), part.counts.total());
        text += fmt::format(
            "  {:<4} {:>9} ended  {}{}\n", part.name, ended,
            part.counts.failed > 0 ? fmt::format("{} failed; ", part.counts.failed) : "",
            doing_of(part));
    }
    if (const auto left = slowest_part(view)) {
        text += fmt::format("time left: about {} for the slowest part that runs\n",
                            core::duration_text(left->seconds));
    }
    return text;
}

std::string parts_next(const StatusView& view) {
    const auto of = [&](auto is) { return std::find_if(view.parts.begin(), view.parts.end(), is); };
    const auto complete = of([](const PartStatus& part) {
        return !part.runs && part.counts.with_result() == part.counts.total();
    });
    const auto failed = of([](const PartStatus& part) { return part.counts.failed > 0; });
    const auto stands = of(stands_still);
    if (failed != view.parts.end()) {
        return fmt::format("graft status {0} --failures  (then graft retry {0})",
                           failed->directory);
    }
    if (stands != view.parts.end()) {
        if (!stands->jobs.written.empty()) {
            return fmt::format("graft submit {} --parts {}  (goes on where it stopped)",
                               view.directory, view.parts.size());
        }
        return fmt::format("graft run {}  (and other parts that stand still)", stands->directory);
    }
    return complete != view.parts.end()
               ? fmt::format("graft merge {}  (takes in what is finished)", view.directory)
               : fmt::format("graft query {}  (results so far)", view.directory);
}

std::string parts_json(const StatusView& view) {
    std::vector<std::string> items;
    for (const auto& part : view.parts) {
        items.push_back(json_part(part));
    }
    return "[" + core::join(items) + "]";
}

}  // namespace graft::commands
