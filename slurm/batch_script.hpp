// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "slurm/settings.hpp"

namespace graft::slurm {

// How the job after this one comes to be sent: by this one when it starts, or all were sent
// together.
enum class FollowUp { by_the_job, sent };

// A job that runs a sweep: settled, nothing left to SLURM's or to our choice but what is absent.
struct BatchScript {
    std::string name;              // of the sweep
    std::filesystem::path sweep;   // its directory
    std::filesystem::path script;  // where this script will lie: the job sends it again
    std::filesystem::path program;
    std::int64_t nodes = 1;
    std::int64_t gpus_per_node = 0;
    std::int64_t cpus_per_node = 1;
    std::int64_t memory_mib = 0;  // per node; 0: all that it has
    std::int64_t signal_seconds = 120;
    FollowUp follow_up = FollowUp::by_the_job;
    std::vector<std::string> run_options;  // further ones of `graft run`
    // Of these: time, partition, account, qos, constraint, mail and the three lists.
    Settings settings;
};

// The script: short, readable, and good to be edited and sent by hand. Throws InputError for paths
// that no line of a script can hold (with a line end; a directory with a backslash, where SLURM's
// own names of logs end).
std::string script_text(const BatchScript& script);

// Seconds between SLURM's signal and the time limit, for a sweep whose longest batch and save took
// so long; nothing: none was measured yet. SLURM handles such events with a resolution of up to a
// minute (sbatch's manual), and file systems have bad hours: 60 s and four times as long, from 90 s
// to half an hour, in tens; never more than half of the limit (0: it is not known).
std::int64_t signal_seconds(std::optional<double> longest, double time_limit);

// The seconds that a script asks for ("#SBATCH --signal=B:USR1@90"); nothing: none that we know.
std::optional<std::int64_t> signal_in(const std::string& script);

// "module load gcc/12" for each module.
std::vector<std::string> module_lines(const Settings& settings);

// A word of a bash command line; of an "#SBATCH" line, whose quotes are SLURM's own.
std::string bash_word(const std::string& text);
std::string sbatch_word(const std::string& text);

}  // namespace graft::slurm
