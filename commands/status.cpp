// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/text.hpp"

#include "commands/failures_text.hpp"
#include "commands/live.hpp"
#include "commands/options.hpp"
#include "commands/parts.hpp"
#include "commands/status_parts.hpp"
#include "commands/study.hpp"

namespace graft::commands {

namespace {

constexpr double kWatchSeconds = 2;
// Where each look asks SLURM: its controller serves everybody.
constexpr double kWatchJobsSeconds = 15;

enum class Page { progress, failures };

struct Wanted {
    std::string sweep;  // as typed
    Page page = Page::progress;
    bool json = false;
};

std::string failures_page(const Wanted& wanted, const std::string& named, const Live& live) {
    const FailuresView view{
        named, &live.record, core::wall_now(),
        [&](const sweep::Attempt& attempt) { return read_log_lines(live.directory, attempt); },
        [&](const sweep::DeviceFailed& failure) {
            return read_device_facts(live.directory, failure);
        }};
    return wanted.json ? failures_json(view) : failures_text(view);
}

std::string not_started_text(const std::string& sweep, const JobsView& jobs) {
    return fmt::format("sweep '{}' was sent to SLURM and has not begun yet.\n{}", sweep,
                       jobs_text(jobs));
}

// Each part has its own logs, and its own commands to mend what went wrong.
std::string failures_of_parts(const Wanted& wanted, const Live& live, const Whole& whole) {
    std::vector<std::string> pages{failures_page(wanted, wanted.sweep, live)};
    for (const auto& part : whole.parts) {
        if (part.live) {
            const auto page = failures_page(wanted, part.directory.string(), *part.live);
            pages.push_back(wanted.json ? page : fmt::format("part {}: {}", part.name, page));
        }
    }
    return wanted.json ? "[" + core::join(pages, ",\n") + "]\n" : core::join(pages, "\n");
}

std::string snapshot(const Wanted& wanted) {
    const auto now = core::wall_now();
    const auto directory = sweep_directory(wanted.sweep);
    if (!was_started(directory)) {
        if (auto jobs = jobs_of(directory, now); !jobs.written.empty()) {
            return wanted.json ? jobs_json(jobs) + "\n" : not_started_text(wanted.sweep, jobs);
        }
    }
    const Live live = read_live(wanted.sweep);
    const auto whole = read_parts(live);
    if (wanted.page == Page::failures) {
        return whole ? failures_of_parts(wanted, live, *whole)
                     : failures_page(wanted, wanted.sweep, live);
    }
    auto view = whole ? view_of(live, *whole, wanted.sweep, now) : view_of(live, wanted.sweep, now);
    if (!whole) {
        view.jobs = jobs_of(live.directory, now);
    }
    return wanted.json ? status_json(view) : status_text(view);
}

bool has_jobs(const std::string& sweep) {
    const auto directory = sweep_directory(sweep);
    auto directories = parts_of(directory);
    directories.push_back(directory);
    return std::any_of(directories.begin(), directories.end(),
                       [](const auto& one) { return !slurm::read_jobs(one).empty(); });
}

// Until the user stops it. A terminal is redrawn in place; a pipe gets one picture after another.
void watch(const Wanted& wanted) {
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    while (true) {
        const auto before = core::now();
        const std::string text = snapshot(wanted);
        std::cout << (terminal ? "\x1b[H\x1b[J" : "") << text << std::flush;
        if (!std::cout) {
            return;
        }
        // Reading a long journal may take a while: it gets a twentieth of a core at most.
        const core::Seconds spent = core::now() - before;
        const double every = has_jobs(wanted.sweep) ? kWatchJobsSeconds : kWatchSeconds;
        core::sleep_for(std::max(core::Seconds(every), spent * 20));
    }
}

}  // namespace

int status(const Arguments& arguments) {
    OptionsOf options("status", "graft status DIR|FILE [--failures] [--watch] [--json]",
                      "Progress of a sweep, what runs, time left, and failures; read from its\n"
                      "journal, so it may be asked anywhere and at any time.");
    options.named().add_options()(
        "failures",
        "what went wrong: where, the last lines of the trainer's log, and "
        "what to do about it")(
        "watch", "show it again every two seconds (where SLURM is asked: fifteen)")("json",
                                                                                    "for programs");
    options.positional("sweep", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    const Wanted wanted{options.word("sweep"),
                        options.has("failures") ? Page::failures : Page::progress,
                        options.has("json")};
    if (options.has("watch")) {
        watch(wanted);
    } else {
        std::cout << snapshot(wanted);
    }
    return 0;
}

}  // namespace graft::commands
