// SPDX-License-Identifier: Apache-2.0
// The only file that includes mpi.h; built as a module of its own.
#include <deque>
#include <limits>
#include <list>
#include <set>
#include <stdexcept>

#include <mpi.h>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/mpi/communicator.hpp"

namespace graft::mpi {

namespace {

constexpr int kTag = 1;
constexpr core::Seconds kLongestStart{1800};

void check(int code, const char* call) {
    if (code != MPI_SUCCESS) {
        char text[MPI_MAX_ERROR_STRING] = {};
        int length = 0;
        MPI_Error_string(code, text, &length);
        core::fail_system("{} failed ({}). Look at the output of mpirun or srun.", call,
                          std::string(text, static_cast<std::size_t>(length)));
    }
}

int count_of(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        throw std::logic_error("a message between ranks is longer than 2 GiB");
    }
    return static_cast<int>(bytes);
}

class OpenMpi final : public Communicator {
  public:
    OpenMpi() {
        int provided = MPI_THREAD_SINGLE;
        // Other threads exist (the journal's), and only the main one calls MPI.
        check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
        check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN),
              "MPI_Comm_set_errhandler");
        if (provided < MPI_THREAD_FUNNELED) {
            core::fail_input(
                "this MPI allows one thread only (MPI_THREAD_FUNNELED is needed). Use "
                "an MPI built with thread support.");
        }
        check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
        check(MPI_Comm_size(MPI_COMM_WORLD, &size_), "MPI_Comm_size");
        check(
            MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node_),
            "MPI_Comm_split_type");
        check(MPI_Comm_rank(node_, &local_rank_), "MPI_Comm_rank");
        check(MPI_Comm_size(node_, &local_size_), "MPI_Comm_size");
    }

    int rank() const override { return rank_; }
    int size() const override { return size_; }
    int local_rank() const override { return local_rank_; }
    int local_size() const override { return local_size_; }

    std::vector<std::string> all_gather(const std::string& text) override {
        return gather(MPI_COMM_WORLD, size_, text);
    }
    std::vector<std::string> node_gather(const std::string& text) override {
        return gather(node_, local_size_, text);
    }

    void send(int to, std::string bytes) override {
        auto& sending = sends_.emplace_back();  // a list: the bytes must not move
        sending.bytes = std::move(bytes);
        check(MPI_Isend(sending.bytes.data(), count_of(sending.bytes.size()), MPI_BYTE, to, kTag,
                        MPI_COMM_WORLD, &sending.request),
              "MPI_Isend");
        progress();
    }

    std::optional<Received> receive() override {
        take_announced();
        // In the order of each sender; a message that a dying rank began never ends, and must hold
        // up nobody else's.
        std::set<int> held_up;
        for (auto next = receives_.begin(); next != receives_.end(); ++next) {
            if (held_up.count(next->from) > 0) {
                continue;
            }
            int done = 0;
            check(MPI_Test(&next->request, &done, MPI_STATUS_IGNORE), "MPI_Test");
            if (done) {
                Received received{next->from, std::move(next->bytes)};
                receives_.erase(next);
                return received;
            }
            held_up.insert(next->from);
        }
        return std::nullopt;
    }

    void progress() override {
        for (auto next = sends_.begin(); next != sends_.end();) {
            int done = 0;
            check(MPI_Test(&next->request, &done, MPI_STATUS_IGNORE), "MPI_Test");
            next = done ? sends_.erase(next) : std::next(next);
        }
    }
    std::size_t unsent() const override { return sends_.size(); }

    void finalize() override {
        check(MPI_Comm_free(&node_), "MPI_Comm_free");
        check(MPI_Finalize(), "MPI_Finalize");
    }

  private:
    struct Transfer {
        int from = 0;
        std::string bytes;
        MPI_Request request = MPI_REQUEST_NULL;
    };

    // Begins to receive every message that has been announced.
    void take_announced() {
        while (true) {
            int there = 0, count = 0;
            MPI_Message message = MPI_MESSAGE_NULL;
            MPI_Status status;
            check(MPI_Improbe(MPI_ANY_SOURCE, kTag, MPI_COMM_WORLD, &there, &message, &status),
                  "MPI_Improbe");
            if (!there) {
                return;
            }
            check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
            auto& receiving = receives_.emplace_back();
            receiving.from = status.MPI_SOURCE;
            receiving.bytes.resize(static_cast<std::size_t>(count));
            check(MPI_Imrecv(receiving.bytes.data(), count, MPI_BYTE, &message, &receiving.request),
                  "MPI_Imrecv");
        }
    }

    // Rank 0 may still read the sweep; a rank that has ended will never come.
    static void wait_for_all(MPI_Request& request) {
        const auto begun = core::now();
        int done = 0;
        while (true) {
            check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
            if (done) {
                return;
            }
            if (core::Seconds(core::now() - begun) > kLongestStart) {
                core::fail_system(
                    "not every rank came within {:.0f} minutes of the start. Look at the output of "
                    "the others.",
                    kLongestStart.count() / 60);
            }
            core::sleep_for(core::Seconds(0.002));
        }
    }

    static std::vector<std::string> gather(MPI_Comm group, int size, const std::string& text) {
        const auto ranks = static_cast<std::size_t>(size);
        const int own = count_of(text.size());
        std::vector<int> counts(ranks), starts(ranks);
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Iallgather(&own, 1, MPI_INT, counts.data(), 1, MPI_INT, group, &request),
              "MPI_Iallgather");
        wait_for_all(request);
        std::size_t total = 0;
        for (std::size_t i = 0; i < ranks; ++i) {
            starts[i] = count_of(total);
            total += static_cast<std::size_t>(counts[i]);
        }
        std::string all(total, '\0');
        check(MPI_Iallgatherv(text.data(), own, MPI_BYTE, all.data(), counts.data(), starts.data(),
                              MPI_BYTE, group, &request),
              "MPI_Iallgatherv");
        wait_for_all(request);
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < ranks; ++i) {
            texts.push_back(all.substr(static_cast<std::size_t>(starts[i]),
                                       static_cast<std::size_t>(counts[i])));
        }
        return texts;
    }

    MPI_Comm node_ = MPI_COMM_NULL;
    int rank_ = 0, size_ = 1, local_rank_ = 0, local_size_ = 1;
    std::list<Transfer> sends_, receives_;
};

}  // namespace
}  // namespace graft::mpi

extern "C" __attribute__((visibility("default"))) graft::mpi::Communicator* graft_mpi_join_world() {
    return new graft::mpi::OpenMpi();
}
