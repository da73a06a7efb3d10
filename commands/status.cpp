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
#include "commands/status_text.hpp"
#include "scheduler/holder.hpp"

namespace graft::commands {

namespace {

constexpr double kWatchSeconds = 2;

enum class Page { progress, failures };

struct Wanted {
    std::string sweep;  // as typed
    Page page = Page::progress;
    bool json = false;
};

std::string failures_page(const Wanted& wanted, const Live& live) {
    const FailuresView view{
        wanted.sweep, &live.record, core::wall_now(),
        [&](const sweep::Attempt& attempt) { return read_log_lines(live.directory, attempt); },
        [&](const sweep::DeviceFailed& failure) {
            return read_device_facts(live.directory, failure);
        }};
    return wanted.json ? failures_json(view) : failures_text(view);
}

std::string snapshot(const Wanted& wanted) {
    const Live live = read_live(wanted.sweep);
    if (wanted.page == Page::failures) {
        return failures_page(wanted, live);
    }
    StatusView view;
    view.directory = wanted.sweep;
    view.record = &live.record;
    view.now = core::wall_now();
    view.holder = holder_of(live.directory, view.now);
    const auto known = scheduler::holder_of(live.record, scheduler::read_holder(live.directory));
    if (known && scheduler::fate_here(*known) == scheduler::Fate::gone) {
        view.holder.reset();  // whatever it said last
    }
    const auto segment = fmt::format("{:06}", live.end.segment);
    view.journal_age_seconds = age_of(sweep::journal_directory(live.directory) / segment, view.now);
    return wanted.json ? status_json(view) : status_text(view);
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
        core::sleep_for(std::max(core::Seconds(kWatchSeconds), spent * 20));
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
        "what to do about it")("watch", "show it again every two seconds")("json", "for programs");
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
