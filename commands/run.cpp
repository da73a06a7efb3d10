// SPDX-License-Identifier: Apache-2.0
#include "scheduler/run.hpp"

#include <csignal>
#include <functional>

#include <unistd.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/mpi/communicator.hpp"
#include "core/process.hpp"
#include "core/signal.hpp"

#include "commands/job_chain.hpp"
#include "commands/network_files.hpp"
#include "commands/options.hpp"
#include "commands/preparing.hpp"
#include "commands/settle.hpp"
#include "commands/study.hpp"
#include "commands/terminal.hpp"
#include "commands/weight_files.hpp"
#include "scheduler/launcher.hpp"
#include "scheduler/many_trials.hpp"
#include "slurm/allocation.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

scheduler::PrepareJob prepare_job(const Study& study, const scheduler::Need& need) {
    const Preparation job =
        preparation({study.datasets.at(need.dataset), {need.size}, study.file.run.prepared, 0},
                    study.file.output / "requests" / "prepare");
    const auto result = [path = job.result] {
        const auto answer = data::read_result(path);
        const auto now = core::wall_now();
        return scheduler::PreparedDataset(
            ready_event(answer, answer.files.at(0), now),
            audited_event(answer.audit, answer.dataset, answer.fingerprint, now), answer.folds);
    };
    return {job.spawn.arguments, result};
}

scheduler::RunOptions options_for(const sweep::SweepFile& file, const OptionsOf& options) {
    scheduler::RunOptions run;
    run.directory = file.output;
    run.run = file.run;
    run.slots = options.get<int>("slots");
    if (run.slots == 0) {
        run.slots = static_cast<int>(file.run.slots.value_or(0));
    }
    run.threads = static_cast<int>(settled_threads(file));
    run.trainer = core::find_program("graft-trainer");
    run.start_id = options.find<std::string>("start-id").value_or("");
    const auto allocation = slurm::this_allocation();
    run.job = allocation ? allocation->job : "";
    return run;
}

// What only the coordinator needs to know of the job.
void add_job(scheduler::RunOptions& run) {
    if (const auto allocation = slurm::this_allocation()) {
        run.deadline = slurm::end_of(*allocation);
    }
}

// What only the coordinator knows; `study` outlives the run.
void add_study(scheduler::RunOptions& run, const Study& study, bool accept) {
    scheduler::expect_trials(study.trials.size());
    run.plan = [&study, accept](const sweep::Record& record) {
        return begin(record, study, accept);
    };
    run.prepare = [&study](const scheduler::Need& need) { return prepare_job(study, need); };
    run.weights = [&study](const sweep::TrialSpec& spec) {
        return weight_file(study.file, spec->network, spec->init_text,
                           {study.file.path.string(), 0})
            .string();
    };
    run.network = [&study](const sweep::TrialSpec& spec) {
        return network_json(study.file, spec->network);
    };
    // This very program, although a build may have put another in its place.
    run.publish = {fmt::format("/proc/{}/exe", core::own_pid()), "publish", run.directory.string()};
}

fs::path directory_of(const OptionsOf& options) {
    const auto output = options.find<std::string>("output");
    return output ? fs::absolute(*output).lexically_normal()
                  : sweep_directory(options.word("sweep file"));
}

Study load(const OptionsOf& options) {
    return load_to_train(options.word("sweep file"), options.find<std::string>("output"));
}

// Says how it ended and what to type next; once, where a launcher started several processes: it
// reads the outcome from a file, and srun would call any other code than 0 an error.
int finish(const scheduler::RunResult& result, const fs::path& directory, bool launched = false) {
    if (launched) {
        return 0;
    }
    if (!result.message.empty()) {
        fmt::print(stderr, "graft: {}\n", result.message);
    }
    if (result.outcome == scheduler::Outcome::done ||
        result.outcome == scheduler::Outcome::some_failed) {
        fmt::print("Results: {}\nAsk them: graft query {}\nSee them: graft report {}\n",
                   (directory / "results.h5").string(), directory.string(), directory.string());
    }
    return scheduler::exit_code(result.outcome);
}

// Runs with a display that is gone, its last picture left behind, before anything else is said.
scheduler::RunResult shown(
    const std::function<scheduler::RunResult(scheduler::Observer& observer)>& work) {
    Terminal terminal(stderr);
    return work(terminal);
}

int run_as_rank(const OptionsOf& options) {
    const auto world = mpi::join_world();
    if (world->rank() > 0) {
        auto file = read_file(options.word("sweep file"));
        if (const auto output = options.find<std::string>("output")) {
            file.output = fs::absolute(*output).lexically_normal();
        }
        const auto run = options_for(file, options);
        const auto result = shown([&](scheduler::Observer& observer) {
            return scheduler::run_rank(run, *world, observer);
        });
        return scheduler::exit_code(result.outcome);
    }
    const Study study = settle(load(options), options.has("accept"));
    auto run = options_for(study.file, options);
    add_study(run, study, options.has("accept"));
    add_job(run);
    const auto result = shown(
        [&](scheduler::Observer& observer) { return scheduler::run_rank(run, *world, observer); });
    return finish(result, study.file.output, options.has("start-id"));
}

// srun in a job where it can start MPI's ranks, unless the user names one.
std::vector<std::string> launcher_for(const OptionsOf& options, int ranks) {
    const auto wanted = options.get<std::string>("launcher");
    if (wanted != "auto" && wanted != "srun" && wanted != "mpirun") {
        core::fail_input("--launcher '{}' is not known. Name one of: auto, srun, mpirun.", wanted);
    }
    const auto allocation = slurm::this_allocation();
    const bool by_srun =
        wanted == "srun" || (wanted == "auto" && allocation && slurm::srun_knows_pmix());
    if (by_srun && !allocation) {
        core::fail_input(
            "--launcher 'srun' needs a SLURM job (SLURM_JOB_ID is not set). Start it in one, or "
            "leave the launcher out.");
    }
    return by_srun ? slurm::srun_command(*allocation, ranks)
                   : scheduler::mpirun_command(ranks, allocation ? allocation->nodes : 1);
}

scheduler::RunResult launch_ranks(const OptionsOf& options, int ranks) {
    const Study study = settle(load(options), options.has("accept"));
    scheduler::LaunchOptions launch;
    launch.launcher = launcher_for(options, ranks);
    launch.directory = study.file.output;
    const LaunchFile file(study.file);
    launch.arguments = {core::own_executable().string(), "run", file.path().string(), "--slots",
                        fmt::format("{}", options.get<int>("slots"))};
    if (options.has("accept")) {
        launch.arguments.emplace_back("--accept");
    }
    const auto result =
        shown([&](scheduler::Observer& observer) { return scheduler::launch(launch, observer); });
    finish(result, study.file.output);
    return result;
}

int run_ranks(const OptionsOf& options, int ranks) {
    const auto script = options.find<std::string>("chain");
    if (!script) {
        return scheduler::exit_code(launch_ranks(options, ranks).outcome);
    }
    const auto job = slurm::this_allocation();
    if (!job) {
        core::fail_input(
            "--chain '{}' is for the jobs that graft submit sends (SLURM_JOB_ID is not set). Type "
            "graft submit, or leave it out.",
            *script);
    }
    const ChainOptions chain{directory_of(options), *script, *job};
    return run_in_chain(chain, [&] { return launch_ranks(options, ranks); });
}

int run_here(const OptionsOf& options) {
    const Study study = settle(load(options), options.has("accept"));
    auto run = options_for(study.file, options);
    add_study(run, study, options.has("accept"));
    add_job(run);
    const auto result =
        shown([&](scheduler::Observer& observer) { return scheduler::run_alone(run, observer); });
    return finish(result, study.file.output);
}

}  // namespace

int run(const Arguments& arguments) {
    OptionsOf options(
        "run", "graft run FILE|DIR [--ranks N] [--output DIR] [--accept]",
        "Trains every trial of the sweep that has no result yet, and goes on where it "
        "stopped: type the same command again. Ctrl-C saves and leaves; a second one "
        "leaves at once.");
    options.named().add_options()("ranks", po::value<int>(),
                                  "start N processes by srun or mpirun, one per node")(
        "output", po::value<std::string>(), "the sweep's directory")(
        "slots", po::value<int>()->default_value(0), "trainers per rank; 0: as [run] slots says")(
        "launcher", po::value<std::string>()->default_value("auto"),
        "what starts the ranks: srun, mpirun; auto: srun in a job where it knows pmix")(
        "chain", po::value<std::string>(),
        "in a batch script: send SCRIPT again as the follow-up job; 'sent': it was sent already")(
        "accept", "go on although trials with results would be left out")(
        "start-id", po::value<std::string>(), "set by --ranks for the processes it starts");
    options.positional("sweep file", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    // Until the run looks at them itself: by default these would end a rank, and leave the others
    // waiting for it.
    const core::SignalFlags early{SIGTERM, SIGHUP, SIGUSR1};
    if (mpi::launched()) {
        return run_as_rank(options);
    }
    if (!options.has("chain")) {
        core::remove_file(slurm::stopped_mark(directory_of(options)));
    }
    if (const auto ranks = options.find<int>("ranks")) {
        return run_ranks(options, *ranks);
    }
    return run_here(options);
}

}  // namespace graft::commands
