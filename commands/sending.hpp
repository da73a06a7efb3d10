// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sweep/record.hpp"

#include "commands/study.hpp"
#include "slurm/batch_script.hpp"
#include "slurm/client.hpp"
#include "slurm/settings.hpp"

namespace graft::commands {

// What stands between a study and its jobs in SLURM's queue. A divided sweep does this for each of
// its parts.

// What jobs ask for: options of the command line, over the sweep file, over the user's defaults.
struct JobWishes {
    slurm::Settings settings;
    std::optional<std::vector<slurm::Node>> nodes;  // of the partition, as far as SLURM tells
    int chain = 0;  // so many jobs are sent at once; 0: one, and each sends the next
    std::vector<std::string> run_options;  // further ones of `graft run`
};

struct JobPlan {
    slurm::BatchScript script;
    std::vector<std::string> notes;  // what was assumed, as sentences
};
// The job of a study whose sweep lies in study.file.output; reads its journal and looks for its
// prepared data, writes nothing. Throws InputError when the nodes do not have what is wished for.
JobPlan plan_job(const Study& study, const JobWishes& wishes, const std::filesystem::path& program);

// Throws InputError, with what to type, when somebody runs the sweep, when jobs of it wait or run,
// and when SLURM does not say whether they do.
void check_nobody_runs(const std::filesystem::path& sweep, const sweep::Record& record);

// Trials of the study that a job would train: neither done nor given up.
std::size_t open_trials(const Study& study, const sweep::Record& record);

struct Sent {
    std::vector<std::string> jobs;       // ids, in the order in which they will run
    std::optional<std::string> refused;  // why the next one was not sent, in words
};
// Writes the sweep's directory so that a job can start from it alone (sweep.toml, logs,
// job.sbatch), lifts the mark of `graft stop`, sends the jobs and notes them in <sweep>/jobs.
// Throws what slurm::send() throws when the first one is refused; those sent before a refused one
// stay.
Sent send_jobs(const Study& study, const slurm::BatchScript& script, int chain);

// Seconds that the sweep's longest batch and longest save took together, in all its starts;
// nothing: none is recorded.
std::optional<double> longest_batch_and_save(const sweep::Record& record);

}  // namespace graft::commands
