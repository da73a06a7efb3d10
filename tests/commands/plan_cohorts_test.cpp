// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_cohorts.hpp"

#include "commands/plan_times.hpp"
#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft;
using commands::planned_cohorts;
using commands::PlannedCohort;
using commands::sharing_of;
using scheduler::Cohorts;

namespace {

// Of a network of 1e9 multiply-adds with `frozen` percent of them below the cut; 100 images
// trained and 20 evaluated in each of 5 epochs, without a warm-up.
sweep::PlannedTrial cut_at(double frozen, std::int64_t seed = 1) {
    auto trial = tests::planned_trial(seed);
    trial.spec.freeze = frozen;
    trial.work.frozen_multiply_adds = 1e7 * frozen;
    return trial;
}

const std::vector<sweep::PlannedTrial> kGrid{cut_at(0), cut_at(50), cut_at(100), cut_at(50, 2),
                                             cut_at(100, 2)};

}  // namespace

TEST_CASE("plan groups trials as the scheduler does, and says what that saves") {
    const auto cohorts = planned_cohorts(kGrid, Cohorts::formed);
    REQUIRE(cohorts.size() == 3);  // the first shares nothing
    CHECK(cohorts[0].members == std::vector<std::size_t>{0});
    CHECK(cohorts[1].members == std::vector<std::size_t>{1, 2});
    CHECK(cohorts[2].members == std::vector<std::size_t>{3, 4});
    // 600 images forward through half, 1,600 through the other half; and 600 through all. Together
    // the bottom, here all, is gone through once.
    CHECK(cohorts[1].alone == Approx((600 * 0.5 + 1600 * 0.5 + 600) * 1e9));
    CHECK(cohorts[1].together == Approx((600 + 1600 * 0.5) * 1e9));
    const auto sharing = sharing_of(cohorts);
    CHECK(sharing.trials == 5);
    CHECK(sharing.cohorts == 2);
    CHECK(sharing.in_cohorts == 4);
    CHECK(sharing.largest == 2);
    CHECK(sharing.saved() == Approx(600.0 / (1600 + 2 * 1700)));
    const auto text = sharing_text(kGrid, cohorts, Cohorts::formed);
    CHECK_THAT(text, ContainsSubstring("4 trials in 2 cohorts: 12 % of all work saved"));
    CHECK_THAT(text, ContainsSubstring("small_cnn"));
    CHECK_THAT(sharing_json(kGrid, cohorts, Cohorts::formed),
               ContainsSubstring("\"networks\": {\"small_cnn\": {\"trials\": 5, \"cohorts\": 2"));
}

TEST_CASE("plan says when nothing is shared, and when it may not be") {
    const auto off = planned_cohorts(kGrid, Cohorts::off);
    CHECK(off.size() == kGrid.size());
    CHECK(sharing_of(off).saved() == 0);
    CHECK_THAT(sharing_text(kGrid, off, Cohorts::off), ContainsSubstring("cohorts = false"));
    const std::vector<sweep::PlannedTrial> unlike{cut_at(50, 1), cut_at(50, 2)};
    CHECK_THAT(sharing_text(unlike, planned_cohorts(unlike, Cohorts::formed), Cohorts::formed),
               ContainsSubstring("Cohorts: none"));
}

TEST_CASE("times are those of cohorts, and near the end no longer than all alone") {
    const commands::StepRow row{"V100",    "small_cnn",          0, 32,
                                "float32", {1, 0.25, 0.125, ""}, 1, "2026 by check"};
    const auto cohorts = planned_cohorts(kGrid, Cohorts::formed);
    const auto times = commands::device_times(kGrid, {row}, {}, cohorts);
    REQUIRE(times.size() == 1);
    REQUIRE(times[0].cohorts.size() == 3);
    CHECK(times[0].cohorts[1] == Approx((times[0].seconds[1] + times[0].seconds[2]) *
                                        cohorts[1].together / cohorts[1].alone));
    CHECK(commands::until_done(times[0], 5) ==
          Approx(*std::max_element(times[0].seconds.begin(), times[0].seconds.end())));
    CHECK(commands::until_done(times[0], 1) ==
          Approx(times[0].cohorts[0] + times[0].cohorts[1] + times[0].cohorts[2]));
    CHECK_THAT(device_times_text(times, 1), ContainsSubstring("without cohorts)"));
    CHECK_THAT(device_times_json(times, 1), ContainsSubstring("\"devices\": 1"));
}
