// SPDX-License-Identifier: Apache-2.0
#include "slurm/chain.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::slurm;

namespace {

ChainJob job(const std::string& id, const std::string& after, std::int64_t sent) {
    ChainJob made;
    made.id = id;
    made.after = after;
    made.sent = core::WallTime{sent};
    made.time_limit = 3600;
    return made;
}

// A job that ran: with so many saves in the journal at its start.
ChainJob ran(ChainJob made, std::int64_t saves, int fruitless = 0) {
    made.started = core::WallTime{made.sent.micros + 1};
    made.saves = saves;
    made.fruitless = fruitless;
    return made;
}

const core::WallTime kNow{1000};

}  // namespace

TEST_CASE("a job's file reads back as it was written, whatever it ended with") {
    auto whole = ran(job("4711", "4710", 5), 7, 1);
    whole.ended = core::WallTime{9};
    whole.ending = "two\nlines";
    auto back = whole;
    back.ending = "two lines";
    CHECK(parse_job(to_text(whole)) == back);
    CHECK(parse_job(to_text(job("1", "", 2))) == job("1", "", 2));
    CHECK(parse_job("").id.empty());
    CHECK(parse_job("saves x\nfuture key\nid 3").id == "3");
}

TEST_CASE(
    "the jobs of a sweep are listed as they were sent, and what is no job's file is passed over") {
    const tests::TemporaryDirectory sweep;
    CHECK(read_jobs(sweep.path()).empty());
    write_job(sweep.path(), job("10", "9", 2));
    write_job(sweep.path(), job("9", "", 1));
    write_job(sweep.path(), job("11", "10", 2));
    std::ofstream(jobs_directory(sweep.path()) / "12.99.tmp") << "id 12";
    std::ofstream(jobs_directory(sweep.path()) / "13") << "id 14";
    std::ofstream(jobs_directory(sweep.path()) / "notes") << "id 15";
    const auto jobs = read_jobs(sweep.path());
    REQUIRE(jobs.size() == 3);
    CHECK(jobs[0].id == "9");
    CHECK(jobs[1].id == "10");
    CHECK(jobs[2].id == "11");
    CHECK(read_job(sweep.path(), "10") == job("10", "9", 2));
    CHECK_FALSE(read_job(sweep.path(), "77"));
}

TEST_CASE("a job that saves nothing is counted by the next one, and a save ends the count") {
    const auto first = started(job("1", "", 1), {}, kNow, 5);
    CHECK(first.fruitless == 0);
    CHECK(first.saves == 5);
    CHECK(first.started == kNow);
    CHECK(fruitless_after(first, 5) == 1);
    CHECK(fruitless_after(first, 6) == 0);
    const auto second = started(job("2", "1", 2), {first}, kNow, 5);
    CHECK(second.fruitless == 1);
    CHECK(fruitless_after(second, 5) == kFruitlessUntilEnd);
    CHECK(started(job("3", "2", 3), {first, second}, kNow, 6).fruitless == 0);
}

TEST_CASE("a requeued job counts its own earlier start") {
    const auto once = started(job("1", "", 1), {}, kNow, 5);
    const auto twice = started(once, {once}, kNow, 5);
    CHECK(twice.fruitless == 1);
    CHECK(started(twice, {twice}, kNow, 5).fruitless == 2);
    CHECK(started(twice, {twice}, kNow, 8).fruitless == 0);
}

TEST_CASE("what the user sends begins to count anew, and a cancelled job counts for nothing") {
    const auto barren = ran(job("1", "", 1), 5, 1);
    CHECK(started(job("2", "", 2), {barren}, kNow, 5).fruitless == 0);
    const auto cancelled = job("2", "1", 2);
    CHECK(started(job("3", "2", 3), {barren, cancelled}, kNow, 5).fruitless == 2);
    CHECK(started(job("3", "77", 3), {barren}, kNow, 5).fruitless == 0);
    // Files that name each other end the search.
    CHECK(started(job("3", "4", 3), {job("4", "5", 1), job("5", "4", 1)}, kNow, 5).fruitless == 0);
}

TEST_CASE("a new start forgets how the last one ended") {
    auto before = ran(job("1", "", 1), 5);
    before.ended = core::WallTime{7};
    before.ending = "lost";
    const auto again = started(before, {}, kNow, 6);
    CHECK_FALSE(again.ended);
    CHECK(again.ending.empty());
}
