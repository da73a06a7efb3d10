// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "scheduler/outbox.hpp"
#include "scheduler/reactor.hpp"

namespace graft::tests {

using sweep::Ended;
using sweep::Ending;
using sweep::Rank;
using sweep::Slot;
using sweep::TrialId;

// A reactor with a manual clock and ranks that say what the test says. Every step checks the
// invariants; events are acknowledged at once unless held.
class Bench {
  public:
    explicit Bench(int ranks = 1, scheduler::Settings settings = {});

    // Trials 1, 2, ... of dataset "d", the first the longest.
    static std::vector<sweep::PlannedTrial> trials(int count, const std::string& dataset = "d");
    void start(const std::vector<sweep::PlannedTrial>& planned,
               const std::vector<scheduler::Request>& left = {});
    // As start(), with the dataset ready and every rank there with its slots.
    void start_ready(int trial_count, int slots_per_rank = 1);
    void make_ready(const std::string& dataset = "d");
    void hello(int rank, int slots);
    // A slot for each device; on "host<rank>" unless named.
    void hello(int rank, const std::vector<std::string>& devices, const std::string& host = "");
    void say(int rank, const sweep::FromWorker& message);
    void request(const scheduler::Request& request);
    // The answer to the only request answered so far.
    std::string answer() const;
    void tick(double seconds, double late = 0);
    // Acknowledges what was emitted, and takes what may be sent then.
    void settle();

    sweep::Saved save_of(const sweep::Assign& assign, std::int64_t number,
                         bool with_result = false) const;
    void save(const sweep::Assign& assign, std::int64_t number, bool with_result = false,
              int rank = 0);
    void end(const sweep::Assign& assign, const Ending& ending, int rank = 0);
    // The whole life of a cohort.
    void complete(const sweep::Assign& assign, int rank = 0);

    // Messages sent since, of one kind; the others stay.
    template <class T>
    std::vector<std::pair<Rank, T>> take() {
        std::vector<std::pair<Rank, T>> taken;
        std::erase_if(sent, [&](const auto& entry) {
            const auto* message = std::get_if<T>(&entry.second);
            if (message) {
                taken.emplace_back(entry.first, *message);
            }
            return message != nullptr;
        });
        return taken;
    }
    // The only assignment sent since.
    sweep::Assign assigned();
    template <class T>
    int count() const {
        int n = 0;
        for (const auto& event : events) {
            n += std::holds_alternative<T>(event);
        }
        return n;
    }
    // The assignments sent since, by rank and first slot.
    std::map<std::pair<int, int>, sweep::Assign> by_place();
    const scheduler::LiveSlot& slot(int rank, std::size_t number) const;
    bool gone(int rank, std::size_t number) const;
    // The last line for the observer that has this in it; empty: none.
    std::string line_with(const std::string& text) const;
    // The sweep goes on from what is recorded, in a later start.
    Bench next_start(int ranks = 1) const;
    std::string state_of(const TrialId& trial) const;

    scheduler::State state;
    scheduler::Outbox outbox;
    std::vector<sweep::Event> events;  // all emitted so far
    std::vector<std::pair<Rank, sweep::ToWorker>> sent;
    bool hold = false;  // nothing is acknowledged
    scheduler::Moment moment;

  private:
    void after_step();
};

}  // namespace graft::tests
