// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/file.hpp"

#include "sweep/record.hpp"
#include "sweep/sweep_file.hpp"

#include "scheduler/observer.hpp"

namespace graft::mpi {
class Communicator;
}

namespace graft::scheduler {

namespace fs = std::filesystem;

// A dataset at a size that waiting trials need.
struct Need {
    std::string dataset, fingerprint;
    std::int32_t size = 0;
    auto operator<=>(const Need&) const = default;
};

// What a preparation ends with. The audit is journalled with it, where there is one.
struct PreparedDataset {
    PreparedDataset(sweep::DatasetReady is_ready,
                    std::optional<sweep::DatasetAudited> found = std::nullopt,
                    std::int32_t of_folds = 0)
        : ready(std::move(is_ready)), audited(std::move(found)), folds(of_folds) {}
    sweep::DatasetReady ready;
    std::optional<sweep::DatasetAudited> audited;
    std::int32_t folds = 0;  // of the dataset; then `ready` counts the parts of the first
};

// A child process that prepares it, and how its result is read. Its output goes to
// logs/prepare-<dataset>-<size>.log; on a failure the log's last lines are the message.
struct PrepareJob {
    std::vector<std::string> arguments;  // [0]: the program, absolute
    // Called on the file thread after the child has ended with 0. May throw core::Error.
    std::function<PreparedDataset()> result;
};

// Memory that one trainer has: of its device, and of its host. None: not known, or no device.
struct TrainerMemory {
    std::optional<double> device_bytes, host_bytes;
};

// What a run needs to know. Ranks above 0 use directory, run, slots, threads and trainer only.
struct RunOptions {
    fs::path directory;  // of the sweep, absolute
    sweep::RunSettings run;
    int slots = 0;                   // trainers per rank; 0: one per GPU, on a CPU machine by cores
    int threads = 0;                 // CPU threads per trainer; 0: the slot's cores
    fs::path trainer;                // graft-trainer; started as `trainer --threads N`
    core::Seconds drain_within{60};  // see scheduler/supervisor.hpp
    std::string start_id;  // of the launcher, or empty: drawn; written to the file `ending`
    std::string job;       // id of the batch job, shown to who waits; may be empty
    std::optional<core::WallTime> deadline;  // when the batch job ends
    TrainerMemory memory;  // rank 0 finds out its own: nodes are taken to be alike

    // The grid against the record: the events to append first (a Planned, or none). Called once,
    // after this process has taken the sweep over.
    std::function<std::vector<sweep::Event>(const sweep::Record&)> plan;
    std::function<PrepareJob(const Need&)> prepare;
    // Weight file of a trial, absolute; empty for random.
    std::function<std::string(const sweep::TrialSpec&)> weights;
    // Instead of the sweep file's [stopping], for every trial.
    std::optional<sweep::StoppingSettings> stopping = {};
    // Definition of a trial's network, empty for a built-in one; none: all are.
    std::function<std::string(const sweep::TrialSpec&)> network;
    // Command line that rebuilds the store ({"…/graft", "publish", DIR}); empty: no store is made.
    std::vector<std::string> publish;
};

enum class Outcome : std::uint8_t {
    done,         // every trial has a result: exit code 0
    some_failed,  // the others have one: 1
    input_error,  // nothing can be trained before the user mends something: 2
    stopped,      // 20 attempts in a row without a save, or superseded: 70
    no_space,     // 74
    drained,      // saved, work is left: 75
};
int exit_code(Outcome outcome);

struct RunResult {
    Outcome outcome = Outcome::done;
    std::string message;  // what a user should know and do; may be empty when done
    // False: the start never had the sweep, or lost it to another; it says nothing of the sweep.
    bool had_sweep = true;
};

// Coordinator and supervisor in this process, without MPI.
RunResult run_alone(const RunOptions& options, Observer& observer);

// One rank of an MPI job: rank 0 coordinates, all supervise. The observer of ranks above 0 gets
// lines only. All ranks return; those above 0 say `done` or, when the coordinator was lost,
// `drained`.
RunResult run_rank(const RunOptions& options, mpi::Communicator& world, Observer& observer);

// The file <sweep>/ending: the last thing that a start writes, by rename. A start that was refused
// the sweep, or lost it to another, must not touch that file: its launcher finds ending.<start id>
// instead, and removes it.
struct StartEnding {
    std::string start_id;
    RunResult result;
};
void write_ending(const fs::path& sweep, const StartEnding& ending);
void write_ending_aside(const fs::path& sweep, const StartEnding& ending);
std::optional<StartEnding> read_ending(const fs::path& sweep);
// Of that start, from either place; the one aside is removed.
std::optional<StartEnding> take_ending(const fs::path& sweep, const std::string& start_id);

// `graft run --ranks N`: starts the ranks by `launcher` (mpirun_command(), or srun's), passes
// Ctrl-C, TERM and USR1 on as USR1, starts again after a lost rank or coordinator while trials move
// on, and returns what the last start wrote. `--start-id ID` is put after the arguments.
struct LaunchOptions {
    std::vector<std::string> launcher;   // put before the arguments: "mpirun -n 4 ..."
    std::vector<std::string> arguments;  // [0]: this program, absolute
    fs::path directory;                  // of the sweep
};
RunResult launch(const LaunchOptions& options, Observer& observer);

}  // namespace graft::scheduler
