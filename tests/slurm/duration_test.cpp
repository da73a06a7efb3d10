// SPDX-License-Identifier: Apache-2.0
#include "slurm/duration.hpp"

#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace graft::slurm;

TEST_CASE("durations are read as SLURM reads them") {
    const std::vector<std::pair<std::string, std::int64_t>> table{
        {"90", 5400},           {"0", 0},         {"90:00", 5400},       {"1:30", 90},
        {"24:00:00", 86400},    {"00:00:01", 1},  {"1-12", 129600},      {"1-12:30", 131400},
        {"1-12:30:05", 131405}, {"0-0:90", 5400}, {"100:00:00", 360000}, {"7-00:00:00", 604800}};
    for (const auto& [text, seconds] : table) {
        INFO(text);
        CHECK(parse_duration(text) == seconds);
    }
}

TEST_CASE("what is no duration of SLURM's is none") {
    for (const char* text :
         {"", "-", "-1", "1-", "1:", ":1", "1:2:3:4", "1-2:3:4:5", "1 h", "24h", " 90", "90 ",
          "1.5", "+5", "1--2", "UNLIMITED", "9999999999", "1-12:-3"}) {
        INFO(text);
        CHECK_FALSE(parse_duration(text));
    }
}

TEST_CASE("durations are written so that they read back, with days from one day on") {
    CHECK(duration_text(0) == "00:00:00");
    CHECK(duration_text(1800) == "00:30:00");
    CHECK(duration_text(86399) == "23:59:59");
    CHECK(duration_text(86400) == "1-00:00:00");
    CHECK(duration_text(131405) == "1-12:30:05");
    for (const std::int64_t seconds : {0, 1, 59, 60, 3599, 86399, 86400, 1000000}) {
        CHECK(parse_duration(duration_text(seconds)) == seconds);
    }
}
