// SPDX-License-Identifier: Apache-2.0
#include "sweep/trainer_log.hpp"

#include "support/catch.hpp"

using namespace graft;
using namespace graft::sweep;

namespace {

std::string mark_of(std::uint64_t cohort) {
    Assign assign;
    assign.cohort = CohortId(cohort);
    Member member;
    member.trial = TrialId("0123456789abcdef");
    member.attempt = 2;
    assign.members = {member, member};
    assign.members[1].trial = TrialId("fedcba9876543210");
    return attempt_mark(assign, "node1", {1'795'478'400'000'000});
}

}  // namespace

TEST_CASE("a trainer's log is named after its rank and its first slot") {
    CHECK(trainer_log(Rank(3), {Slot(1), Slot(2)}) == "logs/trainer-3-1.log");
}

TEST_CASE("a mark names the cohort, the time, the host, and each trial's attempt") {
    CHECK(mark_of(17) ==
          "== cohort 17 begins at 2026-11-24 00:00:00 UTC on node1: "
          "0123456789abcdef attempt 2, fedcba9876543210 attempt 2\n");
}

TEST_CASE("the lines of an attempt are those between its mark and the next") {
    const std::string log = "from before marks\n" + mark_of(1) + "a\nb\n" + mark_of(12) +
                            "text == cohort 2 begins\n" + mark_of(2) + "last";
    CHECK(part_of_attempt(log, CohortId(1)) == "a\nb\n");
    CHECK(part_of_attempt(log, CohortId(12)) == "text == cohort 2 begins\n");
    CHECK(part_of_attempt(log, CohortId(2)) == "last");
    CHECK(part_of_attempt(log, CohortId(3)).empty());
    CHECK(part_of_attempt("", CohortId(1)).empty());
    CHECK(part_of_attempt("== cohort 1 begi", CohortId(1)).empty());
}

TEST_CASE("the last lines are those that say something") {
    CHECK(last_lines("", 8).empty());
    CHECK(last_lines("\n \n\n", 8).empty());
    const std::vector<std::string> last{"c", "d"};
    CHECK(last_lines("a\nb\nc\n\nd\n", 2) == last);
    CHECK(last_lines("0 %\r50 %\r100 %\r\nend", 8) == std::vector<std::string>{"100 %", "end"});
    CHECK(last_lines("x\nsame\nsame\nsame\n", 8) ==
          std::vector<std::string>{"x", "same (3 times)"});
}

TEST_CASE("what a log holds cannot steer the terminal that shows it") {
    const auto lines =
        last_lines("\x1b[2J\x1b]0;title\x07red\x1b[31m \xe2\x80\xaetxt\xff\x9b 3J\n", 1);
    REQUIRE(lines.size() == 1);
    for (const char c : lines[0]) {
        CHECK(static_cast<unsigned char>(c) >= 0x20);
    }
    CHECK(lines[0].find("\xe2\x80\xae") == std::string::npos);
    CHECK_THAT(lines[0], ContainsSubstring("red") && ContainsSubstring("txt"));
    const auto long_one = last_lines(std::string(5000, 'x'), 1);
    REQUIRE(long_one.size() == 1);
    CHECK(long_one[0].size() < 210);
}
