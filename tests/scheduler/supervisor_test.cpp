// SPDX-License-Identifier: Apache-2.0
// A supervisor with real children, under a clock and a coordinator of the test's.
#include "scheduler/supervisor.hpp"

#include <algorithm>

#include "core/process.hpp"
#include "core/text.hpp"

#include "scheduler/bench_trials.hpp"
#include "scheduler/orphans.hpp"
#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::tests;
using namespace graft::scheduler;

namespace {

const sweep::CohortId kCohort{3};

class TestLink final : public WorkerLink {
  public:
    void send(const sweep::FromWorker& message) override { said.push_back(message); }
    std::optional<sweep::ToWorker> receive() override {
        if (to_worker.empty()) {
            return std::nullopt;
        }
        auto first = to_worker.front();
        to_worker.pop_front();
        return first;
    }
    bool heard() override { return coordinator_lives; }
    bool all_sent() override { return true; }

    template <class T>
    const T* find() const {
        for (const auto& message : said) {
            if (const auto* found = std::get_if<T>(&message)) {
                return found;
            }
        }
        return nullptr;
    }

    std::vector<sweep::FromWorker> said;
    std::deque<sweep::ToWorker> to_worker;
    bool coordinator_lives = true;
};

core::Instant::duration in_clock(double seconds) {
    return std::chrono::duration_cast<core::Instant::duration>(core::Seconds(seconds));
}

class Bench {
  public:
    Bench() {
        core::create_directories(directory / "logs");
        SupervisorOptions options;
        options.rank = sweep::Rank(1);
        options.directory = directory.path();
        options.trainer = core::own_executable().parent_path() / "fake_trainer";
        options.slots.resize(2);
        options.lost_after = core::Seconds(5);
        options.drain_within = core::Seconds(2);
        supervisor.emplace(options, link, now);
    }
    void assign(const std::string& network, sweep::CohortId cohort = kCohort,
                std::vector<sweep::Slot> slots = {sweep::Slot(0)}) {
        const auto planned = bench_trials(1, "d").at(0);
        sweep::Assign assign;
        assign.cohort = cohort;
        assign.slots = std::move(slots);
        assign.directory = directory.path().string();
        assign.members.push_back({sweep::trial_id(planned.spec), 1, planned.spec, {}, {}});
        assign.members[0].spec.edit().network = network;
        link.to_worker.emplace_back(assign);
    }
    // Steps in real time, on a clock that stands still, until it holds.
    template <class Condition>
    void until(Condition holds) {
        for (int i = 0; i < 3000 && !holds(); ++i) {
            supervisor->step(now);
            core::sleep_for(core::Seconds(0.01));
        }
        REQUIRE(holds());
    }
    template <class Message>
    void until_said() {
        until([&] { return link.find<Message>() != nullptr; });
    }
    // The clock goes on in turns of a loop that is never late.
    void pass(double seconds) {
        for (double at = 0; at < seconds && !supervisor->left(); at += 0.5) {
            now += in_clock(0.5);
            supervisor->step(now);
        }
    }
    void until_left() {
        until([&] { return supervisor->left(); });
    }
    std::vector<Orphan> orphans() const {
        std::vector<std::string> complaints;
        auto found = read_orphans(directory.path(), complaints);
        CHECK(complaints.empty());
        return found;
    }
    static bool has_children() {
        const auto list = fmt::format("/proc/self/task/{}/children", core::own_pid());
        return !core::read_file_if_there(list).value_or("").empty();
    }

    TemporaryDirectory directory;
    TestLink link;
    core::Instant now = core::now();
    std::optional<Supervisor> supervisor;
};

}  // namespace

TEST_CASE("a supervisor without its coordinator lets its trainers save, leaves that, and ends") {
    Bench bench;
    bench.assign("waits_for_drain");
    bench.until_said<sweep::Begun>();
    CHECK(Bench::has_children());
    bench.link.coordinator_lives = false;
    bench.pass(4.5);
    CHECK_FALSE(bench.supervisor->lost_coordinator());
    bench.pass(1);
    CHECK(bench.supervisor->lost_coordinator());
    bench.until_left();
    CHECK_FALSE(Bench::has_children());
    const auto orphans = bench.orphans();
    REQUIRE(orphans.size() == 1);
    CHECK(orphans[0].save.save.cohort == kCohort);
    CHECK(orphans[0].save.save.save == 1);
    CHECK(orphans[0].begun.numerics == "fake, 1 thread");
    CHECK(bench.link.find<sweep::Saved>() == nullptr);  // there was nobody to tell
}

TEST_CASE("a save that was sent and never acknowledged is left, too") {
    Bench bench;
    bench.assign("good");
    bench.until_said<sweep::Saved>();
    bench.link.coordinator_lives = false;
    bench.pass(6);
    bench.until_left();
    const auto orphans = bench.orphans();
    REQUIRE(orphans.size() == 1);
    CHECK(orphans[0].save.save.members.at(0).result.has_value());
}

TEST_CASE("nothing is left of what was acknowledged") {
    Bench bench;
    bench.assign("good");
    bench.until_said<sweep::Saved>();
    bench.link.to_worker.emplace_back(sweep::Recorded{kCohort, 1, {}});
    bench.until_said<sweep::Ended>();
    bench.link.coordinator_lives = false;
    bench.pass(6);
    bench.until_left();
    CHECK(bench.orphans().empty());
}

TEST_CASE("a trainer tidies up after recorded results although its rank is told to leave") {
    Bench bench;
    bench.assign("tidies_long");
    bench.until_said<sweep::Saved>();
    bench.pass(0.5);  // it has said that it waits
    bench.link.to_worker.emplace_back(sweep::Recorded{kCohort, 1, {}});
    bench.link.to_worker.emplace_back(sweep::Leave{});
    bench.pass(30);
    bench.until_left();
    REQUIRE(bench.link.find<sweep::Ended>() != nullptr);
    CHECK(std::holds_alternative<sweep::Completed>(bench.link.find<sweep::Ended>()->ending));
    CHECK_FALSE(Bench::has_children());
}

TEST_CASE("work for more slots waits for the trainer that tidies up on one of them") {
    Bench bench;
    bench.assign("tidies_long");
    bench.until_said<sweep::Saved>();
    bench.link.to_worker.emplace_back(sweep::Recorded{kCohort, 1, {}});
    const sweep::CohortId wide{4};
    bench.assign("good", wide, {sweep::Slot(0), sweep::Slot(1)});
    bench.pass(0.5);
    CHECK(bench.link.find<sweep::Ended>() == nullptr);
    const auto saved_twice = [&] {
        const auto& said = bench.link.said;
        return std::count_if(said.begin(), said.end(), [](const auto& message) {
                   return std::holds_alternative<sweep::Saved>(message);
               }) == 2;
    };
    bench.until(saved_twice);
    const auto* ended = bench.link.find<sweep::Ended>();
    REQUIRE(ended != nullptr);
    CHECK(ended->cohort == kCohort);
    CHECK(std::holds_alternative<sweep::Completed>(ended->ending));
}

TEST_CASE("a trainer that hangs does not hold up a rank without its coordinator") {
    Bench bench;
    bench.assign("stalls");
    bench.until_said<sweep::Begun>();
    bench.link.coordinator_lives = false;
    bench.pass(6);
    CHECK(bench.supervisor->lost_coordinator());
    CHECK_FALSE(bench.supervisor->left());
    bench.pass(3);
    bench.until_left();
    CHECK_FALSE(Bench::has_children());
    CHECK(bench.orphans().empty());
}

TEST_CASE("a trainer that does not save when told to drain is killed, so that the drain ends") {
    Bench bench;
    bench.assign("stalls");
    bench.until_said<sweep::Begun>();
    bench.link.to_worker.emplace_back(sweep::Drain{});
    bench.pass(1);
    CHECK(bench.link.find<sweep::Ended>() == nullptr);
    bench.pass(2);
    bench.until_said<sweep::Ended>();
    CHECK(std::holds_alternative<sweep::Hung>(bench.link.find<sweep::Ended>()->ending));
}

TEST_CASE("time in which the whole rank stood still is no silence of its coordinator") {
    Bench bench;
    bench.assign("waits_for_drain");
    bench.until_said<sweep::Begun>();
    bench.link.coordinator_lives = false;
    bench.now += in_clock(1000);
    bench.supervisor->step(bench.now);
    bench.pass(4);
    CHECK_FALSE(bench.supervisor->lost_coordinator());
    bench.pass(3);
    CHECK(bench.supervisor->lost_coordinator());
    bench.until_left();
}

TEST_CASE("patience with a drain grows with the silences seen before") {
    CHECK(drain_patience(core::Seconds(60), core::Seconds(0)) == core::Seconds(60));
    CHECK(drain_patience(core::Seconds(60), core::Seconds(3)) == core::Seconds(120));
}
