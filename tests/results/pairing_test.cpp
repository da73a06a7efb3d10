// SPDX-License-Identifier: Apache-2.0
#include "results/pairing.hpp"

#include <numeric>

#include "core/error.hpp"

#include "results/tables.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;

namespace {

sweep::PlannedTrial with_rate(double rate, std::int64_t seed) {
    auto trial = planned("mobilenet", "retina", "random", seed);
    trial.spec.edit().training.learning_rate = rate;
    return trial;
}

// A sweep's table, and all of its rows.
struct Trials {
    Trials(std::string its_name, const std::vector<sweep::PlannedTrial>& trials)
        : name(std::move(its_name)) {
        RecordBuilder builder;
        for (const auto& trial : trials) {
            builder.plan(trial);
        }
        table = trials_table(builder.record());
    }
    Side side() const {
        Side side{name, &table, Rows(table.rows())};
        std::iota(side.rows.begin(), side.rows.end(), 0);
        return side;
    }
    using Rows = std::vector<std::size_t>;
    std::string name;
    Table table;
};

}  // namespace

TEST_CASE("trials are paired by all but the setting in which their sweeps differ") {
    const Trials first("fast", {with_rate(0.1, 1), with_rate(0.1, 2), with_rate(0.1, 3)});
    const Trials second("slow", {with_rate(0.2, 2), with_rate(0.2, 4), with_rate(0.2, 1)});
    const auto pairing = pair_trials(first.side(), second.side(), std::nullopt);
    REQUIRE(pairing.distinctions.size() == 1);
    CHECK(text_of(pairing.distinctions[0]) == "learning_rate (0.1; 0.2)");
    using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
    CHECK(pairing.pairs == Pairs{{0, 2}, {1, 0}});
    CHECK(pairing.only_first == Trials::Rows{2});
    CHECK(pairing.only_second == Trials::Rows{1});
}

TEST_CASE("datasets are one by their content, whatever they are called") {
    auto renamed = with_rate(0.1, 1);
    renamed.spec.edit().dataset = "eyes";
    auto others = with_rate(0.1, 2);
    others.spec.edit().dataset_fingerprint = "feedfeedfeedfeed";
    const Trials first("first", {with_rate(0.1, 1), with_rate(0.1, 2)});
    const Trials second("second", {renamed, others});
    const auto pairing = pair_trials(first.side(), second.side(), std::nullopt);
    CHECK(pairing.pairs.size() == 1);
    CHECK(pairing.only_first == Trials::Rows{1});
    const Trials elsewhere("elsewhere", {others});
    CHECK(pair_trials(first.side(), elsewhere.side(), {{"dataset"}}).pairs.size() == 1);
}

TEST_CASE("a trial with several partners is refused, with what chooses one") {
    const Trials first("first", {with_rate(0.1, 1)});
    const Trials second("second", {with_rate(0.2, 1), with_rate(0.3, 1)});
    CHECK_THROWS_WITH(pair_trials(first.side(), second.side(), {{"learning_rate"}}),
                      "2 trials of 'second' could be the partner of one (they differ in "
                      "learning_rate: 0.2, 0.3). Choose one of them: --where-second "
                      "'learning_rate=0.2'.");
    CHECK_THROWS_WITH(pair_trials(second.side(), first.side(), {{"learning_rate"}}),
                      ContainsSubstring("--where-first"));
}

TEST_CASE("sweeps without a pair are told what they differ in, and what to type") {
    const Trials first("first", {with_rate(0.1, 1), with_rate(0.2, 1)});
    const Trials second("second", {with_rate(0.3, 1), with_rate(0.4, 1)});
    CHECK_THROWS_WITH(pair_trials(first.side(), second.side(), std::nullopt),
                      ContainsSubstring("learning_rate (0.1, 0.2; 0.3, 0.4)") &&
                          ContainsSubstring("--but learning_rate"));
    CHECK_THROWS_WITH(pair_trials(first.side(), second.side(), {{"learning_rat"}}),
                      ContainsSubstring("Did you mean 'learning_rate'?"));
}

}  // namespace graft::results
