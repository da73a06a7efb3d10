// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <iostream>

#include "core/error.hpp"
#include "core/gpu.hpp"
#include "core/process.hpp"
#include "core/signal.hpp"
#include "core/text.hpp"

#include "sweep/trial_files.hpp"

#include "commands/file_check.hpp"
#include "commands/free_gpus.hpp"
#include "commands/live.hpp"
#include "commands/naming.hpp"
#include "commands/options.hpp"
#include "commands/terminal.hpp"
#include "commands/train_again.hpp"
#include "commands/verify_text.hpp"
#include "commands/whole.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr int kDiffers = 1;
// A trainer replaces files while they are looked at: what is missing then is looked for again.
constexpr int kLooks = 5;
constexpr core::Seconds kBetweenLooks{1};

using Trials = std::vector<const sweep::Trial*>;

Trials finished(const sweep::Record& record) {
    Trials trials;
    for (const auto& trial : record.trials()) {
        if (sweep::result_of(trial.state) && !trial.left_out) {
            trials.push_back(&trial);
        }
    }
    return trials;
}

Trials chosen(const Live& live, const OptionsOf& options, const std::string& named) {
    if (const auto names = options.find<std::vector<std::string>>("trial")) {
        Trials trials;
        for (const auto& name : *names) {
            const auto& trial = named_trial(live.record, name, named);
            check_in_no_part(live, trial, "verify");
            check_trainable(live.record, trial, named);
            trials.push_back(&trial);
        }
        return trials;
    }
    auto trials = finished(live.record);
    if (trials.empty()) {
        core::fail_input("no trial of '{}' has a result yet. Train first: graft run {}", named,
                         named);
    }
    if (!options.has("all")) {
        // One that diverged at once or was stopped is cheap, and shows little.
        const auto cost = [](const auto* trial) {
            const bool stopped = std::holds_alternative<sweep::Stopped>(trial->state);
            return std::tuple(trial->rows.empty(), stopped, trial->seconds);
        };
        trials = {
            *std::min_element(trials.begin(), trials.end(),
                              [&](const auto* a, const auto* b) { return cost(a) < cost(b); })};
    }
    for (const auto* trial : trials) {
        check_trainable(live.record, *trial, named);
    }
    return trials;
}

// Before hours are spent on what can only be told roughly.
void say_other_hardware(const sweep::Trial& trial) {
    const auto& numerics = last_saved_attempt(trial).numerics;
    const bool on_gpu = numerics.starts_with("cuda");
    if (on_gpu == core::visible_gpus().empty()) {
        fmt::print(stderr,
                   "graft: trial {} was recorded on {}, and this machine trains on {}: its time "
                   "will differ, and its last bits.\n",
                   trial.id.text(), numerics, on_gpu ? "its processor" : "a GPU");
    }
}

// The sweep's own best.h5, against the record.
bool best_is_changed(const Live& live, const sweep::Trial& trial) {
    const auto& result = *sweep::result_of(trial.state);
    return !result.weights.name.empty() &&
           sweep::state_of_result(live.directory, result.weights, "best") ==
               sweep::FileState::changed;
}

struct Verifying {
    const Live& live;
    const fs::path& in;  // where scratch sweeps are made
    bool keep;
    const core::SignalFlags& signals;

    // Nothing: it was interrupted.
    std::optional<Verdict> verdict(const sweep::Trial& trial) const {
        say_other_hardware(trial);
        ScratchSweep scratch(in, trial.id);
        std::optional<Retrained> again;
        {
            Terminal terminal(stderr);
            again = train_again(live.record, trial, scratch.path(), terminal);
        }
        if (again->result.outcome == scheduler::Outcome::drained || signals.total() > 0) {
            return std::nullopt;
        }
        const auto& trained = *again->record.find(trial.id);
        check_outcome(again->result, trained);
        Verdict verdict = verdict_of(trial, trained, best_is_changed(live, trial));
        if (keep || verdict.kind == VerdictKind::differs) {
            scratch.keep();
            verdict.kept = scratch.path().string();
        }
        fmt::print("{}\n", verdict_text(verdict));
        std::fflush(stdout);
        return verdict;
    }
    // What cannot be trained with what is here says nothing of the trial.
    static void check_outcome(const scheduler::RunResult& result, const sweep::Trial& trained) {
        const auto* failed = std::get_if<sweep::Failed>(&trained.state);
        if (failed && std::holds_alternative<sweep::InputFault>(*trained.attempts.back().ending)) {
            core::fail_input("trial {} cannot be trained again: {}", trained.id.text(),
                             failed->message);
        }
        const bool ended = failed || sweep::result_of(trained.state);
        if (!ended && result.outcome == scheduler::Outcome::no_space) {
            throw core::NoSpaceError(result.message);
        }
        if (!ended) {
            core::fail_input("trial {} could not be trained again ({}). Mend that, then verify.",
                             trained.id.text(), result.message);
        }
    }
};

int verify_trials(const OptionsOf& options) {
    const std::string named = options.word("sweep");
    const Live live = read_live(named);
    const auto trials = chosen(live, options, named);
    check_free_gpus(live, "graft verify " + named);
    fmt::print("{}", cost_text(live.record, trials, options.has("all"), options.has("trial")));
    std::fflush(stdout);
    const auto given = options.find<std::string>("scratch");
    const fs::path in = given ? fs::absolute(*given).lexically_normal() : live.directory / "verify";
    const core::SignalFlags signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    const Verifying verifying{live, in, options.has("keep"), signals};
    std::vector<Verdict> verdicts;
    for (const auto* trial : trials) {
        auto verdict = verifying.verdict(*trial);
        if (!verdict) {
            fmt::print(stderr,
                       "graft: stopped with {} of {} verified; nothing is left behind of the next "
                       "one.\n",
                       verdicts.size(), core::counted(trials.size(), "trial"));
            return scheduler::exit_code(scheduler::Outcome::drained);
        }
        verdicts.push_back(std::move(*verdict));
    }
    fmt::print("{}", summary_text(verdicts));
    return all_equal(verdicts) ? 0 : kDiffers;
}

// Findings of trials that are still true of a sweep that goes on meanwhile.
void look_again(CheckedSweep sweep, FileCheck& check) {
    for (int look = 1; look < kLooks && !check.findings.empty(); ++look) {
        core::sleep_for(kBetweenLooks);
        const Live live = read_live(sweep.directory);
        sweep.record = &live.record;
        check = check_files(sweep);
    }
}

int verify_files(const OptionsOf& options) {
    if (options.has("trial") || options.has("all")) {
        core::fail_input(
            "--files looks at every file of the sweep. Leave out trials and --all, or leave out "
            "--files to train again.");
    }
    const std::string named = options.word("sweep");
    std::optional<Live> read;
    try {
        read = read_live(named);
    } catch (const core::SystemError& error) {
        fmt::print("{}\nWhat it held cannot be told without it: nothing else was looked at.\n",
                   error.what());
        return kDiffers;
    }
    const Live& live = *read;
    const CheckedSweep sweep{live.directory, named, &live.record};
    FileCheck check = check_files(sweep);
    if (runner_of(live.directory, live.record)) {
        look_again(sweep, check);  // the store of a running sweep is behind its journal
    } else {
        check_store(sweep, live.end, check);
    }
    fmt::print("{}", check_text(check));
    return check.findings.empty() ? 0 : kDiffers;
}

}  // namespace

int verify(const Arguments& arguments) {
    OptionsOf options(
        "verify", "graft verify DIR|FILE [TRIAL ...] [--all] | graft verify DIR|FILE --files",
        "Trains finished trials again, from nothing and beside the sweep, and compares: every "
        "epoch's\nnumbers, the result, best.h5 and predictions.h5, to the bit. TRIAL: an id, or "
        "its beginning;\nwithout one the cheapest finished trial. The sweep is only read, and may "
        "run meanwhile.\n\nExit code: 0 equal, 1 something differs or cannot be compared, 2 "
        "input.");
    options.named().add_options()("all", "every finished trial; says first what that costs")(
        "files", "train nothing: check that every recorded file is there, byte by byte")(
        "scratch", po::value<std::string>(), "train in this directory (else in DIR/verify)")(
        "keep", "keep what was trained again, also when it is equal");
    options.positional("sweep", 1);
    options.positional("trial", -1);
    if (!options.parse(arguments)) {
        return 0;
    }
    return options.has("files") ? verify_files(options) : verify_trials(options);
}

}  // namespace graft::commands
