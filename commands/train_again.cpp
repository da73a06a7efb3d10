// SPDX-License-Identifier: Apache-2.0
#include "commands/train_again.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"

#include "data/dataset_settings.hpp"
#include "sweep/numerics.hpp"
#include "sweep/record.hpp"
#include "sweep/sweep_file.hpp"

#include "commands/naming.hpp"
#include "commands/network_files.hpp"
#include "commands/study.hpp"
#include "commands/weight_files.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

const sweep::DatasetReady* dataset_of(const sweep::Record& record, const sweep::Trial& trial) {
    return record.dataset(trial.spec->dataset_fingerprint, trial.work.image_size);
}

// The scratch sweep's plan: this one trial, and its dataset as the sweep has it.
std::vector<sweep::Event> plan_of(const sweep::Record& record, const sweep::Trial& trial) {
    sweep::Planned planned;
    planned.time = core::wall_now();
    planned.sweep_name = "verify " + record.sweep_name();
    planned.sweep_file = sweep::resolved_text(file_of(record));
    planned.added = {{trial.spec, trial.work}};
    return {planned, *dataset_of(record, trial)};
}

// Where it was stopped, it stops again: its verdict is recorded, and those of its rivals are not
// asked for.
sweep::StoppingSettings stopping_for(const sweep::Trial& trial) {
    sweep::StoppingSettings stopping;
    if (const auto* stopped = std::get_if<sweep::Stopped>(&trial.state)) {
        stopping.stop = sweep::StopRule::patience;
        stopping.patience = 0;
        stopping.min_epochs = stopped->epoch;
    }
    return stopping;
}

scheduler::RunOptions options_for(const sweep::Record& record, const sweep::Trial& trial,
                                  const fs::path& scratch, const sweep::SweepFile& file) {
    scheduler::RunOptions options;
    options.directory = scratch;
    options.run = file.run;
    options.slots = trial.spec->training.gpus_per_trial;
    options.threads = sweep::threads_of(last_saved_attempt(trial).numerics)
                          .value_or(static_cast<int>(file.run.threads.value_or(1)));
    options.trainer = core::find_program("graft-trainer");
    options.plan = [&](const sweep::Record&) { return plan_of(record, trial); };
    options.prepare = [](const scheduler::Need& need) -> scheduler::PrepareJob {
        core::fail_input(
            "the prepared file of dataset '{}' at {} px is gone (removed meanwhile). Type graft "
            "prepare, then the same command again.",
            need.dataset, need.size);
    };
    options.weights = [&](const sweep::TrialSpec& spec) {
        return weight_file(file, spec->network, spec->init_text, {file.path.string(), 0}).string();
    };
    options.stopping = stopping_for(trial);
    options.network = [&](const sweep::TrialSpec& spec) {
        return network_json(file, spec->network);
    };
    return options;
}

[[noreturn]] void fail_no_result(const sweep::Record& record, const sweep::Trial& trial,
                                 const std::string& directory) {
    const auto state = sweep::name_of(trial.state);
    const auto what = state == "failed"
                          ? "Try it again: graft retry " + directory + " --trial " + trial.id.text()
                      : state == "running" ? "Wait for it: graft status " + directory
                                           : "Train it first: graft run " + directory;
    core::fail_input("trial {} has no result to verify (it is {}). {}", shown(trial, record), state,
                     what);
}

}  // namespace

ScratchSweep::ScratchSweep(const fs::path& in, const sweep::TrialId& trial)
    : path_(in / fmt::format("{}.{}.{}", trial.text(), core::host_name(), core::own_pid())) {
    if (fs::exists(path_)) {
        core::fail_input(
            "'{}' is there already (kept by an earlier verify). Remove it, or name another place: "
            "--scratch DIR",
            path_.string());
    }
    made_in_ = !fs::exists(in);
    core::create_directories(path_);
}

ScratchSweep::~ScratchSweep() {
    if (kept_) {
        return;
    }
    std::error_code error;  // what cannot be removed harms nobody
    fs::remove_all(path_, error);
    if (made_in_) {
        fs::remove(path_.parent_path(), error);  // not when another one is at work there
    }
}

const sweep::Attempt& last_saved_attempt(const sweep::Trial& trial) {
    const auto found = std::find_if(trial.attempts.rbegin(), trial.attempts.rend(),
                                    [](const auto& attempt) { return attempt.saves > 0; });
    if (found == trial.attempts.rend()) {
        throw std::logic_error("trial " + trial.id.text() + " has a result but no save");
    }
    return *found;
}

void check_trainable(const sweep::Record& record, const sweep::Trial& trial,
                     const std::string& directory) {
    if (!sweep::result_of(trial.state)) {
        fail_no_result(record, trial, directory);
    }
    if (trial.spec->recipe != sweep::kRecipe) {
        core::fail_input(
            "trial {} was trained by recipe {} (this program trains by recipe {}, which gives "
            "other numbers). Verify it with the graft that trained it.",
            shown(trial, record), trial.spec->recipe, sweep::kRecipe);
    }
    const auto* dataset = dataset_of(record, trial);
    if (!dataset || !fs::exists(dataset->prepared)) {
        core::fail_input(
            "trial {} cannot be trained again: its prepared dataset '{}' is not there (removed, or "
            "on another machine). Make it again: graft prepare {}",
            shown(trial, record), dataset ? dataset->prepared : trial.spec->dataset, directory);
    }
}

Retrained train_again(const sweep::Record& record, const sweep::Trial& trial,
                      const fs::path& scratch, scheduler::Observer& observer) {
    const auto file = file_of(record);
    const auto options = options_for(record, trial, scratch, file);
    Retrained retrained;
    retrained.result = scheduler::run_alone(options, observer);
    retrained.record = sweep::read_record(scratch);
    return retrained;
}

}  // namespace graft::commands
