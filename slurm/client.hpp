// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"

namespace graft::slurm {

// The only caller of sbatch, squeue, scancel and sinfo. None of them is waited for longer than
// `within`: a controller that does not answer holds them for minutes.
constexpr core::Seconds kAnswerWithin{20};

// A job as squeue shows it.
struct Job {
    std::string id;      // "4711"
    std::string state;   // SLURM's word: "PENDING", "RUNNING", "COMPLETING", ...
    std::string reason;  // why it waits: "Priority", "Dependency", ...; "None" or empty otherwise
    std::string nodes;   // "n[1-2]"; empty while it waits
    // When it began or, as far as SLURM has planned it, will begin.
    std::optional<core::WallTime> start;
    // The limit; for a waiting job, as far as its start is planned.
    std::optional<core::WallTime> end;
    bool operator==(const Job&) const = default;
};
bool waits(const Job& job);  // PENDING: can be cancelled without losing anything

// Sends a batch script with further options put before it ("--dependency=afterany:4711"), which
// overrule those in the script. Returns the job's id once SLURM has accepted it. Throws InputError
// with sbatch's own words and what to do about them when it refuses, or when there is no sbatch;
// SystemError when it does not answer.
std::string send(const std::filesystem::path& script, const std::vector<std::string>& options,
                 core::Seconds within = kAnswerWithin);

// Those of the jobs that SLURM still knows, waiting, running or ending, in any order; ids that it
// does not know any more are left out. Nothing when SLURM cannot be asked from here (no squeue, no
// answer).
std::optional<std::vector<Job>> ask(const std::vector<std::string>& ids,
                                    core::Seconds within = kAnswerWithin);

// Cancels jobs; one that has ended is no error. Throws as send() does.
void cancel(const std::vector<std::string>& ids, core::Seconds within = kAnswerWithin);

// A node as sinfo shows it.
struct Node {
    std::string name;
    std::int64_t cpus = 0;
    std::int64_t memory_mib = 0;
    std::int64_t gpus = 0;
    bool operator==(const Node&) const = default;
};
// The nodes of a partition ("a,b": of several); of the site's default one for an empty name.
// Nothing when SLURM cannot be asked from here, or knows no such partition.
std::optional<std::vector<Node>> nodes_of(const std::string& partition,
                                          core::Seconds within = kAnswerWithin);

// Puts a running job back into the queue, which ends it at once. Nothing when SLURM accepted that;
// else its words (many sites allow no requeueing).
std::optional<std::string> requeue(const std::string& id);

// Keeps a waiting job from these hosts. False when SLURM did not take it, for whatever reason.
bool exclude(const std::string& id, const std::vector<std::string>& hosts);

// ---- parts, for tests

// sbatch's refusal ("sbatch: error: Batch job submission failed: ...") as an error's text: what
// SLURM says, and what to type or ask.
std::string refusal_text(const std::string& output);
// One line per job in the format that ask() orders. Lines that do not fit are left out.
std::vector<Job> parse_jobs(const std::string& output);
// One line per node and partition; `marked`: of the partition only that SLURM
// marks as the default one, as long as one is. Each node once. Lines that do not fit are left out.
enum class OfPartition { any, marked };
std::vector<Node> parse_nodes(const std::string& output, OfPartition of);
// How many GPUs "gpu:v100:4(S:0-1),mps:400" names.
std::int64_t gpus_of(const std::string& gres);
// "2026-11-26T01:02:03" in this machine's time zone; nothing for "N/A", "Unknown" and the like.
std::optional<core::WallTime> parse_time(const std::string& text);

}  // namespace graft::slurm
