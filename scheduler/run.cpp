// SPDX-License-Identifier: Apache-2.0
#include "scheduler/run.hpp"

#include <csignal>

#include "core/error.hpp"
#include "core/gpu.hpp"
#include "core/log.hpp"
#include "core/mpi/communicator.hpp"
#include "core/process.hpp"
#include "core/signal.hpp"
#include "core/text.hpp"

#include "scheduler/coordinator.hpp"
#include "scheduler/leftovers.hpp"
#include "scheduler/slots.hpp"
#include "scheduler/supervisor.hpp"

namespace graft::scheduler {

namespace {

// MPI has no descriptor to poll on: the loop looks at it so often.
constexpr core::Seconds kLookAtMpi{0.005};
constexpr core::Seconds kLookAlone{0.2};
constexpr core::Seconds kTimeToFinalize{10};

Moment moment_now() {
    return {core::now(), core::wall_now()};
}

std::string processor_name() {
    for (const auto& line :
         core::split(core::read_file_if_there("/proc/cpuinfo").value_or(""), '\n')) {
        const auto colon = line.find(": ");
        if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
            return line.substr(colon + 2);
        }
    }
    return "CPU";
}

RankShare whole_share() {
    RankShare share;
    for (const auto& gpu : core::visible_gpus()) {
        share.gpus.push_back(gpu.uuid);
    }
    for (const int core : core::allowed_cores()) {
        share.cores.push_back(core);
    }
    return share;
}

std::vector<std::string> names_of(const std::vector<std::string>& uuids) {
    std::vector<std::string> names;
    for (const auto& uuid : uuids) {
        for (const auto& gpu : core::visible_gpus()) {
            if (gpu.uuid == uuid) {
                names.push_back(gpu.name);
            }
        }
    }
    return names;
}

SupervisorOptions supervisor_options(const RunOptions& options, sweep::Rank rank,
                                     const RankShare& share) {
    SupervisorOptions result;
    result.rank = rank;
    result.directory = options.directory;
    result.trainer = options.trainer;
    result.lost_after = core::Seconds(options.run.lost_after_seconds);
    result.slots =
        make_slots(share, names_of(share.gpus), options.slots, options.threads, processor_name());
    const auto cores = result.slots.front().cores.size();
    result.threads = options.threads > 0 ? options.threads : std::max(1, static_cast<int>(cores));
    return result;
}

// The loop of every process that runs a sweep.
class Loop {
  public:
    Loop(Coordinator* coordinator, Supervisor& supervisor, core::Seconds look_every)
        : coordinator_(coordinator), supervisor_(supervisor), look_every_(look_every) {}

    RunResult run() {
        while (!over()) {
            const Moment moment = moment_now();
            if (obey_signals()) {
                supervisor_.kill_all();
                return {Outcome::drained,
                        "left at once. Nothing acknowledged is lost: 'graft run' goes on."};
            }
            bool happened = supervisor_.step(moment.now);
            happened = (coordinator_ && coordinator_->step(moment)) || happened;
            if (!happened && !over()) {
                wait();
            }
        }
        if (coordinator_) {
            return *coordinator_->result();
        }
        return {supervisor_.lost_coordinator() ? Outcome::drained : Outcome::done, ""};
    }

  private:
    bool over() const {
        return coordinator_ ? coordinator_->result().has_value() : supervisor_.left();
    }

    // True when all is to end at once: the second signal that is not a repeated TERM or USR1,
    // which launchers send to a job more than once.
    bool obey_signals() {
        if (signals_.total() == 0) {
            return false;
        }
        if (!obeyed_) {
            obeyed_ = true;
            if (coordinator_) {
                coordinator_->ask_to_stop("saved and stopped. 'graft run' goes on.");
            } else {
                supervisor_.ask_to_leave();
            }
        }
        return signals_.count(SIGINT) > 1;
    }

    void wait() const {
        std::vector<core::Watch> watches;
        supervisor_.watch(watches);
        if (coordinator_) {
            coordinator_->watch(watches);
        }
        core::wait_for(watches, look_every_);
    }

    Coordinator* coordinator_;
    Supervisor& supervisor_;
    core::Seconds look_every_;
    core::SignalFlags signals_{SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    bool obeyed_ = false;
};

std::string id_of_start(const RunOptions& options) {
    return options.start_id.empty() ? new_start_id() : options.start_id;
}

void open_log_of(const RunOptions& options, int rank) {
    core::create_directories(options.directory / "logs");
    core::open_log(options.directory / "logs" / fmt::format("rank-{}.log", rank));
}

// `link` joins the coordinator with all ranks, `own` is the supervisor's end of it.
RunResult coordinate(const RunOptions& options, const std::string& start_id, int ranks,
                     const RankShare& share, CoordinatorLink& link, WorkerLink& own,
                     core::Seconds look_every, Observer& observer) {
    Taken taken = take_over(options.directory, start_id, options.job, observer);
    finish_leftovers(options.directory, taken.record, observer);
    Coordinator coordinator(options, std::move(taken), ranks, link, observer, moment_now());
    Supervisor supervisor(supervisor_options(options, sweep::Rank(0), share), own, core::now());
    const RunResult result = Loop(&coordinator, supervisor, look_every).run();
    // A trainer that was killed right after its trial's end is not asked again.
    finish_leftovers(options.directory, coordinator.record(), observer);
    return result;
}

// An error is an ending, too: a launcher must not start again after it.
RunResult run_coordinator(const RunOptions& options, int ranks, const RankShare& share,
                          CoordinatorLink& link, WorkerLink& own, core::Seconds look_every,
                          Observer& observer) {
    open_log_of(options, 0);
    const auto start_id = id_of_start(options);
    StartEnding ending{start_id, {}};
    try {
        ending.result =
            coordinate(options, start_id, ranks, share, link, own, look_every, observer);
    } catch (const core::Error& error) {
        const bool input = error.exit_code() == exit_code(Outcome::input_error);
        ending.result = {input ? Outcome::input_error : Outcome::stopped, error.what()};
        write_ending(options.directory, ending);
        throw;
    }
    write_ending(options.directory, ending);
    return ending.result;
}

// Hands over what is on its way, then ends MPI; a lost rank would make that wait for ever.
void finalize(mpi::Communicator& world, Outcome outcome) {
    const core::Instant start = core::now();
    while (world.unsent() > 0 && core::Seconds(core::now() - start) < kTimeToFinalize / 2) {
        world.progress();
        core::sleep_for(kLookAtMpi);
    }
    core::flush_log();
    core::exit_after(kTimeToFinalize, exit_code(outcome));
    world.finalize();
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
    LocalQueue queue;
    const auto link = local_coordinator_link(queue);
    const auto own = local_worker_link(queue);
    return run_coordinator(options, 1, whole_share(), *link, *own, kLookAlone, observer);
}

RunResult run_rank(const RunOptions& options, mpi::Communicator& world, Observer& observer) {
    std::vector<RankShare> of_node;
    for (const auto& text : world.node_gather(core::encode(whole_share()))) {
        of_node.push_back(core::decode<RankShare>(text));
    }
    const auto share = own_share(of_node, static_cast<std::size_t>(world.local_rank()));
    RunResult result;
    if (world.rank() == 0) {
        LocalQueue queue;
        const auto link = mpi_coordinator_link(world, queue);
        const auto own = local_worker_link(queue);
        result = run_coordinator(options, world.size(), share, *link, *own, kLookAtMpi, observer);
    } else {
        open_log_of(options, world.rank());
        const auto link = mpi_worker_link(world);
        const auto own = supervisor_options(options, sweep::Rank(world.rank()), share);
        Supervisor supervisor(own, *link, core::now());
        result = Loop(nullptr, supervisor, kLookAtMpi).run();
    }
    finalize(world, result.outcome);
    return result;
}

}  // namespace graft::scheduler
