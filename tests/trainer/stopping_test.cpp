// SPDX-License-Identifier: Apache-2.0
// Trials that a verdict ends before the others of their cohort: at exactly that epoch, wherever
// they are cut off; and on to their last epoch when a retry asks for it.
#include "core/file.hpp"

#include "support/catch.hpp"
#include "trainer/life.hpp"

using namespace graft;
using tests::Life;
using tests::Study;

namespace {

constexpr std::int32_t kEpochs = 3;

sweep::TrialSpec spec_of(double learning_rate, std::int32_t epochs = kEpochs) {
    auto spec = tests::spec_with_everything();
    spec.edit().training.evaluate_bn = sweep::EvaluateBn::moving;
    spec.edit().training.learning_rate = learning_rate;
    spec.edit().training.warmup_epochs = 1;
    spec.edit().training.epochs = epochs;
    return spec;
}

std::vector<sweep::TrialSpec> cohort() {
    return {spec_of(1e-3), spec_of(2e-3), spec_of(3e-3)};
}

// The second one stops after one epoch.
Life judged(const Study& study, std::size_t who = 1, std::int32_t when = 1) {
    Life life(study, cohort());
    life.ledger.stopping.stop = sweep::StopRule::asha;
    life.ledger.stopping.reduction = 2;
    life.ledger.stops = [=](std::size_t trial, std::int32_t epoch) {
        return trial == who && epoch == when;
    };
    return life;
}

bool is_stopped(const Life& life, std::size_t trial) {
    return std::holds_alternative<sweep::Stopped>(life.ledger.trial(trial).state);
}

}  // namespace

TEST_CASE("a trial that is stopped ends with what it would have after so many epochs alone") {
    const Study study;
    const Life life = judged(study).to_its_end();
    const auto& stopped = life.ledger.trial(1);
    REQUIRE(is_stopped(life, 1));
    CHECK(std::get<sweep::Stopped>(stopped.state).epoch == 1);
    CHECK(stopped.rows.size() == 2);  // of the warm-up, and one
    const Life shorter = Life(study, spec_of(2e-3, 1)).to_its_end();
    CHECK(tests::numbers_of(stopped).size() > 100);
    const auto& left = *life.ledger.result(1);
    const auto& right = *shorter.ledger.result(0);
    CHECK(left.weights.hash == right.weights.hash);
    CHECK(left.predictions.hash == right.predictions.hash);
    CHECK(core::encode(left.test) == core::encode(right.test));
    CHECK(core::encode(left.best) == core::encode(right.best));
}

TEST_CASE("those that go on end with the bits that they have without any rule") {
    const Study study;
    const Life free = Life(study, cohort()).to_its_end();
    const Life life = judged(study).to_its_end();
    for (const std::size_t other : {0U, 2U}) {
        CHECK_FALSE(is_stopped(life, other));
        CHECK(tests::numbers_of(life.ledger.trial(other)) ==
              tests::numbers_of(free.ledger.trial(other)));
        CHECK(life.weights[other] == free.weights[other]);
    }
}

TEST_CASE("a cohort that is cut off at any instant stops the same trial at the same epoch") {
    const Study study;
    const Life whole = judged(study).to_its_end();
    REQUIRE(whole.instants > 20);
    for (int cut = 1; cut <= whole.instants; cut += 2) {
        INFO("cut off at instant " << cut << " of " << whole.instants);
        Life life = judged(study).to_its_end({cut});
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(is_stopped(life, i) == (i == 1));
            CHECK(tests::numbers_of(life.ledger.trial(i)) ==
                  tests::numbers_of(whole.ledger.trial(i)));
        }
    }
}

TEST_CASE("a stopped trial goes on from its state, with the bits as if never stopped") {
    const Study study;
    const Life free = Life(study, cohort()).to_its_end();
    Life life = judged(study).to_its_end();
    life.ledger.retry(1);
    CHECK(sweep::name_of(life.ledger.trial(1).state) == "waiting");
    life.to_its_end();
    CHECK(sweep::name_of(life.ledger.trial(1).state) == "done");
    CHECK(life.ledger.trial(1).attempts.size() == 2);
    CHECK(tests::numbers_of(life.ledger.trial(1)) == tests::numbers_of(free.ledger.trial(1)));
    CHECK(life.weights[1] == free.weights[1]);
}

TEST_CASE("a whole cohort can be stopped, one epoch by one") {
    const Study study;
    Life life = judged(study);
    life.ledger.stops = [](std::size_t trial, std::int32_t epoch) {
        return epoch == (trial == 0 ? 2 : 1);
    };
    life.to_its_end();
    for (std::size_t i = 0; i < 3; ++i) {
        REQUIRE(is_stopped(life, i));
        CHECK(life.ledger.trial(i).rows.size() == (i == 0 ? 3 : 2));
    }
}
