// SPDX-License-Identifier: Apache-2.0
// Two coordinators of one sweep, the older one thought dead and writing on.
#include <fstream>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/process.hpp"

#include "sweep/journal.hpp"

#include "scheduler/bench_trials.hpp"
#include "scheduler/take_over.hpp"
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

sweep::Started started_as(const std::string& id) {
    sweep::Started started;
    started.start_id = id;
    return started;
}

// The seeds of all trials that the events plan, in order.
struct Seeds {
    std::vector<std::int64_t> seeds;
    void operator()(const sweep::Event& event) {
        if (const auto* planned = std::get_if<sweep::Planned>(&event)) {
            for (const auto& trial : planned->added) {
                seeds.push_back(trial.spec.seed);
            }
        }
    }
};

std::vector<std::int64_t> seeds_of(const core::fs::path& sweep) {
    Seeds seeds;
    sweep::read_journal(sweep, std::ref(seeds));
    return seeds.seeds;
}

std::vector<sweep::Event> plans(std::int64_t seed) {
    sweep::Planned planned;
    planned.added = bench_trials(1, "d");
    planned.added[0].spec.seed = seed;
    return {planned};
}

// What a writer puts into its segment that looked for a higher one before it was held up.
std::string group_of(const std::vector<sweep::Event>& events) {
    const auto payload = core::encode(events);
    return core::encode(static_cast<std::uint32_t>(payload.size())) +
           core::encode(core::checksum(payload, payload.size())) + payload;
}

void write_on(const core::fs::path& sweep, std::string_view bytes) {
    std::ofstream(sweep::journal_directory(sweep) / "000001", std::ios::app) << bytes;
}

// Where the older writer's group of seed 2 reaches its segment, in two parts.
enum class When { before, between, after };

std::vector<std::int64_t> seeds_after(When first_half, When second_half) {
    const TemporaryDirectory directory;
    const auto sweep = directory.path();
    auto older = sweep::JournalWriter::start(sweep, started_as("older"), [](const auto&) {});
    REQUIRE(older->append(plans(1)));
    const auto group = group_of(plans(2));
    const auto half = group.size() / 2;
    const auto at = [&](When when) {
        if (first_half == when) {
            write_on(sweep, std::string_view(group).substr(0, half));
        }
        if (second_half == when) {
            write_on(sweep, std::string_view(group).substr(half));
        }
    };
    at(When::before);
    Seeds seen;
    bool between = false;
    auto newer = sweep::JournalWriter::start(sweep, started_as("newer"), [&](const auto& event) {
        // Called after the newer one has read, and before it seals.
        if (!std::exchange(between, true)) {
            at(When::between);
            CHECK(older->superseded());
            CHECK_FALSE(older->append(plans(3)));
        }
        seen(event);
    });
    REQUIRE(newer);
    at(When::after);
    CHECK_FALSE(older->append(plans(4)));
    CHECK(newer->append(plans(5)));
    seen(plans(5)[0]);
    CHECK(seeds_of(sweep) == seen.seeds);  // whoever reads later sees what the newer one saw
    return seen.seeds;
}

}  // namespace

TEST_CASE("what an older writer writes on is void as soon as the newer one has read") {
    using Seeds = std::vector<std::int64_t>;
    // Whole before the newer one reads: it is there for both.
    CHECK(seeds_after(When::before, When::before) == Seeds{1, 2, 5});
    CHECK(seeds_after(When::before, When::between) == Seeds{1, 5});
    CHECK(seeds_after(When::before, When::after) == Seeds{1, 5});
    CHECK(seeds_after(When::between, When::between) == Seeds{1, 5});
    CHECK(seeds_after(When::between, When::after) == Seeds{1, 5});
    CHECK(seeds_after(When::after, When::after) == Seeds{1, 5});
}

TEST_CASE("of two starts at the same instant exactly one may write") {
    for (int round = 0; round < 20; ++round) {
        const TemporaryDirectory directory;
        const auto begin = directory / "begin", sweep = directory / "sweep";
        const auto contender = [&](const char* id, const char* other) {
            return core::fork_child([&, id, other] {
                Quiet quiet;
                while (!core::fs::exists(begin)) {
                }
                std::optional<Taken> taken;
                try {
                    taken = take_over(sweep, {id, "", core::Seconds(5), {}}, quiet);
                } catch (const core::InputError&) {
                    // The other one was first.
                }
                std::ofstream(directory / id) << "ready";
                while (!core::fs::exists(directory / other)) {
                }
                return taken && taken->journal.append(plans(1)) ? 0 : 1;
            });
        };
        auto first = contender("a", "b"), second = contender("b", "a");
        std::ofstream(begin) << "now";
        const auto won = [](core::Child& child) {
            const auto status = child.wait();
            const auto* exited = std::get_if<core::Exited>(&status);
            REQUIRE(exited);
            return exited->code == 0 ? 1 : 0;
        };
        CHECK(won(first) + won(second) == 1);
        CHECK(seeds_of(sweep) == std::vector<std::int64_t>{1});
    }
}
