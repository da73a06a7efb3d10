// SPDX-License-Identifier: Apache-2.0
#include "commands/check_nodes.hpp"

#include <csignal>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"
#include "core/signal.hpp"
#include "core/text.hpp"

#include "commands/network_files.hpp"
#include "commands/node_text.hpp"
#include "commands/settle.hpp"
#include "slurm/allocation.hpp"
#include "slurm/node_job.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLogEnd = 1500;  // characters of a failed job's log that are shown

NodeRequest request_of(const Study& study) {
    NodeRequest request;
    request.sweep = fs::absolute(study.file.output).string();
    request.slots = static_cast<std::int32_t>(study.file.run.slots.value_or(0));
    request.threads = static_cast<std::int32_t>(study.file.run.threads.value_or(0));
    request.steps = step_requests(study.trials);
    for (auto& step : request.steps) {
        step.definition = network_json(study.file, step.network);
        for (const auto& trial : study.trials) {
            if (trial.spec->network == step.network) {
                const auto& classes = study.manifests.at(trial.spec->dataset).classes;
                step.classes = std::max(step.classes, static_cast<std::int32_t>(classes.size()));
            }
        }
    }
    return request;
}

std::string end_of(const fs::path& log) {
    const auto text = core::read_file_if_there(log).value_or("");
    return text.size() > kLogEnd ? text.substr(text.size() - kLogEnd) : text;
}

std::vector<std::string> node_command(const fs::path& directory, int ranks) {
    return {core::own_executable().string(), "node-check", directory.string(), "--ranks",
            fmt::format("{}", ranks)};
}

void run_in_own_job(const fs::path& directory, int ranks) {
    core::Spawn spawn;
    spawn.arguments = node_command(directory, ranks);
    core::spawn(spawn).wait();
}

void run_in_job(const fs::path& directory, const NodeOptions& options) {
    slurm::NodeJob job;
    job.nodes = options.nodes.value_or(1);
    job.gpus_per_node = options.gpus_per_node;
    job.cpus_per_task = options.cpus_per_task;
    job.partition = options.partition;
    job.account = options.account;
    job.time = options.time;
    job.options = options.more;
    job.lines = options.lines;
    job.log = directory / "job.log";
    job.command = node_command(directory, job.nodes);
    core::remove_file(job.log);
    const core::SignalFlags signals{SIGINT, SIGTERM, SIGHUP};
    const auto tell = [](const std::string& line) { fmt::print(stderr, "graft: {}\n", line); };
    if (!slurm::run_node_job(job, directory / "job.sh", tell,
                             [&] { return signals.total() == 0; })) {
        core::fail_input("the job was cancelled (asked to stop). Type the same again.");
    }
}

std::vector<NodeAnswer> answer_of(const fs::path& directory) {
    auto answer = read_answer(directory);
    if (!answer) {
        fmt::print(stderr, "{}", core::printable(end_of(directory / "job.log")));
        core::fail_system(
            "the job ended without an answer (its log is '{}'). Look there; was --time too short?",
            (directory / "job.log").string());
    }
    return std::move(*answer);
}

std::vector<NodeAnswer> on_nodes(const NodeRequest& request, const NodeOptions& options) {
    const auto allocation = slurm::this_allocation();
    if (!allocation && !core::on_path("sbatch")) {
        core::fail_input(
            "there is no 'sbatch' on this machine (--on-nodes sends a SLURM job). Type it on the "
            "cluster's login node; or look at this machine itself: graft check FILE --here");
    }
    const auto directory = write_request(request);
    if (allocation) {
        run_in_own_job(directory, options.nodes.value_or(allocation->nodes));
    } else {
        run_in_job(directory, options);
    }
    return answer_of(directory);
}

}  // namespace

CheckedNodes check_nodes(const Study& study, CheckedNodes::Where where,
                         const NodeOptions& options) {
    const auto request = request_of(study);
    const bool here = where == CheckedNodes::Where::here;
    CheckedNodes checked;
    checked.steps = request.steps;
    checked.nodes = here ? std::vector{check_this_node(request, write_request(request))}
                         : on_nodes(request, options);
    const auto measured = fmt::format("{} UTC by check {}", core::wall_text(core::wall_now()),
                                      here ? "--here" : "--on-nodes");
    const auto rows = rows_found(checked.nodes, checked.steps, measured);
    core::write_file(steps_path(request.sweep),
                     steps_csv(merged_steps(read_steps(request.sweep), rows)));
    return checked;
}

}  // namespace graft::commands
