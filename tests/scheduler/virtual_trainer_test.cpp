// SPDX-License-Identifier: Apache-2.0
#include "scheduler/virtual_trainer.hpp"

#include "support/catch.hpp"

namespace graft::scheduler {

namespace {

using core::Seconds;

// 2 epochs of warm-up and 4 more, of 10 batches each.
constexpr Epochs kEpochs{2, 6, 10};

CohortTime time_of(double save) {
    return {Seconds(5), Seconds(10), Seconds(100), Seconds(7), Seconds(save)};
}

}  // namespace

TEST_CASE("a stretch ends with a phase, and then where the work is worth a save") {
    const auto warmup = next_stretch(time_of(1), kEpochs, 0);
    CHECK(warmup.to == 2);
    CHECK(warmup.training == Seconds(20));
    CHECK_FALSE(warmup.last);
    const auto first = next_stretch(time_of(1), kEpochs, 2);
    CHECK(first.to == 3);                                 // 100 s are more than 50 saves of 1 s
    CHECK(next_stretch(time_of(2), kEpochs, 2).to == 4);  // 100 s are not more than 50 of 2 s
    const auto last = next_stretch(time_of(10), kEpochs, 2);
    CHECK(last.last);
    CHECK(last.training == Seconds(407));  // with the scoring
}

TEST_CASE("a position says what is done, and back") {
    CHECK(epochs_done(kEpochs, std::nullopt) == 0);
    for (int batches = 0; batches <= 60; ++batches) {
        const auto position = position_of(kEpochs, batches / 10.0);
        CHECK(position.step == batches);
        CHECK(epochs_done(kEpochs, position) == Approx(batches / 10.0));
    }
    CHECK(position_of(kEpochs, 1.99) == sweep::Position{sweep::Phase::warmup, 2, 9, 19});
    CHECK(position_of(kEpochs, 2) == sweep::Position{sweep::Phase::fine_tune, 1, 0, 20});
    CHECK(position_of({0, 6, 10}, 0) == sweep::Position{sweep::Phase::fine_tune, 1, 0, 0});
}

TEST_CASE("a stretch that is left early has done its share") {
    const Stretch whole{0, 6, Seconds(427), Seconds(0), true};
    CHECK(done_after(time_of(0), kEpochs, whole, Seconds(-1)) == 0);
    CHECK(done_after(time_of(0), kEpochs, whole, Seconds(15)) == Approx(1.5));
    CHECK(done_after(time_of(0), kEpochs, whole, Seconds(70)) == Approx(2.5));
    CHECK(done_after(time_of(0), kEpochs, whole, Seconds(1000)) == 6);
}

TEST_CASE("epochs of a trial count its warm-up only where it has one") {
    sweep::Trial trial;
    trial.spec.edit().init = sweep::Init::pretrained;
    trial.spec.edit().training.warmup_epochs = 3;
    trial.spec.edit().training.batch_size = 32;
    trial.work.epochs = 53;
    trial.work.train_images = 65;
    CHECK(epochs_of(trial).warmup == 3);
    CHECK(epochs_of(trial).batches == 3);
    trial.spec.edit().init = sweep::Init::random;
    CHECK(epochs_of(trial).warmup == 0);
}

}  // namespace graft::scheduler
