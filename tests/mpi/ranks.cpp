// SPDX-License-Identifier: Apache-2.0
// Run by mpirun: what only several processes can show. The exit code is the verdict.
//   mpi_ranks messages          times of links; gathers, order, any source, large messages
//   mpi_ranks sweep DIR TRAINER LOST [--start-id ID]
//       a whole sweep with the trainer that pretends; rank LOST (-1: none) kills itself on the way,
//       in the sweep's first start only
//   mpi_ranks long DIR TRAINER LOST [--start-id ID]
//       the same with eight times the trials
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <thread>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/mpi/communicator.hpp"
#include "core/mpi/link_times.hpp"

#include "sweep/journal.hpp"

#include "scheduler/bench_trials.hpp"
#include "scheduler/run.hpp"

namespace {

using namespace graft;

void require(bool holds, const char* what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

mpi::Communicator::Received next(mpi::Communicator& world) {
    const auto start = core::now();
    while (core::Seconds(core::now() - start) < core::Seconds(30)) {
        world.progress();
        if (auto received = world.receive()) {
            return *received;
        }
    }
    throw std::runtime_error("no message came within 30 s");
}

std::string text_of(int from, int number) {
    // Every third one too long to be sent eagerly.
    const std::size_t length = number % 3 == 2 ? 300'000 : 20;
    return std::to_string(from) + " " + std::to_string(number) + std::string(length, 'x');
}

void messages(mpi::Communicator& world) {
    const auto all = world.all_gather("rank " + std::to_string(world.rank()));
    require(static_cast<int>(all.size()) == world.size(), "a gather lacks ranks");
    for (int rank = 0; rank < world.size(); ++rank) {
        require(all[static_cast<std::size_t>(rank)] == "rank " + std::to_string(rank), "gather");
    }
    require(static_cast<int>(world.node_gather("").size()) == world.local_size(), "node gather");
    require(world.local_size() == world.size(), "one machine is one node");
    constexpr int kMessages = 30;
    if (world.rank() > 0) {
        for (int i = 0; i < kMessages; ++i) {
            world.send(0, text_of(world.rank(), i));
        }
        require(next(world).bytes == "thanks", "the answer differs");
    } else {
        std::map<int, int> seen;
        for (int i = 0; i < kMessages * (world.size() - 1); ++i) {
            const auto received = next(world);
            require(received.bytes == text_of(received.from, seen[received.from]++),
                    "a message differs, or overtook another");
        }
        for (int rank = 1; rank < world.size(); ++rank) {
            world.send(rank, "thanks");
        }
    }
    while (world.unsent() > 0) {
        world.progress();
    }
    world.finalize();
}

void links(mpi::Communicator& world) {
    const auto times = mpi::time_links(world);
    require(times.size() == (world.rank() == 0 ? static_cast<std::size_t>(world.size()) : 0),
            "a row per rank");
    for (std::size_t rank = 0; rank < times.size(); ++rank) {
        require(times[rank].has_value() == (rank > 0), "rank 0 has no link with itself");
        require(rank == 0 || (times[rank]->latency > 0 && times[rank]->latency < 1 &&
                              times[rank]->bandwidth > 1e6),
                "a link of one machine takes microseconds");
    }
}

class Silent final : public scheduler::Observer {
  public:
    void show(const scheduler::Status&) override {}
    void say(const std::string& line) override { std::cout << line << '\n'; }
};

scheduler::RunOptions options_for(const std::string& directory, const std::string& trainer,
                                  int trials) {
    scheduler::RunOptions options;
    options.directory = directory;
    options.slots = 1;
    options.threads = 1;
    options.trainer = trainer;
    options.run.lost_after_seconds = 3;
    options.plan = [trials](const sweep::Record& record) {
        sweep::Planned planned;
        if (!record.trials().empty()) {
            return std::vector<sweep::Event>{};
        }
        planned.added = tests::bench_trials(trials, "d");
        for (auto& trial : planned.added) {
            trial.spec.edit().network = "slow";
        }
        return std::vector<sweep::Event>{planned};
    };
    options.prepare = [directory](const scheduler::Need& need) {
        const auto result = [need, directory] {
            sweep::DatasetReady ready;
            ready.dataset = need.dataset;
            ready.fingerprint = need.fingerprint;
            ready.size = need.size;
            ready.prepared = directory;
            return ready;
        };
        return scheduler::PrepareJob{{"/bin/true"}, result};
    };
    options.weights = [](const sweep::TrialSpec&) { return std::string(); };
    return options;
}

int sweep_with(mpi::Communicator& world, const std::vector<std::string>& arguments) {
    auto options =
        options_for(arguments.at(1), arguments.at(2), arguments.at(0) == "long" ? 96 : 12);
    if (arguments.size() > 5) {
        options.start_id = arguments[5];
    }
    const bool first_start = sweep::highest_segment(options.directory) == 0;
    world.all_gather("");  // every rank has looked before one begins
    if (first_start && world.rank() == std::atoi(arguments.at(3).c_str())) {
        std::thread([] {
            core::sleep_for(core::Seconds(0.6));
            ::raise(SIGKILL);
        }).detach();
    }
    Silent observer;
    return scheduler::exit_code(scheduler::run_rank(options, world, observer).outcome);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    try {
        require(mpi::launched(), "not started by mpirun");
        const auto world = mpi::join_world();
        if (arguments.at(0) != "messages") {
            return sweep_with(*world, arguments);
        }
        links(*world);
        messages(*world);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "mpi_ranks: " << error.what() << '\n';
        return 1;
    }
}
