// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cohort_work.hpp"

#include "scheduler/cohort_bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Ahead;
using scheduler::CohortShape;

namespace {

sweep::Trial trial_of(const sweep::PlannedTrial& planned) {
    sweep::Trial trial;
    trial.spec = planned.spec;
    trial.work = planned.work;
    return trial;
}

}  // namespace

TEST_CASE("the work of a cohort, by hand") {
    // A network of 10 with cuts at 4 and 6; 8 images trained and 2 evaluated per epoch; one epoch
    // of warm-up, two of the second phase.
    const CohortShape shape{{10, 16, 4}, 10, {4, 6}};
    // Warm-up: 10 images forward through everything: 100. Up to the deepest cut: 20 images forward
    // through 6: 120. Above the cuts: 16 images three times and 4 once, 52, through 6 and
    // through 4.
    CHECK(cohort_multiply_adds(shape) == 100 + 120 + 52 * 6 + 52 * 4);
    // Alone: 100 + 20 * 4 + 52 * 6 = 492, and 100 + 20 * 6 + 52 * 4 = 428.
    CHECK(cohort_multiply_adds(shape, 0, 1) == 492);
    CHECK(cohort_multiply_adds(shape, 1, 2) == 428);
    CHECK(cohort_multiply_adds(shape, 1, 1) == 0);
    CHECK(scheduler::gain_of(shape) == Approx(180.0 / 920.0));
    CHECK(scheduler::gain_of({{10, 16, 4}, 10, {4}}) == 0);
}

TEST_CASE("images ahead follow a trial's position") {
    auto planned = freeze_grid({50}).front();
    planned.spec.edit().init = sweep::Init::pretrained;  // 3 of the 50 epochs are its warm-up
    planned.spec.edit().training.batch_size = 32;
    const auto ahead = [&](std::optional<sweep::Position> position) {
        const Ahead found = scheduler::images_ahead(planned.spec, planned.work, position);
        return std::vector<double>{found.warmup, found.trained, found.evaluated};
    };
    CHECK(ahead(std::nullopt) == std::vector<double>{330, 4700, 470});
    CHECK(ahead(sweep::Position{sweep::Phase::warmup, 2, 1, 0}) ==
          std::vector<double>{220 - 32, 4700, 470});
    CHECK(ahead(sweep::Position{sweep::Phase::fine_tune, 47, 0, 0}) ==
          std::vector<double>{0, 100, 10});
    // The last batch is a short one.
    CHECK(ahead(sweep::Position{sweep::Phase::fine_tune, 47, 4, 0}) ==
          std::vector<double>{0, 0, 10});
    CHECK(ahead(sweep::Position{sweep::Phase::fine_tune, 48, 0, 0}) ==
          std::vector<double>{0, 0, 0});
}

TEST_CASE("a trial alone has the work that a sweep reckons with, but for its warm-up") {
    auto planned = freeze_grid({30}).front();
    const auto trial = trial_of(planned);
    CHECK(cohort_multiply_adds(scheduler::shape_of({&trial})) ==
          Approx(sweep::total_multiply_adds(planned.work)));
    planned.spec.edit().init = sweep::Init::pretrained;
    const auto warm = trial_of(planned);
    CHECK(cohort_multiply_adds(scheduler::shape_of({&warm})) <
          sweep::total_multiply_adds(planned.work));
}

TEST_CASE("what others could do for a trial is its frozen layers and its warm-up") {
    auto planned = freeze_grid({0}).front();
    CHECK(scheduler::shareable(trial_of(planned)) == 0);
    planned.spec.edit().init = sweep::Init::pretrained;
    // 330 images forward of 330 + 3 * 4700 + 470.
    CHECK(scheduler::shareable(trial_of(planned)) == Approx(330.0 / 14900.0));
    CHECK(scheduler::shareable(trial_of(freeze_grid({100}).front())) == 1);
}

TEST_CASE("a member beyond the first adds its weights, gradients and moments, and its best") {
    sweep::Work work;
    work.trainable_parameters = 1000;
    work.weight_bytes = 8000;
    sweep::TrialSpec spec;
    CHECK(scheduler::bytes_on_device(spec, work) == 16000);
    spec.edit().training.optimizer = sweep::Optimizer::adamw;
    CHECK(scheduler::bytes_on_device(spec, work) == 16000);
    spec.edit().training.optimizer = sweep::Optimizer::sgd;
    CHECK(scheduler::bytes_on_device(spec, work) == 12000);
    spec.edit().training.update.momentum = 0;
    CHECK(scheduler::bytes_on_device(spec, work) == 8000);
    CHECK(scheduler::bytes_on_host(work) == 8000);
}
