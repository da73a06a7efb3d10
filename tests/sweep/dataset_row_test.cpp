// SPDX-License-Identifier: Apache-2.0
#include "sweep/dataset_row.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft;

namespace {

// The same images, divided in another way.
sweep::DatasetReady ready(const std::string& name, std::int64_t train) {
    sweep::DatasetReady event;
    event.dataset = name;
    event.fingerprint = tests::planned_trial().spec->dataset_fingerprint;
    event.size = 32;
    event.train = train;
    return event;
}

}  // namespace

TEST_CASE("datasets of equal images have a row each, and a trial that of its own") {
    sweep::Record record;
    auto own = tests::planned_trial(1), renamed = tests::planned_trial(2);
    own.work.image_size = renamed.work.image_size = 32;
    renamed.spec.edit().dataset = "called otherwise since";
    record.apply(tests::started());
    record.apply(tests::planned({own, renamed}));
    record.apply(ready("on folds", 54));
    record.apply(ready(own.spec->dataset, 95));
    record.apply(ready(own.spec->dataset, 96));
    CHECK(record.datasets().size() == 2);
    CHECK(dataset_row(record, record.trials()[0])->train == 96);
    CHECK(dataset_row(record, record.trials()[1]) == &record.datasets()[0]);
    CHECK(dataset_row(record, "on folds", own.spec->dataset_fingerprint, 32)->train == 54);
    CHECK(dataset_row(record, "on folds", own.spec->dataset_fingerprint, 64) == nullptr);
}
