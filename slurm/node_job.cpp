// SPDX-License-Identifier: Apache-2.0
#include "slurm/node_job.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "slurm/batch_script.hpp"
#include "slurm/client.hpp"

namespace graft::slurm {

namespace {

constexpr core::Seconds kLookEvery{0.2}, kAskEvery{2};
// A job that has just been sent may not be listed yet.
constexpr int kAbsences = 2;

std::string told(const Job& job) {
    if (!waits(job)) {
        return fmt::format("job {} is {} on {}", job.id, job.state, job.nodes);
    }
    const auto reason = job.reason.empty() || job.reason == "None" ? "" : " (" + job.reason + ")";
    return fmt::format("job {} waits{}", job.id, reason);
}

}  // namespace

std::string node_script(const NodeJob& job) {
    std::vector<std::string> options{"--job-name=graft-check", fmt::format("--nodes={}", job.nodes),
                                     "--ntasks-per-node=1", "--time=" + job.time,
                                     "--output=" + sbatch_word(job.log.string())};
    if (job.gpus_per_node) {
        options.push_back(fmt::format("--gpus-per-node={}", *job.gpus_per_node));
    }
    if (job.cpus_per_task) {
        options.push_back(fmt::format("--cpus-per-task={}", *job.cpus_per_task));
    }
    if (!job.partition.empty()) {
        options.push_back("--partition=" + job.partition);
    }
    if (!job.account.empty()) {
        options.push_back("--account=" + job.account);
    }
    options.insert(options.end(), job.options.begin(), job.options.end());
    std::string text = "#!/bin/bash\n";
    for (const auto& option : options) {
        text += "#SBATCH " + option + "\n";
    }
    for (const auto& line : job.lines) {
        text += line + "\n";
    }
    text += "exec";
    for (const auto& argument : job.command) {
        text += " " + bash_word(argument);
    }
    return text + "\n";
}

bool run_node_job(const NodeJob& job, const std::filesystem::path& script, const Tell& tell,
                  const GoOn& go_on) {
    core::write_file(script, node_script(job));
    const auto id = send(script, {});
    tell(fmt::format("job {} was sent; Ctrl-C cancels it", id));
    std::string before;
    core::Instant asked = core::now();
    for (int absences = 0; absences < kAbsences;) {
        if (!go_on()) {
            cancel({id});
            return false;
        }
        core::sleep_for(kLookEvery);
        if (core::now() - asked < kAskEvery) {
            continue;
        }
        const auto jobs = ask({id});
        asked = core::now();
        if (!jobs) {
            continue;
        }
        const bool there = !jobs->empty() && jobs->front().state != "COMPLETED" &&
                           jobs->front().state != "FAILED" && jobs->front().state != "TIMEOUT" &&
                           jobs->front().state != "CANCELLED";
        absences = there ? 0 : absences + 1;
        if (there && told(jobs->front()) != before) {
            before = told(jobs->front());
            tell(before);
        }
    }
    return true;
}

}  // namespace graft::slurm
