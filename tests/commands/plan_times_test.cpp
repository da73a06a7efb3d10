// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_times.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::commands {

using tests::planned;
using tests::RecordBuilder;

namespace {

StepRow row(const std::string& device, const std::string& network) {
    return {device, network, 224, 32, "float32", {1, 0.25, 0.125, ""}, 2, "2026 by check"};
}

}  // namespace

TEST_CASE("nothing measured means no time, not a guess") {
    CHECK(device_times({planned()}, {}, {}).empty());
    CHECK(device_times({planned()}, {row("V100", "resnet50_v2")}, {}).empty());
}

TEST_CASE("each kind of device has its time, and says where it comes from") {
    const auto times = device_times(
        {planned(), planned("small_cnn")},
        {row("V100", "mobilenet"), row("H200", "mobilenet"), row("H200", "small_cnn")}, {});
    REQUIRE(times.size() == 2);
    CHECK(times[0].device == "H200");
    CHECK(times[0].timed == 2);
    CHECK(times[0].unknown == 0);
    CHECK(times[1].unknown == 1);
    const auto text = device_times_text(times, std::nullopt);
    CHECK_THAT(text, ContainsSubstring("Time on H200: "));
    CHECK_THAT(text, ContainsSubstring("on 2, as were seen"));
    CHECK_THAT(text, ContainsSubstring("one batch of each network, timed 2026 by check"));
    CHECK_THAT(text, ContainsSubstring("1 trial not in it"));
    CHECK_THAT(device_times_text(times, 8), ContainsSubstring(" on 8;"));
}

TEST_CASE("finished trials of the sweep are believed before timed steps") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    builder.finish(id, 0.9, 0.9);
    const auto& done = *builder.record().find(id);
    const auto& device = done.attempts.back().device;
    const auto times =
        device_times({planned(), planned("small_cnn")},
                     {row(device, "mobilenet"), row(device, "small_cnn")}, builder.record());
    REQUIRE(times.size() == 1);
    CHECK(times[0].trained == 1);
    CHECK(times[0].timed == 1);
    CHECK(times[0].seconds.at(0) == Approx(done.seconds));
    CHECK_THAT(device_times_text(times, 1),
               ContainsSubstring("the rates of 1 finished trial of this sweep; and one batch"));
}

}  // namespace graft::commands
