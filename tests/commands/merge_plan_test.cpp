// SPDX-License-Identifier: Apache-2.0
#include "commands/merge_plan.hpp"

#include "commands/merge_text.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::commands {

using tests::planned;
using tests::RecordBuilder;

namespace {

std::vector<sweep::TrialId> ids_of(const std::vector<MergePlan::Conflict>& conflicts) {
    std::vector<sweep::TrialId> ids;
    for (const auto& conflict : conflicts) {
        ids.push_back(conflict.trial);
    }
    return ids;
}

sweep::PlannedTrial seed(std::int64_t seed) {
    return planned("mobilenet", "retina", "random", seed);
}

}  // namespace

TEST_CASE("every finished trial of a source is taken, passed over or listed, by one table") {
    RecordBuilder from, into;
    from.dataset("retina");
    into.dataset("retina");
    const auto taken = from.plan(seed(1));
    const auto equal = from.plan(seed(2));
    const auto differing = from.plan(seed(3));
    const auto unplanned = from.plan(seed(4));
    const auto left_out = from.plan(seed(5));
    const auto failed_here = from.plan(seed(6));
    from.plan(seed(7));  // waits there
    const auto failed_there = from.plan(seed(8));
    const auto diverged = from.plan(seed(9));
    for (const auto& id : {taken, equal, differing, unplanned, left_out, failed_here}) {
        from.finish(id, 0.8, 0.75);
    }
    from.fail(failed_there, "why");
    from.diverge(diverged, 0.6);
    for (const int n : {1, 2, 3, 5, 6, 7, 8, 9}) {
        into.plan(seed(n));
    }
    into.finish(equal, 0.8, 0.75);
    into.finish(differing, 0.8, 0.5);
    into.leave_out(left_out);
    into.fail(failed_here, "why");
    const auto plan = merge_plan(from.record(), into.record());
    CHECK(plan.taken == std::vector{taken, failed_here, diverged});
    CHECK(plan.equal == std::vector{equal});
    CHECK(ids_of(plan.differing) == std::vector{differing});
    CHECK(plan.unplanned == std::vector{unplanned, left_out});
    CHECK(plan.unfinished == 2);
    CHECK(plan.other_pixels.empty());
    CHECK(plan.differing[0].text ==
          "first in result, test_auc (0.5 here, 0.75 there); here test_auc 0.5 (cpu, 1 thread, on "
          "node1), there test_auc "
          "0.75 (cpu, 1 thread, on node1)");
}

TEST_CASE("a result on other pixels is not taken, and both checksums are named") {
    RecordBuilder from, into;
    const auto id = from.plan(seed(1));
    into.plan(seed(1));
    from.dataset("retina");
    from.finish(id, 0.8, 0.75);
    into.dataset("retina");
    auto other = *into.record().dataset("print-of-retina", 224);
    other.pixels_checksum = "xyz";
    into.apply(other);
    const auto plan = merge_plan(from.record(), into.record());
    CHECK(plan.taken.empty());
    REQUIRE(ids_of(plan.other_pixels) == std::vector{id});
    CHECK(plan.other_pixels[0].text == "dataset retina at 224 px has checksum xyz here, abc there");
}

TEST_CASE("weights that were freed here are no difference") {
    RecordBuilder from, into;
    const auto id = from.plan(seed(1));
    into.plan(seed(1));
    from.finish(id, 0.8, 0.75);
    into.finish(id, 0.8, 0.75);
    into.apply(sweep::FilesFreed{into.now(), id, sweep::Freed::weights});
    CHECK(merge_plan(from.record(), into.record()).equal == std::vector{id});
}

TEST_CASE("a merge tells what it took, what it did not take, and what to type next") {
    RecordBuilder into;
    const auto id = into.plan(seed(1));
    into.plan(seed(2));
    Merged merged;
    auto& source = merged.sources.emplace_back();
    source.directory = "/home/ann/study";
    source.started = true;
    source.taken = 1;
    source.plan.differing = {{id, "first in epoch 1, val_loss; here 1, there 2"}};
    source.plan.unplanned = {sweep::TrialId(10), sweep::TrialId(11), sweep::TrialId(12),
                             sweep::TrialId(13)};
    merged.results = 1;
    merged.trials = 2;
    const auto text = merge_text(merged, into.record(), "study");
    CHECK_THAT(text,
               ContainsSubstring("/home/ann/study: 1 result taken, 1 here already, with other "
                                 "numbers, 4 not in this sweep's grid\n"));
    CHECK_THAT(text, ContainsSubstring("Other numbers in /home/ann/study; what is here stays:\n  " +
                                       id.text() +
                                       " (mobilenet, retina, random, freeze 0, seed 1)\n"
                                       "    first in epoch 1, val_loss"));
    CHECK_THAT(text, ContainsSubstring("4 trials that this sweep does not plan (000000000000000a, "
                                       "000000000000000b, 000000000000000c, ...)"));
    CHECK_THAT(text, ContainsSubstring("sweep study: 1 of 2 trials have results.\nNext: graft run "
                                       "study"));
    merged.left = 2;
    merged.ended = {"01", "03"};
    const auto parts = merge_text(merged, into.record(), "study");
    CHECK_THAT(parts, ContainsSubstring("Parts 01, 03 train no more.\n2 parts go on"));
    CHECK_THAT(parts, ContainsSubstring("Next: graft query study"));
}

}  // namespace graft::commands
