// SPDX-License-Identifier: Apache-2.0
#include "scheduler/queue.hpp"

#include <random>

#include "scheduler/cohort_bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Queue;

namespace {

std::vector<sweep::Trial> trials_of(const std::vector<sweep::PlannedTrial>& planned) {
    std::vector<sweep::Trial> trials;
    for (const auto& one : planned) {
        sweep::Trial trial;
        trial.id = sweep::trial_id(one.spec);
        trial.spec = one.spec;
        trial.work = one.work;
        trials.push_back(trial);
    }
    return trials;
}

}  // namespace

TEST_CASE("trials of one company stand in the queue as one, with the work of their cohort") {
    std::mt19937 random(3);
    const auto trials = trials_of(freeze_grids(3, kFreezes));
    Queue queue;
    std::vector<bool> in(trials.size());
    for (int step = 0; step < 400; ++step) {
        const std::size_t which = random() % trials.size();
        in[which] = random() % 2 == 0;
        if (in[which]) {
            queue.insert(trials[which], which, static_cast<std::uint64_t>(trials[which].spec.seed));
        } else {
            queue.erase(trials[which].id);
        }
        std::map<std::int64_t, std::vector<const sweep::Trial*>> expected;
        std::size_t trials_waiting = 0;
        for (std::size_t i = 0; i < trials.size(); ++i) {
            if (in[i]) {
                expected[trials[i].spec.seed].push_back(&trials[i]);
                ++trials_waiting;
            }
            REQUIRE(queue.contains(trials[i].id) == in[i]);
        }
        REQUIRE(queue.size() == trials_waiting);
        std::size_t items = 0;
        for (const auto& [its_class, waiting] : queue.classes()) {
            double work = 0;
            for (const auto& item : waiting.items) {
                const auto& members = expected.at(static_cast<std::int64_t>(item.company));
                REQUIRE(queue.members(item).size() == members.size());
                REQUIRE(its_class == scheduler::class_of(members));
                REQUIRE(item.work ==
                        Approx(scheduler::cohort_multiply_adds(scheduler::shape_of(members))));
                work += item.work;
                ++items;
            }
            REQUIRE(waiting.work == Approx(work));
            REQUIRE(waiting.need == queue.number_of(its_class.need));
        }
        REQUIRE(items == expected.size());
    }
}

TEST_CASE("the least frozen member stands for its company") {
    const auto trials = trials_of(freeze_grid({50, 10, 30}));
    Queue queue;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        queue.insert(trials[i], i, 7);
    }
    const auto& item = queue.item_of(trials[2].id);
    CHECK(item.trial == trials[1].id);
    CHECK(queue.members(item) == std::vector<TrialId>{trials[1].id, trials[2].id, trials[0].id});
}
