// SPDX-License-Identifier: Apache-2.0
#include "commands/divide.hpp"

#include <map>
#include <random>
#include <set>

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft;
using commands::divide;
using commands::Division;

namespace {

using Trials = std::vector<sweep::PlannedTrial>;

// Groups of trials that differ in their freeze level alone, of any cost and size.
Trials drawn(std::mt19937& random, int groups) {
    Trials trials;
    for (int group = 1; group <= groups; ++group) {
        const double cost = std::uniform_real_distribution<>(1, 100)(random);
        const int levels = std::uniform_int_distribution<>(1, 4)(random);
        for (int level = 0; level < levels; ++level) {
            auto trial = tests::planned_trial(group);
            trial.spec.freeze = 25.0 * level;
            trial.work.multiply_adds = cost * 1e6;
            trials.push_back(trial);
        }
    }
    return trials;
}

double work_of(const Division::Part& part) {
    return part.multiply_adds;
}

double most_work(const Division& division) {
    double most = 0;
    for (const auto& part : division.parts) {
        most = std::max(most, work_of(part));
    }
    return most;
}

// The least that the fullest part can have, by trying everything.
double best_possible(const std::vector<double>& groups, std::size_t next,
                     std::vector<double>& loads) {
    if (next == groups.size()) {
        return *std::max_element(loads.begin(), loads.end());
    }
    double best = INFINITY;
    for (auto& load : loads) {
        load += groups[next];
        best = std::min(best, best_possible(groups, next + 1, loads));
        load -= groups[next];
    }
    return best;
}

std::map<std::int64_t, double> work_of_groups(const Trials& trials) {
    std::map<std::int64_t, double> work;
    for (const auto& trial : trials) {
        work[trial.spec.seed] += sweep::total_multiply_adds(trial.work);
    }
    return work;
}

}  // namespace

TEST_CASE("every trial is in exactly one part, and its whole group with it") {
    std::mt19937 random(1);
    for (int i = 0; i < 200; ++i) {
        const auto trials = drawn(random, std::uniform_int_distribution<>(1, 40)(random));
        const auto wanted = std::uniform_int_distribution<std::size_t>(1, 20)(random);
        const auto division = divide(trials, wanted);
        REQUIRE(division.parts.size() == std::min(wanted, work_of_groups(trials).size()));
        std::map<sweep::TrialId, std::size_t> part_of;
        for (std::size_t part = 0; part < division.parts.size(); ++part) {
            CHECK_FALSE(division.parts[part].trials.empty());
            for (const auto& id : division.parts[part].trials) {
                CHECK(part_of.emplace(id, part).second);
            }
        }
        REQUIRE(part_of.size() == trials.size());
        std::map<std::int64_t, std::set<std::size_t>> parts_of_group;
        for (const auto& trial : trials) {
            parts_of_group[trial.spec.seed].insert(part_of.at(sweep::trial_id(trial.spec)));
        }
        for (const auto& [seed, parts] : parts_of_group) {
            CHECK(parts.size() == 1);
        }
    }
}

TEST_CASE("the fullest part has at most 4/3 of the least possible") {
    std::mt19937 random(2);
    for (int i = 0; i < 60; ++i) {
        const auto trials = drawn(random, 8);
        std::vector<double> groups;
        for (const auto& [seed, work] : work_of_groups(trials)) {
            groups.push_back(work);
        }
        for (const std::size_t parts : {1, 2, 3}) {
            std::vector<double> loads(parts, 0.0);
            const double best = best_possible(groups, 0, loads);
            const double bound = 4.0 / 3 - 1 / (3.0 * static_cast<double>(parts));
            CHECK(most_work(divide(trials, parts)) <= bound * best * (1 + 1e-12));
        }
    }
}

TEST_CASE("many groups are divided almost evenly, and the imbalance says how evenly") {
    std::mt19937 random(3);
    const auto trials = drawn(random, 400);
    const auto division = divide(trials, 16);
    double total = 0;
    for (const auto& part : division.parts) {
        total += work_of(part);
    }
    CHECK(division.imbalance() == Approx(most_work(division) * 16 / total));
    CHECK(division.imbalance() < 1.02);
    CHECK(divide({tests::planned_trial(1)}, 4).imbalance() == 1);
    CHECK(divide({}, 4).parts.empty());
}

TEST_CASE("the same trials in another order are dealt alike") {
    std::mt19937 random(4);
    auto trials = drawn(random, 30);
    for (auto& trial : trials) {
        trial.work.multiply_adds = 1e6;  // so that ties are many
    }
    const auto sets_of = [](const Division& division) {
        std::vector<std::set<sweep::TrialId>> sets;
        for (const auto& part : division.parts) {
            sets.emplace_back(part.trials.begin(), part.trials.end());
        }
        return sets;
    };
    const auto expected = sets_of(divide(trials, 7));
    std::shuffle(trials.begin(), trials.end(), random);
    CHECK(sets_of(divide(trials, 7)) == expected);
}

TEST_CASE("trials that cost nothing, as their images are missing, are dealt evenly all the same") {
    Trials trials;
    for (int seed = 1; seed <= 12; ++seed) {
        trials.push_back(tests::planned_trial(seed));
        trials.back().work = {};
    }
    for (const auto& part : divide(trials, 4).parts) {
        CHECK(part.trials.size() == 3);
    }
}
