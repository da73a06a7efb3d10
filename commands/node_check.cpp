// SPDX-License-Identifier: Apache-2.0
// graft node-check: what `graft check` runs on each node. Not listed: nobody types it.
#include "commands/node_check.hpp"

#include <csignal>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"
#include "core/signal.hpp"
#include "core/text.hpp"

#include "commands/options.hpp"
#include "scheduler/launcher.hpp"
#include "scheduler/node_start.hpp"
#include "slurm/allocation.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// What a trainer says when it fails, with some context.
constexpr std::size_t kSaid = 400;
// Loading CUDA and its kernels from a cold file system, and all the steps.
constexpr core::Seconds kLongest{480};

// A rank's part in a check.
struct Place {
    const NodeRequest& request;
    fs::path directory;
    int rank = 0;
};

// A trainer that times steps in a slot.
struct Timing {
    NodeSlot slot;
    fs::path answer, log;
    std::optional<core::Child> child;
};

std::string said(const fs::path& log) {
    const auto text = core::read_file_if_there(log).value_or("");
    const auto shown =
        core::printable(text.size() > kSaid ? text.substr(text.size() - kSaid) : text);
    return shown.empty() ? "see " + log.string() : shown;
}

Timing start_timing(const Place& place, const sweep::SlotInfo& info, std::size_t number,
                    int threads) {
    const auto name = fmt::format("{}.{}.{}", core::host_name(), place.rank, number);
    Timing timing{{info.devices.empty() ? "" : info.devices.front(), {}, ""},
                  place.directory / ("steps." + name),
                  place.directory / ("steps." + name + ".log"),
                  std::nullopt};
    core::remove_file(timing.answer);
    core::remove_file(timing.log);
    const auto log = core::open_to_append(timing.log);
    core::Spawn spawn;
    spawn.arguments = {core::find_program("graft-trainer").string(),
                       "time-steps",
                       (place.directory / "steps.request").string(),
                       timing.answer.string(),
                       "--threads",
                       fmt::format("{}", threads)};
    spawn.descriptors = {{1, log.get()}, {2, log.get()}};
    spawn.environment["CUDA_VISIBLE_DEVICES"] = core::join(info.devices, ",");
    spawn.without_prefixes = {"OMPI_", "PMIX_", "PMI_"};
    spawn.cores = {info.cores.begin(), info.cores.end()};
    timing.child = core::spawn(spawn);
    return timing;
}

NodeSlot finish_timing(Timing timing, core::Instant began) {
    std::optional<core::ExitStatus> status;
    while (!(status = timing.child->try_reap()) && core::now() - began < kLongest) {
        core::sleep_for(core::Seconds(0.05));
    }
    timing.child.reset();  // kills it
    const auto answer = core::read_file_if_there(timing.answer);
    if (!status) {
        timing.slot.problem = fmt::format(
            "a trainer was not ready after {} (see {}). Ask for more "
            "cores, or try a smaller batch_size.",
            core::duration_text(kLongest.count()), timing.log.string());
    } else if (!answer) {
        timing.slot.problem = fmt::format("no step could be timed ({}: {}).",
                                          core::text_of(*status), said(timing.log));
    } else {
        timing.slot.steps = core::decode<sweep::TimedSteps>(*answer);
        core::remove_file(timing.log);
    }
    core::remove_file(timing.answer);
    return timing.slot;
}

// All slots at once, as a run has them.
void time_slots(const Place& place, const scheduler::RankShare& share, NodeAnswer& answer) {
    const auto& request = place.request;
    const auto slots =
        scheduler::make_slots(share, request.slots, request.threads, scheduler::processor_name());
    answer.remarks = scheduler::remarks_on(share, slots, core::host_cores());
    std::vector<Timing> timings;
    const auto began = core::now();
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const int threads = request.threads > 0
                                ? request.threads
                                : std::max(1, static_cast<int>(slots[i].cores.size()));
        timings.push_back(start_timing(place, slots[i], i, threads));
    }
    for (auto& timing : timings) {
        answer.slots.push_back(finish_timing(std::move(timing), began));
    }
}

// Looks, before anything is agreed on with other ranks. Throws nothing that a user can mend.
NodeAnswer look(const Place& place) {
    NodeAnswer answer;
    try {
        answer.report = core::check_node(place.request.sweep);
        if (!answer.report.directory_problem.empty()) {
            answer.problems.push_back(answer.report.directory_problem);
        }
    } catch (const core::Error& error) {
        answer.report.host = core::host_name();
        answer.problems.emplace_back(error.what());
    }
    return answer;
}

void time_on(const Place& place, const std::vector<scheduler::RankShare>& of_node,
             std::size_t local_rank, NodeAnswer& answer) {
    try {
        const auto share = scheduler::own_share(of_node, local_rank);
        time_slots(place, share, answer);
        if (share.gpus.empty() && !share.unusable.empty()) {
            answer.problems.push_back(
                "none of its GPUs can be used. Leave the node out "
                "(--exclude), and show this to the site.");
        }
    } catch (const core::Error& error) {
        answer.problems.emplace_back(error.what());
    }
}

scheduler::RankShare share_of(const NodeAnswer& answer) {
    const auto& report = answer.report;
    return scheduler::share_of(report.host, report.gpus,
                               {report.cores.begin(), report.cores.end()});
}

NodeRequest read_request(const fs::path& directory) {
    return core::decode<NodeRequest>(core::read_file(directory / "request"));
}

int check_as_rank(const fs::path& directory) {
    const auto world = mpi::join_world();
    const auto request = read_request(directory);
    const Place place{request, directory, world->rank()};
    auto answer = look(place);
    std::vector<scheduler::RankShare> of_node;
    for (const auto& text : world->node_gather(core::encode(share_of(answer)))) {
        of_node.push_back(core::decode<scheduler::RankShare>(text));
    }
    const auto links = mpi::time_links(*world);  // before the cores are busy
    time_on(place, of_node, static_cast<std::size_t>(world->local_rank()), answer);
    std::vector<NodeAnswer> answers;
    for (const auto& text : world->all_gather(core::encode(answer))) {
        answers.push_back(core::decode<NodeAnswer>(text));
    }
    if (world->rank() == 0) {
        for (std::size_t i = 0; i < answers.size(); ++i) {
            answers[i].link = links.at(i);
        }
        core::write_file(directory / "answer", core::encode(answers));
    }
    world->finalize();
    return 0;
}

int launch(const fs::path& directory, int ranks) {
    core::Spawn spawn;
    spawn.arguments = rank_launcher(ranks);
    spawn.arguments.insert(spawn.arguments.end(),
                           {core::own_executable().string(), "node-check", directory.string()});
    if (core::own_user() == 0) {
        spawn.environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
        spawn.environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
    }
    const auto status = core::spawn(spawn).wait();
    if (!read_answer(directory)) {
        core::fail_system("the ranks ended without an answer ({}; see the lines above).",
                          core::text_of(status));
    }
    return 0;
}

}  // namespace

fs::path write_request(const NodeRequest& request) {
    const auto directory = fs::path(request.sweep) / "check";
    core::create_directories(directory);
    core::remove_file(directory / "answer");
    core::write_file(directory / "steps.request", core::encode(request.steps));
    core::write_file(directory / "request", core::encode(request));
    return directory;
}

std::optional<std::vector<NodeAnswer>> read_answer(const fs::path& directory) {
    const auto text = core::read_file_if_there(directory / "answer");
    return text ? std::optional(core::decode<std::vector<NodeAnswer>>(*text)) : std::nullopt;
}

NodeAnswer check_this_node(const NodeRequest& request, const fs::path& directory) {
    const Place place{request, directory, 0};
    auto answer = look(place);
    time_on(place, {share_of(answer)}, 0, answer);
    return answer;
}

std::vector<std::string> rank_launcher(int ranks) {
    const auto allocation = slurm::this_allocation();
    return allocation && slurm::srun_knows_pmix()
               ? slurm::srun_command(*allocation, ranks)
               : scheduler::mpirun_command(ranks, allocation ? allocation->nodes : 1);
}

int node_check(const Arguments& arguments) {
    OptionsOf options("node-check", "graft node-check DIR [--ranks N]",
                      "What graft check --on-nodes runs there.");
    options.named().add_options()("ranks", po::value<int>(), "start N processes, one per node");
    options.positional("directory", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    const fs::path directory = options.word("directory");
    if (mpi::launched() && !options.has("ranks")) {
        return check_as_rank(directory);
    }
    if (const auto ranks = options.find<int>("ranks"); ranks && *ranks > 1) {
        return launch(directory, *ranks);
    }
    const auto answer = check_this_node(read_request(directory), directory);
    core::write_file(directory / "answer", core::encode(std::vector<NodeAnswer>{answer}));
    return 0;
}

}  // namespace graft::commands
