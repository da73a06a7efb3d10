// SPDX-License-Identifier: Apache-2.0
#include "commands/scoring.hpp"

#include <algorithm>
#include <utility>

#include "core/bytes.hpp"
#include "core/file.hpp"
#include "core/gpu.hpp"
#include "core/memory_file.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

#include "commands/progress_line.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// In turns, so that each share has something of every network.
std::vector<sweep::ScoreRequest> dealt(const sweep::ScoreRequest& request, std::size_t most) {
    const auto count = std::min(most, request.checkpoints.size());
    auto nothing = request;
    nothing.checkpoints.clear();
    std::vector<sweep::ScoreRequest> shares(count, nothing);
    for (std::size_t i = 0; i < request.checkpoints.size(); ++i) {
        shares[i % count].checkpoints.push_back(request.checkpoints[i]);
    }
    return shares;
}

}  // namespace

ScoringProcesses scoring_processes(int count, int threads) {
    std::vector<std::string> devices;
    for (const auto& gpu : core::visible_gpus()) {
        if (core::why_unusable(gpu).empty()) {
            devices.push_back(gpu.uuid);
        }
    }
    if (devices.empty()) {
        devices.emplace_back();
    }
    ScoringProcesses processes;
    const auto wanted = count > 0 ? static_cast<std::size_t>(count) : devices.size();
    for (std::size_t i = 0; i < wanted; ++i) {
        processes.places.push_back(devices[i % devices.size()]);
    }
    const auto cores = core::allowed_cores().size();
    processes.threads =
        threads > 0 ? threads : static_cast<int>(std::max<std::size_t>(1, cores / wanted));
    return processes;
}

void run_scoring(const sweep::ScoreRequest& request, const std::string& name,
                 const fs::path& folder, const ScoringProcesses& processes) {
    core::create_directories(folder);
    const auto shares = dealt(request, processes.places.size());
    std::vector<core::Descriptor> inputs;  // no kill leaves them behind
    std::vector<core::Spawn> spawns;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        inputs.push_back(core::file_in_memory(core::encode(shares[i])));
        auto& spawn = spawns.emplace_back();
        spawn.descriptors[0] = inputs.back().get();
        spawn.arguments = {core::find_program("graft-trainer").string(), "score", "/dev/stdin",
                           "--threads", fmt::format("{}", processes.threads)};
        if (!processes.places[i].empty()) {
            spawn.environment["CUDA_VISIBLE_DEVICES"] = processes.places[i];
        }
    }
    const auto statuses = [&] {
        ProgressLine progress(stderr, name);
        return run_with_progress(std::move(spawns), progress);
    }();
    for (const auto& status : statuses) {
        check_ended_well(status, fmt::format("dataset '{}' could not be scored", name),
                         ": what is scored is kept");
    }
}

}  // namespace graft::commands
