// SPDX-License-Identifier: Apache-2.0
#include "results/failures.hpp"

#include <set>

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;

namespace {

sweep::TrialId plan_seed(RecordBuilder& builder, std::int64_t seed) {
    return builder.plan(planned("mobilenet", "retina", "random", seed));
}

template <std::size_t... I>
std::vector<sweep::Ending> all_endings(std::index_sequence<I...>) {
    return {sweep::Ending(std::in_place_index<I>)...};
}

}  // namespace

TEST_CASE("every ending that is a fault has a class and advice of its own") {
    std::set<std::string_view> advice;
    std::size_t faults = 0;
    for (const auto& ending :
         all_endings(std::make_index_sequence<std::variant_size_v<sweep::Ending>>())) {
        const auto kind = sweep::kind_of(ending);
        INFO(kind);
        const auto failure = core::value_of<FailureClass>(kind);
        const bool good = std::holds_alternative<sweep::Completed>(ending) ||
                          std::holds_alternative<sweep::Drained>(ending);
        CHECK(failure.has_value() == !good);
        if (failure) {
            ++faults;
            advice.insert(advice_of(*failure));
        }
    }
    CHECK(advice.size() == faults);
    CHECK(advice.count(advice_of(FailureClass::diverged)) == 0);
}

TEST_CASE("failures that differ in the trial alone are one, with the latest attempt") {
    RecordBuilder builder;
    std::vector<sweep::TrialId> ids;
    for (int seed = 1; seed <= 3; ++seed) {
        ids.push_back(plan_seed(builder, seed));
    }
    const auto alone = plan_seed(builder, 4);
    for (const auto& id : ids) {
        builder.fail(id, "trials/" + id.text() + "/1.1.state.h5 is damaged");
    }
    builder.fail(alone, "something else");
    const auto failures = failures_of(builder.record());
    REQUIRE(failures.size() == 2);
    CHECK(failures[0].trials.size() == 3);
    CHECK(failures[0].failure == FailureClass::crashed);
    CHECK(failures[0].fate == Fate::failed);
    CHECK(failures[0].trial->id == ids[2]);
    CHECK(failures[0].attempt == &builder.record().find(ids[2])->attempts[0]);
    CHECK(failures[0].message.find(ids[2].text()) != std::string::npos);
    CHECK(failures[1].message == "something else");
}

TEST_CASE("a trial tried again is told by its last fault, and by what became of it") {
    RecordBuilder builder;
    const auto open = plan_seed(builder, 1);
    const auto recovered = plan_seed(builder, 2);
    const auto well = plan_seed(builder, 3);
    const auto left_out = plan_seed(builder, 4);
    builder.end(builder.start({open}), sweep::Killed{9});
    builder.end(builder.start({open}), sweep::Hung{600});
    builder.end(builder.start({open}), sweep::CoordinatorLost{});
    builder.end(builder.start({open}), sweep::Drained{});
    builder.end(builder.start({recovered}), sweep::Killed{9});
    builder.finish(recovered, 0.8, 0.8);
    builder.finish(well, 0.8, 0.8);
    builder.fail(left_out, "why");
    builder.leave_out(left_out);
    const auto failures = failures_of(builder.record());
    REQUIRE(failures.size() == 2);
    CHECK(failures[0].fate == Fate::goes_on);
    CHECK(failures[0].failure == FailureClass::hung);
    CHECK(failures[0].attempt->number == 2);
    CHECK(failures[1].fate == Fate::recovered);
    CHECK(failures[1].failure == FailureClass::killed);
    CHECK(failures[1].trials.front()->id == recovered);
}

TEST_CASE("a diverged trial is told as such") {
    RecordBuilder builder;
    builder.diverge(plan_seed(builder, 1), 0.6);
    const auto failures = failures_of(builder.record());
    REQUIRE(failures.size() == 1);
    CHECK(failures[0].failure == FailureClass::diverged);
    CHECK(failures[0].fate == Fate::diverged);
    CHECK(failures[0].message == "the loss was not finite in epoch 2 of fine_tune");
}

}  // namespace graft::results
