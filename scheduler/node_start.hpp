// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scheduler/observer.hpp"
#include "scheduler/run.hpp"
#include "scheduler/slots.hpp"

namespace graft::scheduler {

// Of a CPU machine's slots: the processor's name.
std::string processor_name();

// What a rank does before it says hello: it looks at its node (core/node_check.hpp), writes to the
// log what it saw, and takes its share of the node's GPUs and cores; GPUs that cannot be used, and
// what is hardly meant, are said to the observer. Throws InputError when the sweep's directory
// cannot be used, or when ranks, GPUs and slots do not go up: on all ranks the same error when one
// of them has one, so that none waits for another.
RankShare take_share(const RunOptions& options, Observer& observer);
RankShare take_share(const RunOptions& options, mpi::Communicator& world, Observer& observer);

// logs/devices-<host>.<rank>: the GPUs that a rank saw at its start (core::devices_table), so that
// a device's kind, place and driver are known after it has failed.
std::string devices_file(const std::string& host, int rank);

}  // namespace graft::scheduler
