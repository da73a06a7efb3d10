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
    void say(const std::string&) override {}
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
    CHECK(wait.given_up(holder, at(119.6)));
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
