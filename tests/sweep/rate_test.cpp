// SPDX-License-Identifier: Apache-2.0
#include "sweep/rate.hpp"

#include "support/catch.hpp"

using namespace graft;
using sweep::RateShape;
using sweep::Schedule;

namespace {

constexpr std::int64_t kSteps = 7;  // of an epoch
constexpr std::int32_t kEpochs = 6;

double rate(const Schedule& schedule, std::int64_t step) {
    return sweep::rate_at(schedule, 0.5, {step, kSteps, kEpochs});
}

}  // namespace

TEST_CASE("a constant rate is the learning rate itself, to the bit") {
    for (const std::int64_t step : {0, 1, 41}) {
        CHECK(sweep::rate_at({}, 1e-4, {step, kSteps, kEpochs}) == 1e-4);
    }
}

TEST_CASE("a cosine falls from the whole rate towards its end, and never rises") {
    Schedule schedule{RateShape::cosine, 0.2, 10, 0.1, 0};
    CHECK(rate(schedule, 0) == 0.5);
    CHECK(rate(schedule, 21) == Approx(0.5 * 0.6));
    for (std::int64_t step = 1; step < kSteps * kEpochs; ++step) {
        CHECK(rate(schedule, step) < rate(schedule, step - 1));
    }
    CHECK(rate(schedule, 42) == Approx(0.1));
}

TEST_CASE("steps fall at the ends of epochs") {
    const Schedule schedule{RateShape::step, 0, 2, 0.5, 0};
    CHECK(rate(schedule, 2 * kSteps - 1) == 0.5);
    CHECK(rate(schedule, 2 * kSteps) == 0.25);
    CHECK(rate(schedule, 4 * kSteps - 1) == 0.25);
    CHECK(rate(schedule, 4 * kSteps) == 0.125);
}

TEST_CASE("the rate grows from 0 in whole steps, and what follows begins where it ends") {
    for (const auto shape : {RateShape::constant, RateShape::cosine, RateShape::step}) {
        // 10.5 steps: eleven.
        const Schedule schedule{shape, 0, 2, 0.5, 1.5};
        CHECK(rate(schedule, 0) == 0);
        CHECK(rate(schedule, 1) == Approx(0.5 / 11));
        CHECK(rate(schedule, 10) == Approx(5.0 / 11));
        CHECK(rate(schedule, 11) == 0.5);
    }
    const Schedule step{RateShape::step, 0, 2, 0.5, 1.5};
    CHECK(rate(step, 11 + 2 * kSteps - 1) == 0.5);
    CHECK(rate(step, 11 + 2 * kSteps) == 0.25);
}

TEST_CASE("a cosine that follows a growth has what is left of the phase") {
    const Schedule schedule{RateShape::cosine, 0.2, 10, 0.1, 2};
    CHECK(rate(schedule, 14) == 0.5);
    CHECK(rate(schedule, 14 + 14) == Approx(0.5 * 0.6));
    CHECK(rate(schedule, 42) == Approx(0.1));
}

TEST_CASE("a rate that grows to the end has no more to do") {
    const Schedule schedule{RateShape::cosine, 0, 10, 0.1, kEpochs};
    CHECK(rate(schedule, kSteps * kEpochs - 1) == Approx(0.5 * 41 / 42));
    CHECK(rate(schedule, kSteps * kEpochs) == 0.5);
}

TEST_CASE("a trial's schedule counts the batches of all epochs after the head's warm-up") {
    sweep::TrialSpec spec;
    spec.edit().init = sweep::Init::pretrained;
    auto& training = spec.edit().training;
    training.warmup_epochs = 2;
    training.epochs = kEpochs;
    training.learning_rate = 0.5;
    training.schedule = {RateShape::cosine, 0.2, 10, 0.1, 1};
    const auto at = [&](sweep::Phase phase, std::int32_t epoch, std::int32_t batch) {
        return sweep::rate_at(spec, {phase, epoch, batch, 1000}, kSteps);
    };
    CHECK(at(sweep::Phase::warmup, 2, 3) == 0.5);
    CHECK(at(sweep::Phase::fine_tune, 1, 0) == 0);
    CHECK(at(sweep::Phase::fine_tune, 1, 6) == rate(training.schedule, 6));
    CHECK(at(sweep::Phase::fine_tune, 2, 0) == 0.5);
    CHECK(at(sweep::Phase::fine_tune, 5, 4) == rate(training.schedule, 4 * kSteps + 4));
    training.warmup_learning_rate = 0.25;
    CHECK(at(sweep::Phase::warmup, 1, 0) == 0.25);
    CHECK(at(sweep::Phase::fine_tune, 2, 0) == 0.5);
    // Without that warm-up the schedule is about all epochs.
    spec.edit().init = sweep::Init::random;
    CHECK(sweep::rate_at(spec, {sweep::Phase::fine_tune, 7, 3, 0}, kSteps) ==
          sweep::rate_at(training.schedule, 0.5, {6 * kSteps + 3, kSteps, kEpochs + 2}));
}
