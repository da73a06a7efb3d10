// SPDX-License-Identifier: Apache-2.0
#include "scheduler/launcher.hpp"

#include <csignal>

#include "core/error.hpp"
#include "core/process.hpp"
#include "core/signal.hpp"
#include "core/text.hpp"

#include "sweep/record.hpp"

#include "scheduler/run.hpp"
#include "scheduler/take_over.hpp"

namespace graft::scheduler {

namespace {

constexpr core::Seconds kLookEvery{0.2};
// mpirun never ends when a rank of another node was lost; the file `ending` says when we are done.
constexpr core::Seconds kTimeToEnd{20};
constexpr core::Seconds kTimeToDie{5};

core::Spawn job(const LaunchOptions& options, const std::string& start_id) {
    core::Spawn spawn;
    spawn.arguments = options.launcher;
    spawn.arguments.insert(spawn.arguments.end(), options.arguments.begin(),
                           options.arguments.end());
    spawn.arguments.insert(spawn.arguments.end(), {"--start-id", start_id});
    if (core::own_user() == 0) {
        spawn.environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
        spawn.environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
    }
    return spawn;
}

// Watches over one start of the job, until it has ended.
class JobWatch {
  public:
    JobWatch(core::Child child, const fs::path& sweep, std::string start_id,
             const core::SignalFlags& signals)
        : child_(std::move(child)), sweep_(sweep), id_(std::move(start_id)), signals_(signals) {}

    // What the start wrote when it ended; nothing when it could not.
    std::optional<RunResult> wait() {
        while (!child_.try_reap()) {
            pass_signals_on();
            end_what_hangs();
            core::sleep_for(kLookEvery);
        }
        child_.signal_group(SIGKILL);  // what the launcher left behind
        look_for_ending();
        return result_;
    }

  private:
    void pass_signals_on() {
        if (signals_.total() > 0 && !passed_on_) {
            passed_on_ = true;
            child_.signal(SIGUSR1);  // mpirun and srun both hand it to every rank
        }
        if (signals_.count(SIGINT) > 1) {
            terminate();
        }
    }
    void look_for_ending() {
        if (!result_) {
            if (auto ending = take_ending(sweep_, id_)) {
                result_ = std::move(ending->result);
                ended_ = core::now();
            }
        }
    }
    void end_what_hangs() {
        look_for_ending();
        if (ended_ && core::Seconds(core::now() - *ended_) > kTimeToEnd) {
            terminate();
        }
        if (terminated_ && core::Seconds(core::now() - *terminated_) > kTimeToDie) {
            child_.signal_group(SIGKILL);
        }
    }
    void terminate() {
        if (!terminated_) {
            terminated_ = core::now();
            child_.signal(SIGTERM);
        }
    }

    core::Child child_;
    const fs::path& sweep_;
    std::string id_;
    const core::SignalFlags& signals_;
    bool passed_on_ = false;
    std::optional<RunResult> result_;
    std::optional<core::Instant> ended_, terminated_;
};

}  // namespace

std::vector<std::string> mpirun_command(int ranks, int nodes) {
    std::vector<std::string> command{
        "mpirun", "-n", fmt::format("{}", ranks), "--enable-recovery", "--bind-to", "none"};
    if (nodes > 1) {
        const int per_node = (ranks + nodes - 1) / nodes;
        command.insert(command.end(), {"--map-by", fmt::format("ppr:{}:node", per_node)});
    } else {
        command.push_back("--oversubscribe");
    }
    return command;
}

RunResult launch(const LaunchOptions& options, Observer& observer) {
    const core::SignalFlags signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    while (true) {
        const auto start_id = new_start_id();
        const auto saves = sweep::read_record(options.directory).saves();
        JobWatch watch(core::spawn(job(options, start_id)), options.directory, start_id, signals);
        if (const auto result = watch.wait()) {
            return *result;
        }
        if (signals.total() > 0) {
            return {Outcome::drained,
                    "the job ended before it could say how. Nothing acknowledged is lost: 'graft "
                    "run' goes on.",
                    false};
        }
        if (sweep::read_record(options.directory).saves() == saves) {
            return {Outcome::stopped,
                    fmt::format("the ranks ended without having saved anything (see the lines "
                                "above, and '{}'). Mend the cause, and run again.",
                                (options.directory / "logs").string()),
                    false};
        }
        observer.say("a rank or the coordinator was lost; starting again from the last saves");
    }
}

}  // namespace graft::scheduler
