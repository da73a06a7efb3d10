// SPDX-License-Identifier: Apache-2.0
#include "commands/verify_text.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::commands {

namespace {

constexpr const char* kHere = "cpu, 1 thread";

sweep::Trial finished() {
    tests::RecordBuilder builder;
    builder.finish(builder.plan(tests::planned()), 0.8, 0.7);
    return builder.record().trials().front();
}

std::string text_for(const sweep::Trial& recorded, const sweep::Trial& again,
                     VerdictKind expected) {
    const auto verdict = verdict_of(recorded, again, false);
    CHECK(verdict.kind == expected);
    return verdict_text(verdict).substr(recorded.id.text().size() + 1);
}

}  // namespace

TEST_CASE("an equal trial is told in one line") {
    const auto trial = finished();
    CHECK(text_for(trial, trial, VerdictKind::equal) ==
          "equal to the bit: 2 epochs, the result, best.h5 and predictions.h5.");
}

TEST_CASE("of a trial that diverged before it had files none are said to be equal") {
    tests::RecordBuilder builder;
    builder.diverge(builder.plan(tests::planned()), NAN);
    const auto trial = builder.record().trials().front();
    CHECK(text_for(trial, trial, VerdictKind::equal) ==
          "equal to the bit: 1 epoch and the result, which has no files.");
}

TEST_CASE("a trial that differs is told with the first place and both values") {
    const auto recorded = finished();
    auto again = recorded;
    again.rows[1].train_loss = 0.25;
    std::get<sweep::Done>(again.state).result.weights.hash = "x";
    CHECK(text_for(recorded, again, VerdictKind::differs) ==
          "differs in 2 values, first in epoch 2, train_loss: recorded 0.5, now 0.25.");
    again.state = sweep::Failed{"it crashed"};
    CHECK_THAT(text_for(recorded, again, VerdictKind::differs),
               ContainsSubstring("it failed this time (it crashed)"));
}

TEST_CASE("under other numerics the largest difference is told, and equal numbers are equal") {
    const auto recorded = finished();
    auto again = recorded;
    again.attempts[0].numerics = "cpu, 2 thread";
    CHECK_THAT(text_for(recorded, again, VerdictKind::equal),
               ContainsSubstring("(although numerics differ: recorded cpu, 1 thread; here cpu, 2 "
                                 "thread)"));
    again.rows[0].train_loss = 1.5;
    again.rows[1].train_loss = 0.50001;
    CHECK(text_for(recorded, again, VerdictKind::incomparable) ==
          "cannot be compared to the bit: numerics differ: recorded cpu, 1 thread; here cpu, 2 "
          "thread; largest difference in epoch 1, train_loss: recorded 1, now 1.5.");
    CHECK_FALSE(all_equal({verdict_of(recorded, again, false)}));
}

TEST_CASE("a trial of mixed numerics cannot be compared, even where its last ones are here") {
    auto recorded = finished();
    recorded.attempts.insert(recorded.attempts.begin(), recorded.attempts.front());
    recorded.attempts[0].numerics = "cuda, 1 thread";
    auto again = finished();
    again.rows[0].train_loss = 1.5;
    CHECK_THAT(text_for(recorded, again, VerdictKind::incomparable),
               ContainsSubstring("recorded cuda, 1 thread, then cpu, 1 thread; here " +
                                 std::string(kHere)));
}

TEST_CASE("a changed best.h5 of the sweep differs, and what mends it is named") {
    const auto trial = finished();
    auto verdict = verdict_of(trial, trial, true);
    CHECK(verdict.kind == VerdictKind::differs);
    verdict.kept = "/s/verify/x";
    const auto text = verdict_text(verdict);
    CHECK_THAT(text, ContainsSubstring("best.h5 does not have its recorded content"));
    CHECK_THAT(text, ContainsSubstring("copy this over it: /s/verify/x/trials/" + trial.id.text() +
                                       "/best.h5"));
}

TEST_CASE("what verifying costs is said first, and several verdicts are summed up") {
    tests::RecordBuilder builder;
    builder.finish(builder.plan(tests::planned()), 0.8, 0.7);
    builder.finish(builder.plan(tests::planned("mobilenet", "retina", "random", 2)), 0.8, 0.7);
    const auto& record = builder.record();
    const std::vector<const sweep::Trial*> one{&record.trials()[0]};
    const std::vector<const sweep::Trial*> both{&record.trials()[0], &record.trials()[1]};
    CHECK_THAT(cost_text(record, one, false, false),
               ContainsSubstring("seed 1) again, the cheapest finished trial: it took 20 s"));
    CHECK_THAT(cost_text(record, both, true, false),
               ContainsSubstring("2 finished trials of 'study' again, one after the other: they "
                                 "took 40 s"));
    CHECK_THAT(cost_text(record, both, false, true),
               ContainsSubstring("Training 2 trials again: they took 40 s"));
    const auto equal = verdict_of(*both[0], *both[0], false);
    auto other = *both[1];
    other.rows.pop_back();
    CHECK(summary_text({equal}).empty());
    CHECK(summary_text({equal, verdict_of(*both[1], other, false)}) ==
          "2 trials: 1 equal, 1 differ, 0 cannot be compared.\n");
}

}  // namespace graft::commands
