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
