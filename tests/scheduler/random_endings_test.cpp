// SPDX-License-Identifier: Apache-2.0
// Sweeps under a hail of faults, from seeds: whatever happens in whatever order, every trial ends
// with a result or by a rule, no slot and no trial is used twice at a time, and attempts go on from
// the last save.
#include <random>

#include "scheduler/cohort_bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Outcome;

namespace {

constexpr int kRanks = 3, kTrials = 60;

// Follows the journal's events alone, so that it knows nothing of the scheduler's own state.
class Follower {
  public:
    void take(const sweep::Event& event) {
        std::visit([this](const auto& kind) { on(kind); }, event);
    }
    // As the messages say: from where the members go on.
    void check(const sweep::Assign& assign) const {
        for (const auto& member : assign.members) {
            const auto& trial = trials_.at(member.trial);
            REQUIRE(member.position.has_value() == trial.saved_epoch.has_value());
            if (trial.saved_epoch) {
                REQUIRE(member.position->epoch == *trial.saved_epoch);
            }
        }
    }

    int failures = 0;                      // TrialFailed
    std::map<std::string_view, int> ends;  // attempts, by kind
    std::size_t largest = 0;               // members of a cohort

  private:
    struct Its {
        std::optional<std::int32_t> saved_epoch;
        std::int32_t attempt = 0;
        bool runs = false, done = false, failed = false;
        // Since its last save or retry.
        int crashes = 0;
        std::set<std::pair<Rank, std::vector<Slot>>> faults;
        std::optional<Ending> last;
        std::size_t last_members = 0;
        // With how many it may be trained, of all and until it saves.
        std::size_t most = 1000;
        bool alone = false;
    };
    struct Open {
        sweep::AttemptStarted started;
        std::set<TrialId> saved;
    };

    template <class Other>
    void on(const Other&) {}
    void on(const sweep::AttemptStarted& event) {
        for (const auto& [cohort, open] : open_) {
            REQUIRE((open.started.rank != event.rank || open.started.slots != event.slots));
        }
        for (const auto& member : event.members) {
            auto& trial = trials_[member.trial];
            REQUIRE_FALSE(trial.runs);
            REQUIRE_FALSE(trial.done);
            REQUIRE_FALSE(trial.failed);
            REQUIRE(member.attempt == ++trial.attempt);
            REQUIRE(event.members.size() <= (trial.alone ? 1 : trial.most));
            trial.runs = true;
        }
        largest = std::max(largest, event.members.size());
        REQUIRE(open_.emplace(event.cohort, Open{event, {}}).second);
    }
    void on(const sweep::SaveRecorded& event) {
        for (const auto& member : event.save.members) {
            open_.at(event.save.cohort).saved.insert(member.trial);
            auto& trial = trials_.at(member.trial);
            trial.saved_epoch = event.save.position.epoch;
            trial.done = member.result.has_value();
            trial.crashes = 0;
            trial.alone = false;
            trial.faults.clear();
        }
    }
    void on(const sweep::AttemptEnded& event) {
        const Open open = open_.at(event.cohort);
        open_.erase(event.cohort);
        ++ends[sweep::kind_of(event.ending)];
        for (const auto& member : open.started.members) {
            settle(trials_.at(member.trial), open, open.saved.count(member.trial) > 0,
                   event.ending);
        }
    }
    static void settle(Its& trial, const Open& open, bool saved, const Ending& ending) {
        const auto members = open.started.members.size();
        trial.runs = false;
        trial.last = ending;
        trial.last_members = members;
        const bool crashed = std::holds_alternative<sweep::Crashed>(ending);
        trial.alone = trial.alone || crashed || std::holds_alternative<sweep::Hung>(ending) ||
                      std::holds_alternative<sweep::InputFault>(ending);
        if (std::holds_alternative<sweep::DeviceOutOfMemory>(ending) ||
            std::holds_alternative<sweep::HostOutOfMemory>(ending)) {
            trial.most = std::max<std::size_t>(1, std::min(trial.most, members / 2));
        }
        if (!saved) {
            trial.crashes += crashed;
            if (std::holds_alternative<sweep::DeviceFault>(ending)) {
                trial.faults.emplace(open.started.rank, open.started.slots);
            }
        }
    }
    void on(const sweep::TrialFailed& event) {
        auto& trial = trials_.at(event.trial);
        REQUIRE_FALSE(trial.done);
        trial.failed = true;
        ++failures;
        const bool of_itself = std::holds_alternative<sweep::InputFault>(*trial.last) ||
                               std::holds_alternative<sweep::DeviceOutOfMemory>(*trial.last);
        const bool by_rule = (of_itself && trial.last_members == 1) || trial.crashes >= 3 ||
                             trial.faults.size() >= 3;
        REQUIRE(by_rule);
    }
    void on(const sweep::TrialRetried& event) {
        auto& trial = trials_.at(event.trial);
        trial.failed = trial.alone = false;
        trial.most = 1000;
        trial.crashes = 0;
        trial.faults.clear();
    }

    std::map<TrialId, Its> trials_;
    std::map<sweep::CohortId, Open> open_;
};

class Hail {
  public:
    Hail(std::uint64_t seed, std::vector<sweep::PlannedTrial> planned)
        : random_(seed), bench_(kRanks), planned_(std::move(planned)) {
        begin();
    }

    void step() {
        if (bench_.state.stop) {
            end_start();
            forgive();
            begin();
            return;
        }
        switch (below(20)) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4:
                save(false);
                break;
            case 5:
            case 6:
            case 7:
                save(true);
                end(sweep::Completed{});
                break;
            case 8:
                retry();
                break;
            case 9:
                lose_rank();
                break;
            case 10:
                bench_.tick(300, 299.5);  // everything stood still
                break;
            case 11:
                speak_from_the_past();
                break;
            case 12:
                if (below(8) == 0) {
                    restart();
                }
                break;
            case 13:
            case 14:
            case 15:
                pass(below(40) * 0.1);
                break;
            default:
                end(any_ending());
        }
        follow();
    }

    // No more faults: everything comes to its end.
    void calm() {
        for (int i = 0; i < 2000; ++i) {
            if (bench_.state.stop) {
                const auto outcome = scheduler::result_of(bench_.state).outcome;
                end_start();
                if (outcome == Outcome::done || outcome == Outcome::some_failed) {
                    return;
                }
                begin();
            }
            save_all(true);
            end(sweep::Completed{});
            pass(100);
            follow();
        }
        FAIL("the sweep does not end");
    }

    // Every trial has ended.
    void check_end() const {
        for (const auto& trial : bench_.state.record.trials()) {
            const bool failed = std::holds_alternative<sweep::Failed>(trial.state);
            REQUIRE((failed || std::holds_alternative<sweep::Done>(trial.state)));
        }
    }
    const Follower& follower() const { return follower_; }

  private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

    void begin() {
        bench_.start(planned_);
        if (!bench_.state.datasets.empty()) {
            bench_.make_ready();
        }
        for (int rank = 0; rank < kRanks; ++rank) {
            const auto name = "GPU-" + std::to_string(rank);
            bench_.hello(rank, {name + "a", name + "b"});
        }
        follow();
    }
    // Between two starts the user asks for some of the failed trials again.
    void forgive() {
        for (const auto& trial : std::vector(bench_.state.record.trials())) {
            if (std::holds_alternative<sweep::Failed>(trial.state) && below(2) == 0) {
                const sweep::TrialRetried retried{bench_.moment.wall, trial.id};
                bench_.state.record.apply(retried);
                follower_.take(retried);
            }
        }
    }
    // As after a kill of the coordinator: what runs is left open.
    void restart() {
        bench_ = bench_.next_start(kRanks);
        seen_ = 0;
        begin();
    }
    void end_start() {
        while (!bench_.state.flights.empty()) {
            if (below(2) == 0) {
                save(false);
            }
            end(sweep::Drained{});
        }
        for (int rank = 0; rank < kRanks; ++rank) {
            bench_.say(rank, sweep::Left{});
        }
        follow();
        REQUIRE(finished(bench_.state, bench_.outbox));
        bench_ = bench_.next_start(kRanks);
        seen_ = 0;
    }

    // Some running cohort, or none.
    std::optional<std::pair<sweep::Assign, int>> any_running() {
        const auto& flights = bench_.state.flights;
        if (flights.empty()) {
            return std::nullopt;
        }
        auto flight = flights.begin();
        std::advance(flight, below(flights.size()));
        sweep::Assign assign;
        assign.cohort = flight->first;
        for (const auto* trial : unfinished(bench_.state, flight->second)) {
            assign.members.emplace_back().trial = trial->id;
        }
        return std::pair(assign, flight->second.rank.value);
    }
    void save_all(bool with_result) {
        last_ = any_running();
        if (last_ && !last_->first.members.empty()) {
            const auto number = bench_.state.flights.at(last_->first.cohort).saves + 1;
            bench_.save(last_->first, number, with_result, last_->second);
        }
    }
    // Of all members, or that some have ended before the others.
    void save(bool with_result) {
        auto some = any_running();
        if (!with_result || below(3) > 0 || !some || some->first.members.size() < 2) {
            save_all(with_result);
            return;
        }
        some->first.members.resize(1 + below(some->first.members.size() - 1));
        const auto number = bench_.state.flights.at(some->first.cohort).saves + 1;
        bench_.save(some->first, number, true, some->second);
    }
    void end(const Ending& ending) {
        if (const auto running =
                std::holds_alternative<sweep::Completed>(ending) ? last_ : any_running()) {
            bench_.end(running->first, ending, running->second);
            past_ = running;
        }
    }
    void speak_from_the_past() {
        if (past_ && bench_.state.flights.count(past_->first.cohort) == 0) {
            const auto events = bench_.events.size();
            bench_.save(past_->first, 1, true, past_->second);
            bench_.end(past_->first, sweep::InputFault{"late"}, past_->second);
            REQUIRE(bench_.events.size() == events);
        }
    }
    void retry() {
        for (const auto& trial : bench_.state.record.trials()) {
            if (std::holds_alternative<sweep::Failed>(trial.state) && below(2) == 0) {
                const TrialId id = trial.id;
                bench_.request({"retry.a", scheduler::RetryRequest{{id}}});
                pass(0.1);
                return;
            }
        }
    }
    void pass(double seconds, int silent = -1) {
        for (double left = seconds; left > 0; left -= 4) {
            for (int rank = 0; rank < kRanks; ++rank) {
                if (rank != silent) {
                    bench_.say(rank, sweep::Alive{});
                }
            }
            bench_.tick(std::min(left, 4.0));
        }
    }
    void lose_rank() {
        if (below(6) == 0) {
            pass(9, static_cast<int>(below(kRanks)));
        }
    }
    Ending any_ending() {
        const std::vector<Ending> endings{sweep::Crashed{11, 0},
                                          sweep::Crashed{0, 1},
                                          sweep::Killed{9},
                                          sweep::Killed{9},
                                          sweep::Hung{600},
                                          sweep::HostOutOfMemory{"limit"},
                                          sweep::DeviceOutOfMemory{"large"},
                                          sweep::DeviceFault{"fault"},
                                          sweep::DeviceBusy{"busy"},
                                          sweep::InputFault{"wrong " + std::to_string(below(9))},
                                          sweep::Completed{}};
        return below(40) == 0 ? Ending(sweep::NoSpace{"full"}) : endings[below(endings.size())];
    }
    void follow() {
        for (; seen_ < bench_.events.size(); ++seen_) {
            follower_.take(bench_.events[seen_]);
        }
        for (const auto& [rank, assign] : bench_.take<sweep::Assign>()) {
            if (bench_.state.flights.count(assign.cohort) > 0) {
                follower_.check(assign);
            }
        }
    }

    std::mt19937_64 random_;
    Bench bench_;
    std::vector<sweep::PlannedTrial> planned_;
    Follower follower_;
    std::size_t seen_ = 0;
    std::optional<std::pair<sweep::Assign, int>> last_, past_;
};

}  // namespace

TEST_CASE("under any faults every trial ends with a result or by a rule") {
    int failures = 0;
    std::map<std::string_view, int> ends;
    std::size_t largest = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        // Each alone, or in cohorts.
        Hail hail(seed, seed % 2 == 0 ? Bench::trials(kTrials) : freeze_grids(9, kFreezes));
        for (int i = 0; i < 400; ++i) {
            hail.step();
        }
        hail.calm();
        hail.check_end();
        failures += hail.follower().failures;
        largest = std::max(largest, hail.follower().largest);
        for (const auto& [kind, count] : hail.follower().ends) {
            ends[kind] += count;
        }
    }
    CHECK(failures > 250);
    CHECK(largest == kFreezes.size());
    CHECK(ends.size() == std::variant_size_v<Ending>);  // every kind was met
}
