// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/text.hpp"

#include "commands/asking.hpp"
#include "commands/live.hpp"
#include "commands/naming.hpp"
#include "commands/options.hpp"
#include "commands/whole.hpp"
#include "scheduler/requests.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// Which trials are asked for: those that failed, or those that a rule stopped.
struct Wanted {
    std::string state;   // "failed", "stopped"
    std::string option;  // by which it is asked for

    std::vector<sweep::TrialId> all(const sweep::Record& record) const {
        std::vector<sweep::TrialId> trials;
        for (const auto& trial : record.trials()) {
            if (sweep::name_of(trial.state) == state && !trial.left_out) {
                trials.push_back(trial.id);
            }
        }
        return trials;
    }
    sweep::TrialId one(const sweep::Record& record, const std::string& name,
                       const std::string& directory) const {
        const auto& trial = named_trial(record, name, directory);
        const auto is = sweep::name_of(trial.state);
        if (is == "stopped" && state == "failed") {
            core::fail_input(
                "trial {} was stopped early (it did not fail). Train it to its last epoch: graft "
                "retry {} --stopped --trial {}",
                shown(trial, record), directory, trial.id.text());
        }
        if (is != state) {
            core::fail_input(
                "trial {} is {} (graft retry{} asks for {} trials). Ask why: graft explain {} {}",
                shown(trial, record), is, option, state, directory, trial.id.text());
        }
        return trial.id;
    }
};

int ask(const Live& live, const Wanted& wanted, const std::vector<sweep::TrialId>& trials) {
    const auto runner = runner_of(live.directory, live.record);
    const auto request = scheduler::request_retry(live.directory, trials);
    const auto answer = runner ? wait_for_answer(live.directory, request) : std::nullopt;
    if (answer) {
        fmt::print("{}: {}.\n", text_of(*runner), *answer);
        return exit_code_of_answer(*answer);
    }
    if (runner) {
        fmt::print(
            "{} has not answered for {:.0f} s; the request stays, and the next start takes "
            "it up at the latest.\n",
            text_of(*runner), kAnswerWithin.count());
        return 0;
    }
    fmt::print("Nothing runs {}. The next start lets {} wait again: graft run {}\n",
               live.directory.string(), core::counted(trials.size(), wanted.state + " trial"),
               live.directory.string());
    return 0;
}

std::vector<sweep::TrialId> asked_for(const sweep::Record& record, const Wanted& wanted,
                                      const std::optional<std::vector<std::string>>& names,
                                      const std::string& directory) {
    if (!names) {
        return wanted.all(record);
    }
    std::vector<sweep::TrialId> trials;
    for (const auto& name : *names) {
        trials.push_back(wanted.one(record, name, directory));
    }
    return trials;
}

int say_none(const Live& live, const Wanted& wanted) {
    fmt::print("No trial of {} {}.\n", live.directory.string(),
               wanted.state == "stopped" ? "was stopped early" : "failed");
    return 0;
}

}  // namespace

int retry(const Arguments& arguments) {
    OptionsOf options("retry", "graft retry FILE|DIR [--stopped] [--trial ID ...]",
                      "Lets failed trials wait again, to go on from their last save: at once in a "
                      "running sweep,\nelse at the next 'graft run'. What failed before counts for "
                      "no rule any more.\nWith --stopped: trials that [stopping] ended early, to "
                      "be trained to their last epoch.");
    options.named().add_options()(
        "trial", po::value<std::vector<std::string>>()->multitoken(),
        "only these, by their ids or beginnings of ids; else all that failed")(
        "stopped", "trials that were stopped early, in place of failed ones");
    options.positional("sweep", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    const Live live = read_live(options.word("sweep"));
    const auto whole = read_parts(live);
    const auto names = options.find<std::vector<std::string>>("trial");
    const auto named = options.word("sweep");
    const Wanted wanted =
        options.has("stopped") ? Wanted{"stopped", " --stopped"} : Wanted{"failed", ""};
    if (!whole) {
        const auto trials = asked_for(live.record, wanted, names, named);
        return trials.empty() ? say_none(live, wanted) : ask(live, wanted, trials);
    }
    std::map<fs::path, std::vector<sweep::TrialId>> of_part;
    for (const auto& trial : asked_for(whole->record, wanted, names, named)) {
        of_part[part_with(live, trial).value_or(live.directory)].push_back(trial);
    }
    int code = of_part.empty() ? say_none(live, wanted) : 0;
    for (const auto& [part, trials] : of_part) {
        code = std::max(code, ask(read_live(part), wanted, trials));
    }
    return code;
}

}  // namespace graft::commands
