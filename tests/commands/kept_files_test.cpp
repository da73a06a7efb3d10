// SPDX-License-Identifier: Apache-2.0
#include "commands/kept_files.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::commands {

namespace {

Live live_of(const std::string& directory, const tests::RecordBuilder& builder) {
    return {directory, builder.record(), {}};
}

}  // namespace

TEST_CASE("the files of a sweep that is not divided lie in it") {
    tests::RecordBuilder builder;
    const auto trial = builder.plan(tests::planned());
    const KeptFiles files(live_of("/s", builder), std::nullopt);
    const auto& found = *builder.record().find(trial);
    CHECK(files.directory_of(found) == "/s");
    CHECK(files.predictions_of(found) == "/s/trials/" + trial.text() + "/predictions.h5");
}

TEST_CASE("the files of a part's trial lie in the part until the sweep has its result") {
    tests::RecordBuilder own, part;
    const auto merged = own.plan(tests::planned());
    const auto dealt = own.plan(tests::planned("mobilenet", "retina", "random", 2));
    own.finish(merged, 0.8, 0.7);
    part.finish(part.plan(tests::planned()), 0.8, 0.7);
    part.finish(part.plan(tests::planned("mobilenet", "retina", "random", 2)), 0.9, 0.8);
    Whole whole;
    whole.parts.push_back({"01", "/s/parts/01", 2, live_of("/s/parts/01", part)});
    whole.parts.push_back({"02", "/s/parts/02", 1, std::nullopt});
    const KeptFiles files(live_of("/s", own), whole);
    CHECK(files.directory_of(*own.record().find(merged)) == "/s");
    CHECK(files.directory_of(*own.record().find(dealt)) == "/s/parts/01");
}

}  // namespace graft::commands
