// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/error.hpp"
#include "core/file.hpp"

#include "commands/asking.hpp"
#include "commands/job_chain.hpp"
#include "commands/live.hpp"
#include "commands/options.hpp"
#include "commands/parts.hpp"
#include "commands/study.hpp"
#include "scheduler/requests.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr core::Seconds kTimeToBegin{60};
constexpr core::Seconds kLookEvery{0.5};

// Before the running one is asked: a job that waits would start as soon as that one ends. The mark
// comes first, so that one which starts just now ends by itself.
void stop_waiting_jobs(const fs::path& directory) {
    if (slurm::read_jobs(directory).empty()) {
        return;
    }
    core::write_file(slurm::stopped_mark(directory), "");
    cancel_waiting(directory, "graft stop");
}

// A job of the sweep that SLURM runs and that may not have the sweep yet; empty: there is none.
std::string starting_job(const fs::path& directory) {
    std::vector<std::string> ids;
    for (const auto& job : slurm::read_jobs(directory)) {
        if (!job.ended) {
            ids.push_back(job.id);
        }
    }
    for (const auto& job : slurm::ask(ids).value_or(std::vector<slurm::Job>{})) {
        if (job.state == "RUNNING") {
            return job.id;
        }
    }
    return "";
}

// Who runs the sweep; a job that has only just begun is waited for.
std::optional<Holder> runner_or_job(const fs::path& directory) {
    const auto begin = core::now();
    std::string waited_for;
    while (true) {
        if (was_started(directory)) {
            if (auto runner = runner_of(directory, read_live(directory).record)) {
                return runner;
            }
        }
        const auto job = starting_job(directory);
        if (job.empty() || core::now() - begin > kTimeToBegin) {
            return std::nullopt;
        }
        if (job != waited_for) {
            fmt::print(
                "Job {} runs and does not answer yet: waiting until it does, or has ended.\n", job);
            waited_for = job;
        }
        core::sleep_for(kLookEvery);
    }
}

int stop_one(const fs::path& directory, const std::string& named) {
    stop_waiting_jobs(directory);
    if (slurm::read_jobs(directory).empty()) {
        read_live(named);  // says what is wrong with a word that names no sweep
    }
    const auto runner = runner_or_job(directory);
    if (!runner) {
        fmt::print("Nothing runs {}: nothing to stop.\n", directory.string());
        return 0;
    }
    const auto request = scheduler::request_stop(directory);
    const auto answer = wait_for_answer(directory, request);
    if (!answer && !runner_of(directory, read_live(directory).record)) {
        fmt::print("{} ended before it read the request: nothing runs {} any more.\n",
                   text_of(*runner), directory.string());
        return 0;
    }
    if (!answer) {
        core::fail_system(
            "{} has not answered for {:.0f} s (its file system or its process may hang). The "
            "request stays and holds until the sweep ends; look: graft status {}",
            text_of(*runner), kAnswerWithin.count(), directory.string());
    }
    fmt::print("{}: {}.\nSee: graft status {}\n", text_of(*runner), *answer, directory.string());
    return exit_code_of_answer(*answer);
}

int stop_part(const fs::path& part) {
    if (!was_started(part) && slurm::read_jobs(part).empty()) {
        return 0;
    }
    try {
        return stop_one(part, part.string());
    } catch (const core::Error& error) {  // the others are to be stopped all the same
        fmt::print(stderr, "graft: {}\n", error.what());
        return error.exit_code();
    }
}

}  // namespace

int stop(const Arguments& arguments) {
    OptionsOf options("stop", "graft stop FILE|DIR",
                      "Cancels the sweep's waiting jobs, asks the running one to save at the next "
                      "batch and end, and\nshows its answer. It stays stopped until the next "
                      "'graft run' or 'graft submit', which goes on\nfrom there.");
    options.positional("sweep", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    const auto directory = sweep_directory(options.word("sweep"));
    const auto parts = parts_of(directory);
    if (parts.empty()) {
        return stop_one(directory, options.word("sweep"));
    }
    // No part's follow-up may start meanwhile.
    for (const auto& part : parts) {
        stop_waiting_jobs(part);
    }
    int code = 0;
    for (const auto& part : parts) {
        code = std::max(code, stop_part(part));
    }
    return code;
}

}  // namespace graft::commands
