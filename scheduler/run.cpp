// SPDX-License-Identifier: Apache-2.0
#include "scheduler/run.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/memory.hpp"
#include "core/mpi/communicator.hpp"
#include "core/process.hpp"
#include "core/signal.hpp"
#include "core/text.hpp"

#include "sweep/journal.hpp"

#include "scheduler/leftovers.hpp"
#include "scheduler/loop.hpp"
#include "scheduler/node_start.hpp"
#include "scheduler/orphans.hpp"
#include "scheduler/take_over.hpp"

namespace graft::scheduler {

namespace {

// MPI has no descriptor to poll on: the loop looks at it so often.
constexpr core::Seconds kLookAtMpi{0.005};
constexpr core::Seconds kLookAlone{0.2};
constexpr core::Seconds kTimeToFinalize{10};
constexpr core::Seconds kTimeToTell{2};

SupervisorOptions supervisor_options(const RunOptions& options, sweep::Rank rank,
                                     const RankShare& share) {
    SupervisorOptions result;
    result.rank = rank;
    result.directory = options.directory;
    result.trainer = options.trainer;
    result.lost_after = core::Seconds(options.run.lost_after_seconds);
    result.hung_after = core::Seconds(options.run.hung_after_seconds);
    result.drain_within = options.drain_within;
    result.slots = make_slots(share, options.slots, options.threads, processor_name());
    const auto cores = result.slots.empty() ? 1 : result.slots.front().cores.size();
    result.threads = options.threads > 0 ? options.threads : std::max(1, static_cast<int>(cores));
    return result;
}

std::string id_of_start(const RunOptions& options) {
    return options.start_id.empty() ? new_start_id() : options.start_id;
}

void open_log_of(const RunOptions& options, int rank) {
    core::create_directories(options.directory / "logs");
    core::open_log(options.directory / "logs" / fmt::format("rank-{}.log", rank));
}

// What a process that coordinates was given by the launch.
struct Place {
    int ranks;
    const RankShare& share;
    CoordinatorLink& link;  // joins the coordinator with all ranks
    WorkerLink& own;        // this process's supervisor's end of it
    const core::SignalFlags& signals;
    core::Seconds look_every;
};

TrainerMemory memory_of_trainer(const RankShare& share, std::size_t slots) {
    TrainerMemory memory;
    const double trainers = static_cast<double>(std::max<std::size_t>(1, slots));
    if (const auto limit = core::read_memory().limit) {
        memory.host_bytes = static_cast<double>(*limit) / trainers;
    }
    for (const auto& gpu : share.gpus) {
        const double sharing = std::max(1.0, trainers / static_cast<double>(share.gpus.size()));
        const double bytes = static_cast<double>(gpu.memory_bytes) / sharing;
        if (bytes > 0 && bytes < memory.device_bytes.value_or(INFINITY)) {
            memory.device_bytes = bytes;
        }
    }
    return memory;
}

// Called while another holder is waited for: the ranks must not think that we are dead.
bool go_on_waiting(const Place& place, core::Instant& beaten) {
    if (core::now() - beaten >= std::chrono::seconds(1)) {
        beaten = core::now();
        place.link.beat();
    }
    return place.signals.total() == 0;
}

// `segment`: the journal's that this start made; stays 0 when it got none.
LoopEnd coordinate(const RunOptions& options, const Place& place, const std::string& start_id,
                   std::int64_t& segment, Observer& observer) {
    core::Instant beaten;
    const Claim claim{start_id, options.job,
                      counter_every(core::Seconds(options.run.lost_after_seconds)),
                      [&] { return go_on_waiting(place, beaten); }};
    auto taken = take_over(options.directory, claim, observer);
    if (!taken) {
        return {{Outcome::drained, "stopped before this run had begun with anything."}, true};
    }
    segment = taken->journal.segment();
    if (!adopt_orphans(options.directory, taken->record, taken->journal, observer)) {
        return {{Outcome::stopped, std::string(kSupersededMessage)}, true};
    }
    finish_leftovers(options.directory, taken->record, observer);
    const auto own = supervisor_options(options, sweep::Rank(0), place.share);
    RunOptions known = options;
    known.memory = memory_of_trainer(place.share, own.slots.size());
    Coordinator coordinator(known, std::move(*taken), place.ranks, place.link, observer,
                            moment_now());
    Supervisor supervisor(own, place.own, core::now());
    LoopEnd end = Loop(&coordinator, supervisor, place.signals, place.look_every).run();
    // A trainer that was killed right after its trial's end is not asked again.
    if (sweep::highest_segment(options.directory) == segment) {
        finish_leftovers(options.directory, coordinator.record(), observer);
    }
    return end;
}

Outcome outcome_of(const std::exception& thrown) {
    const auto* error = dynamic_cast<const core::Error*>(&thrown);
    const int code = error ? error->exit_code() : exit_code(Outcome::stopped);
    return code == exit_code(Outcome::input_error) ? Outcome::input_error
           : code == exit_code(Outcome::no_space)  ? Outcome::no_space
                                                   : Outcome::stopped;
}

// The file `ending` belongs to the start whose journal segment is the highest: one that was refused
// the sweep, or was superseded, tells its launcher alone.
void tell_ending(const RunOptions& options, std::int64_t segment, const StartEnding& ending) {
    try {
        if (segment > 0 && sweep::highest_segment(options.directory) == segment) {
            write_ending(options.directory, ending);
        } else if (!options.start_id.empty()) {
            write_ending_aside(options.directory, ending);
        }
    } catch (const core::Error& error) {
        core::log(core::LogLevel::error, error.what());
    }
}

// Without this they would wait for a coordinator that has ended.
void send_ranks_home(const Place& place) noexcept {
    try {
        const core::Instant start = core::now();
        for (int rank = 1; rank < place.ranks; ++rank) {
            place.link.send(sweep::Rank(rank), sweep::Leave{});
        }
        while (!place.link.all_sent() && core::Seconds(core::now() - start) < kTimeToTell) {
            core::sleep_for(kLookAtMpi);
        }
    } catch (const std::exception& error) {
        core::log(core::LogLevel::error, error.what());
    }
}

// An error is an ending, too: a launcher must not start again after it.
LoopEnd run_coordinator(const RunOptions& options, const Place& place, Observer& observer) {
    open_log_of(options, 0);
    const auto start_id = id_of_start(options);
    std::int64_t segment = 0;
    LoopEnd end;
    try {
        end = coordinate(options, place, start_id, segment, observer);
    } catch (const std::exception& error) {
        tell_ending(options, segment, {start_id, {outcome_of(error), error.what()}});
        send_ranks_home(place);
        throw;
    }
    tell_ending(options, segment, {start_id, end.result});
    return end;
}

// Hands over what is on its way, then ends MPI, which waits for all ranks: not when some of them
// are gone.
void finalize(mpi::Communicator& world, const LoopEnd& end) {
    const core::Seconds limit = end.in_order ? kTimeToFinalize / 2 : kTimeToTell / 2;
    const core::Instant start = core::now();
    while (world.unsent() > 0 && core::Seconds(core::now() - start) < limit) {
        world.progress();
        core::sleep_for(kLookAtMpi);
    }
    core::flush_log();
    if (end.in_order) {
        core::exit_after(kTimeToFinalize, exit_code(end.result.outcome));
        world.finalize();
    }
}

// All ranks have the same error; one says it.
RunResult end_before_begun(const RunOptions& options, mpi::Communicator& world,
                           const core::Error& error) {
    core::log(core::LogLevel::error, error.what());
    const RunResult result{outcome_of(error), error.what()};
    if (world.rank() == 0) {
        tell_ending(options, 0, {id_of_start(options), result});
    }
    finalize(world, {result, true});
    return world.rank() == 0 ? result : RunResult{result.outcome, ""};
}

}  // namespace

int exit_code(Outcome outcome) {
    switch (outcome) {
        case Outcome::done:
            return 0;
        case Outcome::some_failed:
            return 1;
        case Outcome::input_error:
            return 2;
        case Outcome::stopped:
            return 70;
        case Outcome::no_space:
            return 74;
        case Outcome::drained:
            return 75;
    }
    return 70;
}

RunResult run_alone(const RunOptions& options, Observer& observer) {
    const core::SignalFlags signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    LocalQueue queue;
    const auto link = local_coordinator_link(queue);
    const auto own = local_worker_link(queue);
    const auto share = take_share(options, observer);
    return run_coordinator(options, {1, share, *link, *own, signals, kLookAlone}, observer).result;
}

RunResult run_rank(const RunOptions& options, mpi::Communicator& world, Observer& observer) {
    const core::SignalFlags signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    // No rank begins, and none listens for the coordinator, before all are there.
    world.all_gather("");
    RankShare share;
    try {
        share = take_share(options, world, observer);
    } catch (const core::Error& error) {
        return end_before_begun(options, world, error);
    }
    LoopEnd end;
    if (world.rank() == 0) {
        LocalQueue queue;
        const auto link = mpi_coordinator_link(world, queue);
        const auto own = local_worker_link(queue);
        end = run_coordinator(options, {world.size(), share, *link, *own, signals, kLookAtMpi},
                              observer);
    } else {
        open_log_of(options, world.rank());
        const auto link = mpi_worker_link(world);
        const auto own = supervisor_options(options, sweep::Rank(world.rank()), share);
        Supervisor supervisor(own, *link, core::now());
        end = Loop(nullptr, supervisor, signals, kLookAtMpi).run();
    }
    finalize(world, end);
    return end.result;
}

}  // namespace graft::scheduler
