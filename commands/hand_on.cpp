// SPDX-License-Identifier: Apache-2.0
#include "commands/hand_on.hpp"

#include <algorithm>
#include <csignal>

#include <unistd.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/signal.hpp"
#include "core/text.hpp"

#include "sweep/trial_files.hpp"

#include "commands/naming.hpp"
#include "results/exports/hand_on_file.hpp"
#include "results/predictions/predictions.hpp"
#include "scheduler/run.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kNamed = 20;  // trials without their predictions, on the screen

// Reads what the journal recorded, or throws InputError.
results::predictions::Predictions recorded_predictions(const fs::path& directory,
                                                       const sweep::FileRef& wanted) {
    auto path = sweep::find_result(directory, wanted, "predictions");
    if (!path) {
        // In a running sweep it may have got its plain name while it was looked for.
        path = sweep::find_result(directory, wanted, "predictions");
    }
    if (!path) {
        const fs::path plain = directory / wanted.name;
        core::fail_input(
            "predictions '{}' {}. Put the file back, or make it again: graft verify {} {} --keep",
            plain.string(),
            fs::exists(plain) ? "do not have their recorded content (cut short, changed from "
                                "outside, or a failing disk)"
                              : "are not there",
            directory.string(), plain.parent_path().filename().string());
    }
    try {
        return results::predictions::read_predictions(*path);
    } catch (const core::InputError&) {
        const auto renamed = sweep::find_result(directory, wanted, "predictions");
        if (!renamed || *renamed == *path) {
            throw;
        }
        return results::predictions::read_predictions(*renamed);
    }
}

std::vector<const sweep::Trial*> trials_with_results(const HandOnRequest& request) {
    std::vector<const sweep::Trial*> found;
    for (const auto& trial : request.record.trials()) {
        if (request.trials.contains(trial.id.text()) && sweep::result_of(trial.state)) {
            found.push_back(&trial);
        }
    }
    return found;
}

void add_trial(results::exports::HandOnFile& file, const HandOnRequest& request,
               const sweep::Trial& trial, HandedOn& done) {
    const auto& wanted = sweep::result_of(trial.state)->predictions;
    if (wanted.name.empty()) {
        ++done.without;
        return;
    }
    std::optional<results::predictions::Predictions> kept;
    try {
        kept = recorded_predictions(request.files.directory_of(trial), wanted);
    } catch (const core::InputError& error) {
        done.missing.push_back({shown(trial, request.record), error.what()});
    } catch (const core::SystemError& error) {  // a failing disk
        done.missing.push_back({shown(trial, request.record), error.what()});
    }
    if (!kept) {
        file.add_missing(trial, done.missing.back().problem);
        return;
    }
    file.add(trial, *kept);
    ++done.results;
}

}  // namespace

void check_hand_on(const fs::path& file, bool replace) {
    if (!file.has_filename()) {
        core::fail_input("'{}' is the name of a folder (one file is written). Name a file.",
                         file.string());
    }
    if (!fs::exists(fs::symlink_status(file))) {
        return;
    }
    if (!replace) {
        core::fail_input(
            "'{}' is there already (nothing was written). Name another file, or replace it: "
            "--force",
            file.string());
    }
    if (!fs::is_regular_file(file) || !results::exports::is_hand_on_file(file)) {
        core::fail_input(
            "'{}' was not made by graft export --hdf5 (nothing was written). Name another file, or "
            "remove it yourself.",
            file.string());
    }
}

HandedOn hand_on(const HandOnRequest& request,
                 const std::function<void(std::size_t, std::size_t)>& progress) {
    check_hand_on(request.file, request.replace);
    const core::SignalFlags signals{SIGINT, SIGTERM, SIGHUP};
    const fs::path path = fs::absolute(request.file);
    core::create_directories(path.parent_path());
    core::Aside aside(path, path.string() + fmt::format(".{}.tmp", ::getpid()));
    results::exports::HandOnFile file(aside.path(), request.record, request.end);
    const auto trials = trials_with_results(request);
    HandedOn done;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        add_trial(file, request, *trials[i], done);
        progress(i + 1, trials.size());
        if (signals.total() > 0) {
            throw core::Error(
                "stopped before the file was whole (nothing was written). The same command begins "
                "again.",
                scheduler::exit_code(scheduler::Outcome::drained));
        }
    }
    file.finish(request.tables);
    done.bytes = fs::file_size(aside.path());
    aside.publish();
    return done;
}

std::string hand_on_text(const HandedOn& done, const fs::path& file) {
    std::string text = fmt::format(
        "{} ({}): the tables, and predictions, features and curves of {}\n", file.string(),
        core::bytes_text(done.bytes), core::counted(done.results, "trial"));
    if (done.without > 0) {
        text +=
            fmt::format("{} diverged before the first validation and {} no predictions.\n",
                        core::counted(done.without, "trial"), done.without == 1 ? "has" : "have");
    }
    if (!done.missing.empty()) {
        text += fmt::format("Without the predictions of {}, which cannot be read:\n",
                            core::counted(done.missing.size(), "trial"));
    }
    for (std::size_t i = 0; i < std::min(done.missing.size(), kNamed); ++i) {
        text += fmt::format("  {}\n    {}\n", done.missing[i].trial, done.missing[i].problem);
    }
    if (done.missing.size() > kNamed) {
        text += fmt::format("  and {} more: the table /contents of the file names them all\n",
                            done.missing.size() - kNamed);
    }
    return text;
}

}  // namespace graft::commands
