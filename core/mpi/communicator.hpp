// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace graft::mpi {

// The ranks of an MPI job, by the few verbs that we need. No call but the collective ones at the
// start waits. Every failing MPI call throws core::SystemError naming the call.
class Communicator {
  public:
    virtual ~Communicator() = default;
    virtual int rank() const = 0;
    virtual int size() const = 0;
    // Ranks of the same node (by shared memory): the place among them, and their number.
    virtual int local_rank() const = 0;
    virtual int local_size() const = 0;
    // Waits, at the start only, half an hour at most (then SystemError): every rank's text on every
    // rank, in the order of the ranks.
    virtual std::vector<std::string> all_gather(const std::string& text) = 0;
    // The same among the ranks of this node.
    virtual std::vector<std::string> node_gather(const std::string& text) = 0;

    // Hands the bytes over and returns; they leave while progress() is called.
    virtual void send(int to, std::string bytes) = 0;
    struct Received {
        int from = 0;
        std::string bytes;
    };
    // The next message from any rank, if one is there.
    virtual std::optional<Received> receive() = 0;
    // Tests what is on its way.
    virtual void progress() = 0;
    // Sends that are not through yet; to a lost rank they never will be.
    virtual std::size_t unsent() const = 0;

    // Ends MPI in good order: every rank must call it, so not after an error or after a rank was
    // lost, where it would hang. A process that ends without it is noticed by mpirun and srun.
    virtual void finalize() = 0;
};

// True when mpirun or srun started this process as a rank.
bool launched();

// Where the module with MPI lies under an installation's prefix (".../bin/graft" has the prefix
// "...").
std::filesystem::path installed_module(const std::filesystem::path& prefix);
// Where this program finds it: beside itself, as in a build folder, else as installed. Throws
// InputError when it is in neither place.
std::filesystem::path module_file();

// Loads the module with MPI in it, and starts MPI. Throws InputError when the module or MPI is
// missing on this machine.
std::unique_ptr<Communicator> join_world();

}  // namespace graft::mpi
