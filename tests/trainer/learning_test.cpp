// SPDX-License-Identifier: Apache-2.0
// Trials that learn in other ways than by Adam at a constant rate: alone, side by side, cut off,
// and on several replicas.
#include "support/catch.hpp"
#include "trainer/life.hpp"

using namespace graft;
using sweep::Optimizer;
using sweep::RateShape;
using tests::Life;
using tests::Study;

namespace {

sweep::TrialSpec base_spec() {
    auto spec = tests::small_member("mobilenet_0.25").spec;
    spec.edit().training.warmup_for = sweep::WarmupFor::all;
    spec.freeze = 50;
    return spec;
}

// Every optimizer, schedule and loss; the first two have one warm-up.
std::vector<sweep::TrialSpec> unlike_learners() {
    std::vector<sweep::TrialSpec> specs(5, base_spec());
    auto& cosine = specs[1].edit().training;
    cosine.schedule = {RateShape::cosine, 0.1, 10, 0.1, 0.75};
    cosine.update.bottom_rate = 0.1;
    auto& momentum = specs[2].edit().training;
    momentum.optimizer = Optimizer::sgd;
    momentum.update = {0.8, true, 1e-3, 1};
    momentum.schedule = {RateShape::step, 0, 1, 0.5, 0};
    auto& plain = specs[3].edit().training;
    plain.optimizer = Optimizer::sgd;
    plain.update.momentum = 0;
    plain.loss = {0.1, sweep::ClassWeights::balanced};
    specs[3].freeze = 0;
    auto& decayed = specs[4].edit().training;
    decayed.optimizer = Optimizer::adamw;
    decayed.update.weight_decay = 0.1;
    specs[4].freeze = 100;
    return specs;
}

}  // namespace

TEST_CASE("members that learn unlike get the files and rows that they get alone") {
    const Study study;
    const auto specs = unlike_learners();
    const Life together = Life(study, specs).to_its_end();
    for (std::size_t i = 0; i < specs.size(); ++i) {
        INFO("member " << i);
        tests::check_equal(together, i, Life(study, specs[i]).to_its_end());
        for (std::size_t other = 0; other < i; ++other) {
            CHECK(together.weights[i] != together.weights[other]);
        }
    }
}

TEST_CASE("a cohort of unlike learners that is cut off anywhere ends with the same bits") {
    const Study study;
    const auto specs = unlike_learners();
    const Life whole = Life(study, specs).to_its_end();
    REQUIRE(whole.instants > 25);
    for (int cut = 1; cut <= whole.instants; cut += 2) {
        INFO("cut off at instant " << cut << " of " << whole.instants);
        // It also leaves now and then: then it goes on in the middle of a phase.
        tests::check_equal(Life(study, specs).to_its_end({cut}, static_cast<std::uint64_t>(cut)),
                           whole);
    }
}

TEST_CASE("unlike learners on two replicas end with the same bits, cut off or not") {
    const Study study;
    auto specs = unlike_learners();
    for (auto& spec : specs) {
        spec.edit().training.gpus_per_trial = 2;
    }
    const Life whole = Life(study, specs).to_its_end();
    for (const int cut : {whole.instants / 3, 4 * whole.instants / 5}) {
        INFO("cut off at instant " << cut << " of " << whole.instants);
        tests::check_equal(Life(study, specs).to_its_end({cut}), whole);
    }
}

TEST_CASE("a rate that grows from 0 takes no first step, and every later one") {
    const Study study;
    auto spec = base_spec();
    spec.edit().training.warmup_epochs = 0;
    spec.edit().training.epochs = 1;
    spec.edit().training.bn_momentum = 1;  // nothing moves but what the rate moves
    spec.edit().training.optimizer = Optimizer::sgd;
    const auto end = [&](double growth) {
        spec.edit().training.schedule.rate_warmup_epochs = growth;
        return Life(study, spec).to_its_end().weights.front();
    };
    const auto grown = end(1);
    CHECK(end(0) != grown);
    spec.edit().training.learning_rate = 1e-300;  // 0 in float32
    CHECK(end(0) != grown);
}

TEST_CASE("a schedule goes on from epoch to epoch, and begins after the head's warm-up") {
    const Study study;
    auto spec = base_spec();
    spec.edit().training.epochs = 1;
    spec.edit().training.bn_momentum = 1;  // nothing moves but what the rate moves
    spec.edit().training.optimizer = Optimizer::sgd;
    const auto end = [&] { return Life(study, spec).to_its_end().weights.front(); };
    const auto after_one = end();
    spec.edit().training.epochs = 3;
    CHECK(end() != after_one);
    spec.edit().training.schedule = {RateShape::step, 0, 1, 1e-300, 0};  // 0 in float32
    CHECK(end() == after_one);
}
