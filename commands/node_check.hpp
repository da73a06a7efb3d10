// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/mpi/link_times.hpp"
#include "core/node_check.hpp"

#include "sweep/step_times.hpp"

namespace graft::commands {

// What is to be looked at on each node, encoded in <sweep>/check/request.
struct NodeRequest {
    std::string sweep;                    // its directory, absolute
    std::int32_t slots = 0, threads = 0;  // as of the run; 0: as the run would settle them
    std::vector<sweep::StepRequest> steps;
    template <class Archive>
    void fields(Archive& archive) {
        archive(sweep, slots, threads, steps);
    }
};

// One trainer's place, and the steps that were timed there.
struct NodeSlot {
    std::string uuid;  // of its GPU; empty: none
    sweep::TimedSteps steps;
    std::string problem;  // why nothing was timed; empty: it was
    template <class Archive>
    void fields(Archive& archive) {
        archive(uuid, steps, problem);
    }
};

// What a rank found; those of all ranks are encoded in <sweep>/check/answer.
struct NodeAnswer {
    core::NodeReport report;
    std::vector<NodeSlot> slots;
    std::vector<std::string> problems;   // with what to do, beside those of the slots
    std::vector<std::string> remarks;    // what is usable but hardly meant
    std::optional<mpi::LinkTimes> link;  // with rank 0
    template <class Archive>
    void fields(Archive& archive) {
        archive(report, slots, problems, remarks, link);
    }
};

// <sweep>/check, which is made, with the request in it, for this and for its trainers, and no
// answer.
std::filesystem::path write_request(const NodeRequest& request);
// Nothing when the job has not come so far.
std::optional<std::vector<NodeAnswer>> read_answer(const std::filesystem::path& directory);

// Looks at this node alone, without MPI; files of its own go into `directory`.
NodeAnswer check_this_node(const NodeRequest& request, const std::filesystem::path& directory);

// What is put before this program to start it as `ranks` ranks: by srun, or by mpirun.
std::vector<std::string> rank_launcher(int ranks);

}  // namespace graft::commands
