// SPDX-License-Identifier: Apache-2.0
// Early stopping by the real programs: the numbers of those that are stopped and of those that are
// not, over kills, and on to the last epoch.
#include <algorithm>
#include <csignal>

#include "end_to_end/running_sweep.hpp"
#include "scheduler/verdicts.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::numbers_of;
using tests::record_of;
using tests::SmallSweep;

namespace {

constexpr const char* kTraining =
    "image_size = 16\nepochs = 9\nwarmup_epochs = 1\nwarmup_for = \"all\"\nbatch_size = 8\n";
constexpr const char* kGrid =
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n"
    "learning_rate = [1e-6, 1e-4, 1e-3, 3e-3]\ndropout = [0.2, 0.5]\n";
// One slot, so that all trials come to their rungs in one order.
constexpr const char* kAsha =
    "[stopping]\nstop = \"asha\"\nover = [\"learning_rate\", \"dropout\"]\nreduction = 3\n"
    "first_rung = 1\n";

std::string with(const std::string& stopping, const std::string& run) {
    return std::string(kTraining) + stopping + "[run]\nthreads = 1\n" + run +
           "[datasets.drawn]\npath = \"images\"\n" + kGrid;
}

void write(SmallSweep& small, const std::string& stopping,
           const std::string& run = "slots = 1\ncohorts = false\n") {
    small.write("[training]\n" + with(stopping, run));
}

std::size_t count(const sweep::Record& record, std::string_view state) {
    std::size_t n = 0;
    for (const auto& trial : record.trials()) {
        n += sweep::name_of(trial.state) == state;
    }
    return n;
}

std::string states(const SmallSweep& small) {
    std::string text;
    const auto record = record_of(small);
    for (const auto& trial : record.trials()) {
        const auto* stopped = std::get_if<sweep::Stopped>(&trial.state);
        text += std::string(sweep::name_of(trial.state)) + ' ' +
                (stopped ? std::to_string(stopped->epoch) + ' ' + stopped->reason : "") + '\n';
    }
    return text;
}

void run(const SmallSweep& small) {
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
}

void kill_often(const SmallSweep& small) {
    for (int kills = 0; kills < 12; ++kills) {
        auto child = tests::start(small);
        core::sleep_for(core::Seconds(0.4 + 0.13 * kills));
        child.signal_group(SIGKILL);
        child.wait();
    }
}

}  // namespace

TEST_CASE("a search ends its hopeless trials at the rungs, and says so everywhere") {
    SmallSweep small;
    write(small, kAsha);
    const auto plan = tests::graft({"plan", small.file()});
    CHECK_THAT(plan.output, ContainsSubstring("1 group of 8"));
    CHECK_THAT(plan.output, ContainsSubstring("After 1, 3 epochs"));
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    CHECK_THAT(ran.output, ContainsSubstring("is stopped after 1 epoch: val_auc"));
    const auto record = record_of(small);
    const auto stopped = count(record, "stopped");
    REQUIRE(stopped >= 3);
    CHECK(count(record, "done") == 8 - stopped);
    for (const auto& trial : record.trials()) {
        if (const auto* its = std::get_if<sweep::Stopped>(&trial.state)) {
            CHECK(std::ssize(trial.rows) == 1 + its->epoch);
            CHECK(its->result.best);
            CHECK(its->result.test.loss > 0);
            CHECK_THAT(tests::graft({"explain", small.sweep(), trial.id.text()}).output,
                       ContainsSubstring("To its last epoch: graft retry"));
        }
    }
    CHECK_THAT(tests::graft({"status", small.sweep()}).output,
               ContainsSubstring(std::to_string(stopped) + " stopped early"));
    const auto query =
        tests::graft({"query", small.sweep(), "--group-by", "dropout,learning_rate"});
    CHECK_THAT(query.output, ContainsSubstring("stopped early: each counts"));
    CHECK_THAT(query.output, ContainsSubstring("stopped"));
    const auto verified = tests::graft({"verify", small.sweep(), "--all"});
    INFO(verified.output);
    CHECK(verified.code == 0);
    CHECK_THAT(verified.output, ContainsSubstring("8 trials: 8 equal"));
}

TEST_CASE("stopped trials go on to the bits that they have without any rule") {
    SmallSweep free, small;
    write(free, "");
    write(small, kAsha);
    run(free);
    run(small);
    REQUIRE(count(record_of(small), "stopped") >= 3);
    CHECK(numbers_of(small) != numbers_of(free));
    const auto failed = tests::graft({"retry", small.sweep()});
    CHECK_THAT(failed.output, ContainsSubstring("No trial of"));
    const auto cleaned = tests::graft({"clean", small.sweep()});
    INFO(cleaned.output);
    CHECK(cleaned.code == 0);  // it keeps what they go on from
    const auto retried = tests::graft({"retry", small.sweep(), "--stopped"});
    CHECK_THAT(retried.output, ContainsSubstring("stopped trials wait again"));
    run(small);
    CHECK(count(record_of(small), "done") == 8);
    CHECK(numbers_of(small) == numbers_of(free));
}

TEST_CASE("with patience a cohort's members leave one by one, to the bits that they have alone") {
    const std::string patience = "[stopping]\nstop = \"patience\"\npatience = 2\n";
    SmallSweep together, alone;
    write(together, patience, "slots = 1\n");
    write(alone, patience, "slots = 2\ncohorts = false\n");
    run(together);
    run(alone);
    CHECK(count(record_of(together), "stopped") >= 2);
    CHECK(states(together) == states(alone));
    CHECK(numbers_of(together) == numbers_of(alone));
}

TEST_CASE("a sweep with patience that is killed again and again leaves the same, to the bit",
          "[long]") {
    const std::string patience = "[stopping]\nstop = \"patience\"\npatience = 2\n";
    SmallSweep whole, small;
    write(whole, patience);
    write(small, patience);
    run(whole);
    kill_often(small);
    run(small);
    CHECK(states(small) == states(whole));
    CHECK(numbers_of(small) == numbers_of(whole));
}

// The order in which trials come to their rungs is another one than without kills.
TEST_CASE("a search that is killed again and again keeps to the rule, by its journal", "[long]") {
    SmallSweep small;
    write(small, kAsha);
    kill_often(small);
    run(small);
    sweep::Record record;
    std::size_t judged = 0;
    std::vector<sweep::TrialJudged> due;
    sweep::read_journal(small.sweep(), [&](const sweep::Event& event) {
        if (const auto* verdict = std::get_if<sweep::TrialJudged>(&event)) {
            const auto same = std::find_if(due.begin(), due.end(), [&](const auto& one) {
                return one.trial == verdict->trial;
            });
            REQUIRE(same != due.end());
            CHECK(same->stops == verdict->stops);
            CHECK(same->reason == verdict->reason);
            ++judged;
        }
        record.apply(event);
        if (!std::holds_alternative<sweep::TrialJudged>(event)) {
            due = scheduler::verdicts_due(record, scheduler::rivals_of(record), {});
        }
    });
    CHECK(due.empty());
    CHECK(judged >= 8);
}
