// SPDX-License-Identifier: Apache-2.0
#include "commands/sending.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "sweep/record.hpp"

#include "commands/live.hpp"
#include "commands/memory_estimate.hpp"
#include "slurm/chain.hpp"
#include "slurm/node_share.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMib = std::int64_t{1} << 20;

std::string mib_text(std::int64_t mib) {
    return core::bytes_text(static_cast<std::uint64_t>(mib) * kMib);
}

// MiB per node: as wished, else as the study needs, and never more than the nodes have.
std::int64_t memory_of(const Study& study, const JobWishes& wishes, const slurm::NodeShare& share,
                       std::vector<std::string>& notes) {
    if (const auto wished = wishes.settings.memory_mib) {
        if (share.most_memory_mib && *wished > *share.most_memory_mib) {
            core::fail_input(
                "{} of memory per node are asked for ({} is the most that so many nodes of the "
                "partition have). Ask for less with --mem, or leave it out.",
                mib_text(*wished), mib_text(*share.most_memory_mib));
        }
        return *wished;
    }
    const auto trainers = trainers_per_node(study.file.run, share.gpus, share.cpus);
    const auto need = memory_needed(
        study, {trainers, share.cpus, share.gpus > 0 ? TrainsOn::gpus : TrainsOn::processors},
        prepared_sizes(study));
    const auto mib = static_cast<std::int64_t>(need.bytes) / kMib + 1;
    if (!share.most_memory_mib || mib <= *share.most_memory_mib) {
        return mib;
    }
    notes.push_back(fmt::format(
        "The sweep may need {} of memory per node ({} of at most {} each, for {}), and the nodes "
        "have {}: that is asked for. A trainer reads its images from disk where they do not fit; "
        "if trainers are killed for memory, set [run] slots to fewer.",
        core::bytes_text(need.bytes), core::counted(static_cast<std::size_t>(trainers), "trainer"),
        core::bytes_text(need.per_trainer), need.largest, mib_text(*share.most_memory_mib)));
    return *share.most_memory_mib;
}

// A job that is through and only waits for its node's good-bye runs nothing any more.
bool has_left(const slurm::Job& job, const std::vector<slurm::ChainJob>& known) {
    return job.state == "COMPLETING" &&
           std::any_of(known.begin(), known.end(), [&](const slurm::ChainJob& noted) {
               return noted.id == job.id && noted.ended;
           });
}

void note_job(const fs::path& sweep, const slurm::ChainJob& job) {
    // It may have started already, and written more about itself than we know.
    if (!slurm::read_job(sweep, job.id)) {
        slurm::write_job(sweep, job);
    }
}

}  // namespace

JobPlan plan_job(const Study& study, const JobWishes& wishes, const fs::path& program) {
    JobPlan plan;
    const auto share = slurm::node_share(wishes.settings, wishes.nodes);
    plan.notes = share.notes;
    auto& script = plan.script;
    script.name = study.file.name;
    script.sweep = study.file.output;
    script.script = study.file.output / "job.sbatch";
    script.program = program;
    script.nodes = wishes.settings.nodes.value_or(1);
    script.gpus_per_node = share.gpus;
    script.cpus_per_node = share.cpus;
    script.memory_mib = memory_of(study, wishes, share, plan.notes);
    script.signal_seconds =
        slurm::signal_seconds(longest_batch_and_save(sweep::read_record(study.file.output)),
                              static_cast<double>(wishes.settings.time_seconds.value_or(0)));
    script.follow_up = wishes.chain > 0 ? slurm::FollowUp::sent : slurm::FollowUp::by_the_job;
    script.run_options = wishes.run_options;
    script.settings = wishes.settings;
    return plan;
}

void check_nobody_runs(const fs::path& sweep, const sweep::Record& record) {
    if (const auto runner = runner_of(sweep, record)) {
        core::fail_input(
            "the sweep '{}' is being run already (by {}). See: graft status {}; to send it anew: "
            "graft stop {}, then this command again.",
            sweep.string(), text_of(*runner), sweep.string(), sweep.string());
    }
    const auto known = slurm::read_jobs(sweep);
    if (known.empty()) {
        return;
    }
    const auto jobs = slurm::ask(slurm::ids_of(known));
    if (!jobs) {
        const bool open = std::any_of(known.begin(), known.end(),
                                      [](const slurm::ChainJob& job) { return !job.ended; });
        if (open) {
            core::fail_input(
                "whether jobs of the sweep '{}' still wait or run is not known (squeue is not "
                "there, or does not answer). Try again where 'squeue --me' works.",
                sweep.string());
        }
        return;
    }
    std::vector<std::string> alive;
    for (const auto& job : *jobs) {
        if (!has_left(job, known)) {
            alive.push_back(fmt::format("{} {}", job.id, slurm::waits(job) ? "waits" : "runs"));
        }
    }
    if (!alive.empty()) {
        core::fail_input(
            "the sweep '{}' has jobs already ({}). See: graft status {}; to send it anew: graft "
            "stop {}, then this command again.",
            sweep.string(), core::join(alive), sweep.string(), sweep.string());
    }
}

std::size_t open_trials(const Study& study, const sweep::Record& record) {
    const auto is_open = [&](const sweep::PlannedTrial& planned) {
        const auto* trial = record.find(sweep::trial_id(planned.spec));
        return !trial || std::holds_alternative<sweep::Waiting>(trial->state) ||
               std::holds_alternative<sweep::Running>(trial->state);
    };
    return static_cast<std::size_t>(
        std::count_if(study.trials.begin(), study.trials.end(), is_open));
}

Sent send_jobs(const Study& study, const slurm::BatchScript& script, int chain) {
    const fs::path& sweep = study.file.output;
    core::create_directories(sweep / "logs");
    core::write_file(sweep / "sweep.toml", sweep::resolved_text(study.file));
    core::write_file(script.script, slurm::script_text(script));
    core::remove_file(slurm::stopped_mark(sweep));
    Sent sent;
    for (int i = 0; i < std::max(1, chain); ++i) {
        slurm::ChainJob job;
        std::vector<std::string> options;
        if (!sent.jobs.empty()) {
            job.after = sent.jobs.back();
            options.push_back("--dependency=afterany:" + job.after);
        }
        try {
            job.id = slurm::send(script.script, options);
        } catch (const core::Error& error) {
            if (sent.jobs.empty()) {
                throw;
            }
            sent.refused = error.what();
            return sent;
        }
        job.sent = core::wall_now();
        job.time_limit = static_cast<double>(script.settings.time_seconds.value_or(0));
        sent.jobs.push_back(job.id);
        note_job(sweep, job);
    }
    return sent;
}

std::optional<double> longest_batch_and_save(const sweep::Record& record) {
    if (record.saves() == 0) {
        return std::nullopt;
    }
    double batch = 0;
    for (const auto& trial : record.trials()) {
        for (const auto& row : trial.rows) {
            if (row.images_per_second > 0) {
                batch = std::max(batch, trial.spec->training.batch_size / row.images_per_second);
            }
        }
    }
    return record.longest_save() + batch;
}

}  // namespace graft::commands
