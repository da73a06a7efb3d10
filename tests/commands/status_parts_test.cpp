// SPDX-License-Identifier: Apache-2.0
#include "commands/status_parts.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::commands {

namespace {

PartStatus part(const std::string& name, std::int64_t done, std::int64_t waiting) {
    PartStatus status;
    status.name = name;
    status.directory = "/s/parts/" + name;
    status.counts.done = done;
    status.counts.waiting = waiting;
    return status;
}

PartStatus running(PartStatus status, double seconds_left) {
    status.runs = true;
    status.who = "running on node1 (pid 99, job 4711)";
    status.time_left = results::TimeLeft{seconds_left, std::nullopt, std::nullopt, 1, 1};
    return status;
}

}  // namespace

TEST_CASE("status of a divided sweep: the sum, a line for each part, the slowest one's time") {
    tests::RecordBuilder builder;
    builder.finish(builder.plan(tests::planned()), 0.8, 0.7);
    StatusView view;
    view.directory = "study";
    view.record = &builder.record();
    view.merged_parts = 2;
    view.parts = {running(part("03", 1, 2), 600), running(part("04", 0, 3), 1200),
                  part("05", 0, 4)};
    const auto text = status_text(view);
    CHECK_THAT(text, ContainsSubstring("sweep study: 1 of 1 trials ended"));
    CHECK_THAT(text, ContainsSubstring("divided into 3 parts, 2 more merged:\n"));
    CHECK_THAT(text, ContainsSubstring("03      1 of 3 ended  running on node1 (pid 99, job"));
    CHECK_THAT(text, ContainsSubstring("05      0 of 4 ended  not started\n"));
    CHECK_THAT(text, ContainsSubstring("time left: about 20 min 00 s for the slowest part"));
    CHECK_THAT(text, ContainsSubstring("Next: graft run /s/parts/05"));
    const auto json = status_json(view);
    CHECK_THAT(json, ContainsSubstring(R"("runs": true)"));
    CHECK_THAT(json, ContainsSubstring(R"("parts": [{"part": "03", "directory": "/s/parts/03")"));
}

TEST_CASE("what comes next in a divided sweep: mend, start, merge, or look") {
    StatusView view;
    view.directory = "study";
    view.parts = {running(part("01", 1, 2), 60), part("02", 3, 0)};
    CHECK_THAT(parts_next(view), ContainsSubstring("graft merge study"));
    view.parts[1].runs = true;
    CHECK_THAT(parts_next(view), ContainsSubstring("graft query study"));
    view.parts[1].counts.failed = 1;
    CHECK_THAT(parts_next(view), ContainsSubstring("graft status /s/parts/02 --failures"));
}

}  // namespace graft::commands
