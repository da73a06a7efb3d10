// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>

#include "core/error.hpp"
#include "core/text.hpp"

#include "commands/explain_text.hpp"
#include "commands/naming.hpp"
#include "commands/options.hpp"
#include "commands/parts.hpp"
#include "commands/study.hpp"
#include "commands/whole.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

using scheduler::Outcome;

bool is_there(const sweep::DatasetReady& dataset) {
    std::error_code error;
    return fs::exists(dataset.prepared, error);
}

ExplainView view_of(const Live& live, const std::string& named) {
    ExplainView view;
    view.directory = named;
    view.record = &live.record;
    view.runner = runner_of(live.directory, live.record);
    view.now = core::wall_now();
    view.device_facts = [directory = live.directory](const sweep::DeviceFailed& failure) {
        return read_device_facts(directory, failure);
    };
    auto ending = scheduler::read_ending(live.directory);
    if (ending && ending->start_id == start_of(live.record).started.start_id) {
        view.ending = std::move(ending);
    }
    return view;
}

scheduler::Outside outside_of(const Live& live, const ExplainView& view) {
    scheduler::Outside outside;
    outside.now = view.now;
    outside.runs = view.runner.has_value();
    outside.run = file_of(live.record).run;
    outside.there = is_there;
    return outside;
}

[[noreturn]] void fail_divided(const std::string& named, const std::vector<fs::path>& parts) {
    core::fail_input(
        "sweep '{}' is divided into {} (each runs, or does not, for its own reasons). Look: graft "
        "status {}; then, for example: graft explain {}",
        named, core::counted(parts.size(), "part"), named, parts.front().string());
}

// What ends a standstill.
std::string what_to_type(Outcome outcome, const std::string& directory) {
    switch (outcome) {
        case Outcome::done:
            return "graft query " + directory;
        case Outcome::some_failed:
            return fmt::format("graft retry {0}, then graft run {0}", directory);
        case Outcome::no_space:
            return fmt::format("graft clean {0} (or free space), then graft run {0}", directory);
        case Outcome::input_error:
        case Outcome::stopped:
            return fmt::format("mend that, then graft run {}", directory);
        case Outcome::drained:
            break;
    }
    return "graft run " + directory;
}

// The journal's closing words, where the start wrote no file `ending`.
Outcome outcome_of(const std::string& reason) {
    return reason == "done"       ? Outcome::done
           : reason == "drained"  ? Outcome::drained
           : reason == "no space" ? Outcome::no_space
                                  : Outcome::stopped;
}

}  // namespace

WhyRuns why_runs(const ExplainView& view) {
    const auto since = [&](core::WallTime time) {
        return fmt::format("{} UTC ({} ago)", core::wall_text(time),
                           core::duration_text(core::seconds_between(time, view.now)));
    };
    if (view.runner) {
        return {fmt::format("{} runs it since {}, last heard from {} ago", text_of(*view.runner),
                            since(view.record->starts().back().started.time),
                            core::duration_text(std::max(0.0, view.runner->age_seconds))),
                ""};
    }
    const auto& start = start_of(*view.record);
    const auto by = text_of(Holder{start.started.host, start.started.job, start.started.pid, 0});
    if (!start.closed) {
        return {fmt::format("{}, which ran it since {}, went away without a word{}", by,
                            since(start.started.time),
                            view.ending ? " (" + view.ending->result.message + ")" : ""),
                "graft run " + view.directory};
    }
    const auto outcome =
        view.ending ? view.ending->result.outcome : outcome_of(start.closed->reason);
    const std::string message = view.ending ? view.ending->result.message : "";
    return {fmt::format("{} ended it at {} ({}{})", by, since(start.closed->time),
                        start.closed->reason, message.empty() ? "" : ": " + message),
            what_to_type(outcome, view.directory)};
}

int explain(const Arguments& arguments) {
    OptionsOf options("explain", "graft explain DIR|FILE [TRIAL] [--json]",
                      "Why a sweep runs or does not, which slots and devices are set aside, what "
                      "comes next; of\none trial: what it is, why it waits, runs, failed or is "
                      "done, and every attempt at it.\nTRIAL: an id, or its beginning.");
    options.named().add_options()("json", "for programs");
    options.positional("sweep", 1);
    options.positional("trial", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    std::string named = options.word("sweep");
    Live live = read_live(named);
    if (const auto parts = parts_of(live.directory); !parts.empty()) {
        if (!options.has("trial")) {
            fail_divided(named, parts);
        }
        live = live_with(live, named_trial(live.record, options.word("trial"), named).id);
        named = live.directory.string();
    }
    const auto view = view_of(live, named);
    const auto outside = outside_of(live, view);
    const auto tell = [&](const auto& explanation) {
        std::cout << (options.has("json") ? explain_json(view, explanation)
                                          : explain_text(view, explanation));
    };
    if (options.has("trial")) {
        const auto& trial = named_trial(live.record, options.word("trial"), named);
        tell(scheduler::explain_trial(live.record, trial.id, outside));
    } else {
        tell(scheduler::explain_sweep(live.record, outside));
    }
    return 0;
}

}  // namespace graft::commands
