// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/signal.hpp"

#include "commands/live.hpp"
#include "scheduler/observer.hpp"
#include "scheduler/take_over.hpp"

namespace graft::commands {

// What happens meanwhile, as lines alone.
class Lines final : public scheduler::Observer {
  public:
    explicit Lines(std::function<void(const std::string&)> say) : say_(std::move(say)) {}
    void show(const scheduler::Status&) override {}
    void say(const std::string& line) override { say_(line); }

  private:
    std::function<void(const std::string&)> say_;
};

// Nothing more is to be done: the user asked for the end, or another start has the sweep.
struct Ended {
    std::string message;
    int exit_code;
};

// A sweep that is ours for a while, to keep house in it: no start can begin meanwhile. Every call
// throws Ended once another start took the sweep over all the same.
class Hold {
  public:
    // Takes the sweep over, as a start does. Throws InputError when another process runs it, and
    // Ended when a signal came while it waited for one that may.
    static Hold take(const std::filesystem::path& sweep, const core::SignalFlags& signals,
                     scheduler::Observer& observer);

    const sweep::Record& record() const { return taken_.record; }
    // As a coordinator does, so that nobody thinks us dead; before anything is removed or replaced.
    void beat();
    // Writes and syncs them as one group, and applies them.
    void record(const std::vector<sweep::Event>& events);
    // Does what every start does first: takes up saves that a lost coordinator left, and ends the
    // attempts that it left open.
    void end_open_attempts(scheduler::Observer& observer);
    // `reason`: one of those that ran nothing.
    void close(std::string_view reason);
    // So that nobody waits for us; where the journal takes nothing more it shows that we are gone.
    void try_to_close(std::string_view reason) noexcept;

  private:
    Hold(std::filesystem::path sweep, scheduler::Taken taken)
        : sweep_(std::move(sweep)), taken_(std::move(taken)), raised_(core::now()) {}

    std::filesystem::path sweep_;
    scheduler::Taken taken_;
    core::Instant raised_;
};

// Runs `work(hold)` and closes the hold, however it ends.
template <class Work>
void while_held(Hold hold, std::string_view reason, Work work) {
    try {
        work(hold);
    } catch (...) {
        hold.try_to_close(reason);
        throw;
    }
    hold.close(reason);
}

// Throws the InputError of what may not be done to a sweep that another process runs.
[[noreturn]] void fail_running(const std::filesystem::path& sweep, const Holder& by);

}  // namespace graft::commands
