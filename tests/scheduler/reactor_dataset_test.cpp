// SPDX-License-Identifier: Apache-2.0
#include "scheduler/bench.hpp"
#include "scheduler/reactor.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;

TEST_CASE("what was found in a dataset is recorded with it, once for all sizes") {
    Bench bench;
    bench.start(Bench::trials(1));
    sweep::DatasetReady ready;
    ready.dataset = "d";
    ready.fingerprint = "print-d";
    ready.size = 32;
    sweep::DatasetAudited audited;
    audited.fingerprint = "print-d";
    audited.groups_across = 1;
    const scheduler::Need need{"d", "print-d", 32};
    const auto tell = [&] {
        on_dataset(bench.state, bench.outbox, need, scheduler::PreparedDataset(ready, audited),
                   bench.moment);
        return bench.state.record.audit("print-d");
    };
    REQUIRE(tell());
    audited.groups_across = 2;  // of no account: known already
    CHECK(tell()->groups_across == 1);
    audited.copies_known = true;  // it says more than what is known
    CHECK(tell()->groups_across == 2);
}

TEST_CASE("what a dataset's parts hold is said when it is ready, of folds as about each one's") {
    Bench bench;
    bench.start(Bench::trials(1));
    sweep::DatasetReady ready;
    ready.dataset = "d";
    ready.fingerprint = "print-d";
    ready.size = 32;
    ready.train = 80;
    ready.validation = 10;
    ready.test = 9;
    const auto said = [&](std::int32_t folds) {
        on_dataset(bench.state, bench.outbox, {"d", "print-d", 32},
                   scheduler::PreparedDataset(ready, std::nullopt, folds), bench.moment);
        return bench.state.lines.back();
    };
    CHECK(said(0) == "dataset d is ready at 32 px: 80 training, 10 validation, 9 test images");
    CHECK(said(10) ==
          "dataset d is ready at 32 px: 10 folds, each of about 80 training, 10 validation, 9 test "
          "images");
}
