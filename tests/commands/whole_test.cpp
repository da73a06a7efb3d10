// SPDX-License-Identifier: Apache-2.0
#include "commands/whole.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

using namespace graft;

TEST_CASE("a dataset that a record lacks comes with what was found in it, once") {
    tests::RecordBuilder part;
    const auto one = part.plan(tests::planned());
    const auto two = part.plan(tests::planned("mobilenet", "retina", "random", 2));
    part.dataset("retina");
    const auto& ready = part.record().datasets().front();
    sweep::DatasetAudited audited;
    audited.fingerprint = ready.fingerprint;
    audited.groups_across = 3;
    part.apply(audited);
    REQUIRE(part.record().find(one)->spec->dataset_fingerprint == ready.fingerprint);
    tests::RecordBuilder whole;
    const auto missing = commands::missing_datasets(whole.record(), part.record(), {one, two});
    REQUIRE(missing.size() == 2);
    for (const auto& event : missing) {
        whole.apply(event);
    }
    REQUIRE(whole.record().audit(ready.fingerprint));
    CHECK(whole.record().audit(ready.fingerprint)->groups_across == 3);
    CHECK(commands::missing_datasets(whole.record(), part.record(), {one, two}).empty());
}
