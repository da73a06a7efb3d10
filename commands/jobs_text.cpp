// SPDX-License-Identifier: Apache-2.0
#include "commands/jobs_text.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

#include "results/format.hpp"

namespace graft::commands {

namespace {

using results::json_number;
using results::json_quoted;

constexpr double kUsed = 0.95;  // of a job's time, for training
// Whoever asks how things stand gets an answer soon, also where SLURM hangs.
constexpr core::Seconds kPatience{5};

const slurm::Job* known_as(const JobsView& view, const std::string& id) {
    if (!view.known) {
        return nullptr;
    }
    const auto found = std::find_if(view.known->begin(), view.known->end(),
                                    [&](const slurm::Job& job) { return job.id == id; });
    return found == view.known->end() ? nullptr : &*found;
}

// Waiting, running or ending by SLURM's word; as far as written down where it does not answer.
bool is_active(const JobsView& view, const slurm::ChainJob& job) {
    if (!view.known) {
        return !job.ended;
    }
    const auto* known = known_as(view, job.id);
    return known &&
           (slurm::waits(*known) || known->state == "RUNNING" || known->state == "COMPLETING" ||
            known->state == "CONFIGURING" || known->state == "SUSPENDED");
}

std::string span(double seconds) {
    return core::duration_text(std::max(0.0, seconds));
}

std::string waiting_text(const JobsView& view, const slurm::Job& job,
                         const slurm::ChainJob& written) {
    std::string text = "waits";
    if (!job.reason.empty() && job.reason != "None") {
        text += job.reason == "Dependency" && !written.after.empty()
                    ? " for the end of job " + written.after
                    : " (" + job.reason + ")";
    }
    if (job.start) {
        text += fmt::format(", planned to start in {}",
                            span(core::seconds_between(view.now, *job.start)));
    }
    return text;
}

std::string known_text(const JobsView& view, const slurm::Job& job,
                       const slurm::ChainJob& written) {
    if (slurm::waits(job)) {
        return waiting_text(view, job, written);
    }
    std::string text = job.state;
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!job.nodes.empty()) {
        text += " on " + job.nodes;
    }
    if (job.end) {
        text += fmt::format(", {} left", span(core::seconds_between(view.now, *job.end)));
    }
    return text;
}

std::string written_text(const JobsView& view, const slurm::ChainJob& job) {
    const auto ago = [&](core::WallTime time) {
        return span(core::seconds_between(time, view.now)) + " ago";
    };
    if (job.ended) {
        return fmt::format("ended {}{}{}", ago(*job.ended), job.ending.empty() ? "" : ": ",
                           job.ending);
    }
    if (!job.started) {
        return view.known ? fmt::format("sent {}, and never started (cancelled?)", ago(job.sent))
                          : fmt::format("sent {}", ago(job.sent));
    }
    return view.known ? fmt::format("started {}, and ended without a word", ago(*job.started))
                      : fmt::format("started {}", ago(*job.started));
}

std::string text_of(const JobsView& view, const slurm::ChainJob& job) {
    const auto* known = is_active(view, job) ? known_as(view, job.id) : nullptr;
    return known ? known_text(view, *known, job) : written_text(view, job);
}

// That started last; what was cancelled before it began has less to say.
const slurm::ChainJob& last_of(const std::vector<slurm::ChainJob>& jobs) {
    const auto ran = std::find_if(jobs.rbegin(), jobs.rend(),
                                  [](const slurm::ChainJob& job) { return job.started; });
    return ran == jobs.rend() ? jobs.back() : *ran;
}

std::string more_text(const JobsView& view) {
    const auto more = more_jobs(view);
    if (!more) {
        return "";
    }
    if (*more == 0) {
        return "  the running job will do what is left\n";
    }
    return fmt::format("  about {} more job{} of {}, if they get as many slots\n", *more,
                       *more == 1 ? "" : "s", span(view.written.back().time_limit));
}

}  // namespace

std::vector<JobsView> jobs_of(const std::vector<std::filesystem::path>& sweeps,
                              core::WallTime now) {
    std::vector<JobsView> views;
    std::vector<std::string> ids;
    for (const auto& sweep : sweeps) {
        JobsView& view = views.emplace_back();
        view.written = slurm::read_jobs(sweep);
        view.now = now;
        view.stopped = std::filesystem::exists(slurm::stopped_mark(sweep));
        for (const auto& job : view.written) {
            ids.push_back(job.id);
        }
    }
    const auto known = slurm::ask(ids, kPatience);
    for (auto& view : views) {
        view.known = known;
    }
    return views;
}

JobsView jobs_of(const std::filesystem::path& sweep, core::WallTime now) {
    return std::move(jobs_of(std::vector{sweep}, now).front());
}

std::string active_job_text(const JobsView& view) {
    for (const auto& job : view.written) {
        if (is_active(view, job)) {
            return fmt::format("job {} {}", job.id, text_of(view, job));
        }
    }
    return "";
}

std::optional<int> more_jobs(const JobsView& view) {
    if (view.written.empty() || !view.seconds_left || !(view.written.back().time_limit > 0)) {
        return std::nullopt;
    }
    double left = *view.seconds_left;
    for (const auto& job : view.written) {
        const auto* known = is_active(view, job) ? known_as(view, job.id) : nullptr;
        if (known && !slurm::waits(*known) && known->end) {
            left -= kUsed * std::max(0.0, core::seconds_between(view.now, *known->end));
        }
    }
    const double each = kUsed * view.written.back().time_limit;
    return std::max(0, static_cast<int>(std::ceil(left / each)));
}

std::string jobs_text(const JobsView& view) {
    if (view.written.empty()) {
        return "";
    }
    std::string text = view.known ? "jobs\n"
                                  : "jobs (SLURM does not answer here; as far as they "
                                    "wrote down themselves)\n";
    bool any = false;
    for (const auto& job : view.written) {
        if (is_active(view, job)) {
            any = true;
            text += fmt::format("  {}  {}\n", job.id, text_of(view, job));
        }
    }
    if (!any) {
        const auto& last = last_of(view.written);
        text += fmt::format("  {}  {}\n", last.id, text_of(view, last));
    }
    if (view.stopped) {
        text += "  stopped by 'graft stop': further jobs end at once; 'graft submit' goes on\n";
    }
    return view.stopped ? text : text + more_text(view);
}

std::string jobs_json(const JobsView& view) {
    std::vector<std::string> jobs;
    for (const auto& job : view.written) {
        const auto* known = known_as(view, job.id);
        jobs.push_back(fmt::format(
            R"({{"id": {}, "after": {}, "active": {}, "state": {}, "reason": {}, "nodes": {}, )"
            R"("seconds_left": {}, "what": {}}})",
            json_quoted(job.id), json_quoted(job.after), is_active(view, job),
            json_quoted(known ? known->state : ""), json_quoted(known ? known->reason : ""),
            json_quoted(known ? known->nodes : ""),
            known && known->end ? json_number(core::seconds_between(view.now, *known->end))
                                : std::string("null"),
            json_quoted(text_of(view, job))));
    }
    const auto more = more_jobs(view);
    return fmt::format(R"({{"slurm_answers": {}, "stopped": {}, "jobs": [{}], "more_jobs": {}}})",
                       view.known.has_value(), view.stopped, core::join(jobs),
                       more ? std::to_string(*more) : std::string("null"));
}

}  // namespace graft::commands
