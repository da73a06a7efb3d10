// SPDX-License-Identifier: Apache-2.0
#include "slurm/chain.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

namespace graft::slurm {

namespace fs = std::filesystem;

namespace {

std::string text_of(const std::optional<core::WallTime>& time) {
    return time ? std::to_string(time->micros) : "";
}

std::optional<core::WallTime> time_of(const std::string& text) {
    const auto micros = core::parse_int(text);
    return micros ? std::optional(core::WallTime{*micros}) : std::nullopt;
}

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

}  // namespace

fs::path jobs_directory(const fs::path& sweep) {
    return sweep / "jobs";
}

fs::path stopped_mark(const fs::path& sweep) {
    return sweep / "stopped";
}

int fruitless_after(const ChainJob& job, std::int64_t saves) {
    return job.started && saves == job.saves ? job.fruitless + 1 : 0;
}

ChainJob started(ChainJob before, const std::vector<ChainJob>& jobs, core::WallTime now,
                 std::int64_t saves) {
    // A predecessor that was cancelled before it began says nothing.
    const ChainJob* last = before.started ? &before : nullptr;
    std::string id = before.after;
    for (std::size_t steps = 0; !last && !id.empty() && steps < jobs.size(); ++steps) {
        const auto found = std::find_if(jobs.begin(), jobs.end(),
                                        [&](const ChainJob& job) { return job.id == id; });
        if (found == jobs.end()) {
            break;
        }
        last = found->started ? &*found : nullptr;
        id = found->after;
    }
    const int fruitless = last ? fruitless_after(*last, saves) : 0;
    before.started = now;
    before.saves = saves;
    before.fruitless = fruitless;
    before.ended.reset();
    before.ending.clear();
    return before;
}

std::string to_text(const ChainJob& job) {
    std::string text;
    const auto line = [&](const char* key, const std::string& value) {
        text += fmt::format("{} {}\n", key, one_line(value));
    };
    line("id", job.id);
    line("sent", std::to_string(job.sent.micros));
    line("after", job.after);
    line("time_limit", core::shortest(job.time_limit));
    line("started", text_of(job.started));
    line("saves", std::to_string(job.saves));
    line("fruitless", std::to_string(job.fruitless));
    line("ended", text_of(job.ended));
    line("ending", job.ending);
    return text;
}

ChainJob parse_job(const std::string& text) {
    ChainJob job;
    for (const auto& line : core::split(text, '\n')) {
        const auto blank = line.find(' ');
        const std::string key = line.substr(0, blank);
        const std::string value = blank == std::string::npos ? "" : line.substr(blank + 1);
        if (key == "id") {
            job.id = value;
        } else if (key == "sent") {
            job.sent = time_of(value).value_or(core::WallTime{});
        } else if (key == "after") {
            job.after = value;
        } else if (key == "time_limit") {
            job.time_limit = core::parse_double(value).value_or(0);
        } else if (key == "started") {
            job.started = time_of(value);
        } else if (key == "saves") {
            job.saves = core::parse_int(value).value_or(0);
        } else if (key == "fruitless") {
            job.fruitless = static_cast<int>(core::parse_int(value).value_or(0));
        } else if (key == "ended") {
            job.ended = time_of(value);
        } else if (key == "ending") {
            job.ending = value;
        }
    }
    return job;
}

void write_job(const fs::path& sweep, const ChainJob& job) {
    core::create_directories(jobs_directory(sweep));
    core::write_file(jobs_directory(sweep) / job.id, to_text(job));
}

std::optional<ChainJob> read_job(const fs::path& sweep, const std::string& id) {
    const auto text = core::read_file_if_there(jobs_directory(sweep) / id);
    return text ? std::optional(parse_job(*text)) : std::nullopt;
}

std::vector<ChainJob> read_jobs(const fs::path& sweep) {
    std::vector<ChainJob> jobs;
    std::error_code error;
    for (fs::directory_iterator entry(jobs_directory(sweep), error), end; !error && entry != end;
         entry.increment(error)) {
        // A name with a dot is half of a file.
        const std::string name = entry->path().filename().string();
        if (!core::parse_int(name)) {
            continue;
        }
        try {
            if (auto job = read_job(sweep, name); job && job->id == name) {
                jobs.push_back(std::move(*job));
            }
        } catch (const core::Error&) {
            continue;  // who cannot read it has other troubles; the others stay known
        }
    }
    std::sort(jobs.begin(), jobs.end(), [](const ChainJob& a, const ChainJob& b) {
        return std::pair(a.sent, core::parse_int(a.id)) < std::pair(b.sent, core::parse_int(b.id));
    });
    return jobs;
}

std::vector<std::string> ids_of(const std::vector<ChainJob>& jobs) {
    std::vector<std::string> ids;
    for (const auto& job : jobs) {
        ids.push_back(job.id);
    }
    return ids;
}

}  // namespace graft::slurm
