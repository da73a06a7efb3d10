// SPDX-License-Identifier: Apache-2.0
#include "scheduler/take_over.hpp"

#include "core/error.hpp"
#include "core/process.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::tests;
using namespace graft::scheduler;

namespace {

class Quiet final : public Observer {
  public:
    void show(const Status&) override {}
    void say(const std::string& line) override { lines.push_back(line); }
    std::vector<std::string> lines;
};

Holder holder_on(const std::string& host) {
    return {host, "boot", "job", "id", 42, 7, core::Seconds(5)};
}

Claim claim(const std::string& start_id) {
    return {start_id, "", core::Seconds(5), {}};
}

core::Instant at(double seconds) {
    return core::Instant() +
           std::chrono::duration_cast<core::Instant::duration>(core::Seconds(seconds));
}

}  // namespace

TEST_CASE("a holder reads back as it was written") {
    const auto holder = holder_on("node7");
    CHECK(parse_holder(to_text(holder)) == holder);
    CHECK(parse_holder("nonsense").pid == 0);
    auto quick = holder;
    quick.every = core::Seconds(0.25);
    CHECK(parse_holder(to_text(quick)) == quick);
}

TEST_CASE("an older holder's file, and one that names no sensible interval, mean 5 s") {
    CHECK(parse_holder("host a\npid 1\n").every == core::Seconds(5));
    CHECK(parse_holder("every nan\n").every == core::Seconds(5));
    CHECK(parse_holder("every -1\n").every == core::Seconds(5));
    CHECK(parse_holder("every 1e300\n").every == core::Seconds(3600));
}

TEST_CASE("the counter's interval follows the time after which a rank is lost") {
    CHECK(counter_every(core::Seconds(60)) == core::Seconds(5));
    CHECK(counter_every(core::Seconds(600)) == core::Seconds(5));
    CHECK(counter_every(core::Seconds(3)) == core::Seconds(0.25));
}

TEST_CASE("a holder's fate is known on its own host only") {
    CHECK(fate_of(holder_on("a"), "b", "boot", true) == Fate::unknown);
    CHECK(fate_of(holder_on("a"), "a", "boot", true) == Fate::alive);
    CHECK(fate_of(holder_on("a"), "a", "boot", false) == Fate::gone);
    CHECK(fate_of(holder_on("a"), "a", "a later boot", true) == Fate::gone);
}

TEST_CASE("the waiter gives up when the counter stood still for 60 s") {
    auto holder = holder_on("a");
    TakeOverWait wait(holder, at(0));
    CHECK_FALSE(wait.given_up(holder, at(59)));
    ++holder.counter;
    CHECK_FALSE(wait.given_up(holder, at(59.5)));
    CHECK_FALSE(wait.given_up(holder, at(119)));
    CHECK(wait.seen_alive());
    CHECK(wait.given_up(holder, at(119.6)));
}

TEST_CASE("the waiter judges by the interval that the holder names") {
    auto holder = holder_on("a");
    holder.every = core::Seconds(0.25);
    TakeOverWait wait(holder, at(0));
    CHECK_FALSE(wait.given_up(holder, at(2.9)));
    CHECK_FALSE(wait.seen_alive());
    CHECK(wait.given_up(holder, at(3.1)));
}

TEST_CASE("a sweep closed in good order is held by nobody") {
    sweep::Record record;
    CHECK_FALSE(holder_of(record, std::nullopt));
    sweep::Started started;
    started.start_id = "id";
    started.pid = 5;
    record.apply(started);
    CHECK(holder_of(record, std::nullopt)->pid == 5);
    CHECK(holder_of(record, holder_on("a"))->counter == 7);
    record.apply(sweep::Closed{});
    CHECK_FALSE(holder_of(record, holder_on("a")));
}

TEST_CASE("a sweep that runs on this host is refused, and free when its process is gone") {
    const TemporaryDirectory directory;
    Quiet quiet;
    take_over(directory.path() / "sweep", claim("first"), quiet);
    auto holder = *read_holder(directory.path() / "sweep");
    // A process counts as graft by the name of its program: a sleep under ours.
    const auto program = directory / core::own_executable().filename();
    core::fs::copy_file("/bin/sleep", program);
    core::Spawn spawn;
    spawn.arguments = {program.string(), "100"};
    std::optional<core::Child> child = core::spawn(spawn);
    holder.pid = child->pid();
    write_holder(directory.path() / "sweep", holder);
    CHECK_THROWS_AS(take_over(directory.path() / "sweep", claim("second"), quiet),
                    core::InputError);
    CHECK(sweep::highest_segment(directory.path() / "sweep") == 1);
    child.reset();
    CHECK_NOTHROW(take_over(directory.path() / "sweep", claim("third"), quiet));
    CHECK(sweep::highest_segment(directory.path() / "sweep") == 2);
}

TEST_CASE("a pid that another program has by now is not the holder") {
    const TemporaryDirectory directory;
    Quiet quiet;
    take_over(directory.path(), claim("first"), quiet);
    auto holder = *read_holder(directory.path());
    holder.pid = 1;
    write_holder(directory.path(), holder);
    CHECK_NOTHROW(take_over(directory.path(), claim("second"), quiet));
}

namespace {

// A sweep that a coordinator of another host left without a word, 0.6 s being its silence.
Holder left_by_another_host(const core::fs::path& sweep) {
    Quiet quiet;
    take_over(sweep, claim("first"), quiet);
    auto holder = *read_holder(sweep);
    holder.host = "node7";
    holder.job = "4711";
    holder.pid = 99;
    holder.every = core::Seconds(0.06);
    write_holder(sweep, holder);
    return holder;
}

}  // namespace

TEST_CASE("a silent holder on another host is waited for with a countdown, then followed") {
    const TemporaryDirectory directory;
    left_by_another_host(directory.path());
    Quiet quiet;
    const auto begun = core::now();
    const auto taken = take_over(directory.path(), claim("second"), quiet);
    REQUIRE(taken);
    CHECK(core::Seconds(core::now() - begun) >= core::Seconds(0.6));
    CHECK(taken->journal.segment() == 2);
    REQUIRE_FALSE(quiet.lines.empty());
    CHECK_THAT(quiet.lines[0], ContainsSubstring("waiting 1 s more for pid 99 on node7, job 4711"));
}

TEST_CASE("who waits for a holder can stop waiting, and leaves nothing behind") {
    const TemporaryDirectory directory;
    const auto holder = left_by_another_host(directory.path());
    Quiet quiet;
    int asked = 0;
    auto second = claim("second");
    second.go_on = [&] { return ++asked < 3; };
    CHECK_FALSE(take_over(directory.path(), second, quiet));
    CHECK(sweep::highest_segment(directory.path()) == 1);
    CHECK(read_holder(directory.path()) == holder);
}

TEST_CASE("a refused start leaves the holder's files as they were") {
    const TemporaryDirectory directory;
    Quiet quiet;
    take_over(directory.path(), claim("first"), quiet);
    auto holder = *read_holder(directory.path());
    const auto program = directory / core::own_executable().filename();
    core::fs::copy_file("/bin/sleep", program);
    core::Spawn spawn;
    spawn.arguments = {program.string(), "100"};
    const core::Child child = core::spawn(spawn);
    holder.pid = child.pid();
    write_holder(directory.path(), holder);
    CHECK_THROWS_WITH(take_over(directory.path(), claim("second"), quiet),
                      ContainsSubstring(fmt::format("pid {}", child.pid())));
    CHECK(read_holder(directory.path()) == holder);
}
