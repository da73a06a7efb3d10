// SPDX-License-Identifier: Apache-2.0
#include "commands/clean_plan.hpp"

#include <map>

#include "core/text.hpp"

#include "sweep/trial_files.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"
#include "support/specs.hpp"

namespace graft::commands {

using sweep::numbered_file;
using sweep::plain_file;
using tests::planned;
using tests::RecordBuilder;

namespace {

constexpr double kYoung = 1, kOld = 86400 * 60.0;

struct Scene {
    RecordBuilder builder;
    std::vector<FoundFile> files;
    CleanRules rules;
    Surroundings around{"node1", [](std::int64_t pid) { return pid == 77; }, {}, {}};

    sweep::TrialId plan(std::int64_t seed) {
        return builder.plan(planned("mobilenet", "retina", "random", seed));
    }
    // As a trainer saves: so many of this attempt, the last one named by the record.
    void save(sweep::CohortId cohort, const sweep::TrialId& id, int attempt, int number) {
        sweep::SaveRecorded event;
        event.save.cohort = cohort;
        event.save.save = number;
        auto& member = event.save.members.emplace_back();
        member.trial = id;
        member.files = {{numbered_file(id, attempt, number, "state"), 5, "hash"}};
        builder.apply(event);
    }
    void put(const std::string& name, double age = kYoung, std::uint64_t bytes = 10) {
        files.push_back({name, bytes, age});
    }
    std::map<std::string, Needs> planned_removals() const {
        std::map<std::string, Needs> removals;
        for (const auto& item : plan().items) {
            removals[item.file.name] = item.needs;
        }
        return removals;
    }
    CleanPlan plan() const { return clean_plan(builder.record(), files, rules, around); }
};

using Removals = std::map<std::string, Needs>;

}  // namespace

TEST_CASE("the state of a trial that waits stays, and what it replaced goes") {
    Scene scene;
    const auto id = scene.plan(1);
    const auto first = scene.builder.start({id});
    scene.save(first, id, 1, 3);
    scene.builder.end(first, sweep::Killed{9});
    for (const int n : {1, 2, 3, 4}) {
        scene.put(numbered_file(id, 1, n, "state"));
    }
    scene.put(numbered_file(id, 1, 5, "state") + ".tmp");
    scene.put(numbered_file(id, 2, 1, "state"));  // of an attempt that may come
    scene.put("trials/0000000000000000/1.1.state.h5");
    CHECK(scene.planned_removals() ==
          Removals{{numbered_file(id, 1, 1, "state"), Needs::nothing},
                   {numbered_file(id, 1, 2, "state"), Needs::nothing},
                   {numbered_file(id, 1, 4, "state"), Needs::nothing},
                   {numbered_file(id, 1, 5, "state") + ".tmp", Needs::nothing}});
    scene.builder.leave_out(id);
    scene.rules.left_out = true;
    CHECK(scene.planned_removals().count(numbered_file(id, 1, 3, "state")) == 0);
}

TEST_CASE("of an attempt that is open, only what a later save of it replaced goes") {
    Scene scene;
    const auto id = scene.plan(1);
    const auto first = scene.builder.start({id});
    scene.save(first, id, 1, 1);
    scene.builder.end(first, sweep::Killed{9});
    const auto second = scene.builder.start({id});
    scene.put(numbered_file(id, 1, 1, "state"));
    scene.put(numbered_file(id, 1, 2, "state"));
    scene.put(numbered_file(id, 2, 1, "state"));
    scene.put(numbered_file(id, 2, 3, "state"));
    // A rank that lost its coordinator may have made them.
    CHECK(scene.planned_removals() == Removals{{numbered_file(id, 1, 2, "state"), Needs::nothing}});
    scene.save(second, id, 2, 2);
    CHECK(scene.planned_removals() == Removals{{numbered_file(id, 1, 1, "state"), Needs::nothing},
                                               {numbered_file(id, 1, 2, "state"), Needs::nothing},
                                               {numbered_file(id, 2, 1, "state"), Needs::nothing}});
}

TEST_CASE("a failed trial's state goes by the journal, unless a retry asks for the trial") {
    Scene scene;
    const auto id = scene.plan(1);
    const auto cohort = scene.builder.start({id});
    scene.save(cohort, id, 1, 1);
    scene.builder.end(cohort, sweep::Crashed{11, 0});
    scene.builder.apply(sweep::TrialFailed{{}, id, "why"});
    scene.put(numbered_file(id, 1, 1, "state"));
    CHECK(scene.planned_removals() == Removals{{numbered_file(id, 1, 1, "state"), Needs::record}});
    CHECK(scene.plan().items.at(0).freed == sweep::Freed::state);
    CHECK_THAT(scene.plan().notes.at(0), ContainsSubstring("begins it anew"));
    scene.around.asked_again = {id};
    CHECK(scene.planned_removals().empty());
    CHECK_THAT(scene.plan().notes.at(0), ContainsSubstring("retry' asks for"));
}

TEST_CASE("a finished trial keeps results and predictions, by whatever name they have") {
    Scene scene;
    const auto id = scene.plan(1);
    scene.builder.finish(id, 0.8, 0.8);
    const auto state = numbered_file(id, 1, 2, "state"), best = numbered_file(id, 1, 1, "best"),
               predictions = numbered_file(id, 1, 2, "predictions");
    for (const auto& name : {state, best, predictions}) {
        scene.put(name);
    }
    CHECK(scene.planned_removals().count(predictions) == 0);
    CHECK(scene.planned_removals().at(state) == Needs::nothing);
    scene.put(plain_file(id, "predictions"));
    CHECK(scene.planned_removals().at(predictions) == Needs::sweep);
    scene.rules.weights = results::parse_weight_rule("none");
    CHECK(scene.planned_removals().count(plain_file(id, "predictions")) == 0);
}

TEST_CASE("weights go by the rule and by the journal, and what others start from stays") {
    Scene scene;
    const auto low = scene.plan(1), high = scene.plan(2), left_out = scene.plan(3);
    scene.builder.finish(low, 0.7, 0.9);
    scene.builder.finish(high, 0.8, 0.6);
    scene.builder.finish(left_out, 0.9, 0.9);
    scene.builder.leave_out(left_out);
    for (const auto& id : {low, high, left_out}) {
        scene.put(plain_file(id, "best"));
        scene.put(plain_file(id, "predictions"));
    }
    CHECK(scene.plan().items.empty());
    CHECK(scene.plan().notes.size() == 2);
    scene.rules.weights = results::parse_weight_rule("best_per:dataset");
    CHECK(scene.planned_removals() == Removals{{plain_file(low, "best"), Needs::record}});
    scene.rules.left_out = true;
    CHECK(scene.planned_removals() == Removals{{plain_file(low, "best"), Needs::record},
                                               {plain_file(left_out, "best"), Needs::record}});
    scene.around.weights_in_use = {low};
    CHECK(scene.planned_removals() == Removals{{plain_file(left_out, "best"), Needs::record}});
    // What a kill after the journal's word left behind.
    scene.builder.apply(sweep::FilesFreed{{}, high, sweep::Freed::weights});
    CHECK(scene.planned_removals().at(plain_file(high, "best")) == Needs::nothing);
}

TEST_CASE("half-written files go when they are old and their writer is gone") {
    Scene scene;
    scene.put("results.h5.000001.12.tmp", kOld);
    scene.put("results.h5.000001.77.tmp", kOld);  // runs here
    scene.put("sweep.toml.12.tmp", kYoung);
    scene.put("requests/stop.node1.5.1.12.tmp", kOld);
    scene.put("results.previous.h5");
    scene.put("results.h5", kOld);
    scene.put("sweep.toml", kOld);
    scene.put("coordinator", kOld);
    scene.put("ending", kOld);
    scene.put("ending.0123456789abcdef", kOld);
    scene.put("notes.txt", kOld);
    CHECK(scene.planned_removals() == Removals{{"results.h5.000001.12.tmp", Needs::nothing},
                                               {"requests/stop.node1.5.1.12.tmp", Needs::nothing},
                                               {"results.previous.h5", Needs::nothing},
                                               {"ending.0123456789abcdef", Needs::nothing}});
}

TEST_CASE("a launcher's file and a scratch directory go when their process is gone") {
    Scene scene;
    scene.put("launch/node1.12.toml", kOld);
    scene.put("launch/node1.14.toml", kYoung);  // its job may be starting
    scene.put("launch/xnode1.12.toml", kYoung);
    scene.put("launch/node1.77.toml", kOld);
    scene.put("launch/node2.12.toml");
    scene.put("launch/node2.13.toml", kOld);
    scene.put("verify/abc.node1.12/1.1.state.h5", kOld);
    scene.put("verify/abc.node1.12/1.2.state.h5", kYoung);
    scene.put("verify/abc.node1.77/1.1.state.h5", kOld);
    scene.put("verify/abc.node2.12/trials/x/1.1.state.h5");
    scene.put("verify/abc.node2.13/1.1.state.h5", kOld);
    CHECK(scene.planned_removals() ==
          Removals{{"launch/node1.12.toml", Needs::nothing},
                   {"launch/node2.13.toml", Needs::nothing},
                   {"verify/abc.node1.12/1.1.state.h5", Needs::nothing},
                   {"verify/abc.node2.13/1.1.state.h5", Needs::nothing}});
}

TEST_CASE("requests go when they are answered, and saves of lost ranks when nobody takes them") {
    Scene scene;
    const auto ended = scene.plan(1), open = scene.plan(2);
    scene.builder.end(scene.builder.start({ended}), sweep::CoordinatorLost{});
    const auto cohort = scene.builder.start({open});
    scene.save(cohort, open, 1, 1);
    scene.builder.apply(sweep::RequestAnswered{{}, "stop.node1.5.1", "it ends"});
    scene.put("requests/stop.node1.5.1");
    scene.put("requests/stop.node1.5.2");
    scene.put("requests/prepare/retina-224.request", kOld);
    scene.put("requests/prepare/pcam-224.request", kYoung);
    for (const char* orphan : {"1.1", "2.1", "2.2", "3.1"}) {
        scene.put(std::string("orphans/") + orphan);
    }
    CHECK(scene.planned_removals() ==
          Removals{{"requests/stop.node1.5.1", Needs::nothing},
                   {"requests/prepare/retina-224.request", Needs::sweep},
                   {"orphans/1.1", Needs::nothing},
                   {"orphans/2.1", Needs::nothing}});
}

TEST_CASE("logs go when they are asked for, and every attempt in them ended well") {
    Scene scene;
    const auto a = scene.plan(1), b = scene.plan(2), c = scene.plan(3);
    scene.builder.end(scene.builder.start({a}, 0, 0), sweep::Drained{});
    scene.builder.end(scene.builder.start({b}, 0, 1), sweep::Killed{9});
    scene.builder.end(scene.builder.start({b}, 0, 1), sweep::Drained{});
    scene.builder.start({c}, 0, 2);
    for (const char* name :
         {"trainer-0-0", "trainer-0-1", "trainer-0-2", "trainer-9-9", "rank-0"}) {
        scene.put(fmt::format("logs/{}.log", name));
    }
    CHECK(scene.planned_removals().empty());
    scene.rules.logs = true;
    CHECK(scene.planned_removals() == Removals{{"logs/trainer-0-0.log", Needs::nothing}});
}

TEST_CASE("scores of external images stay, what was half written of them goes") {
    Scene scene;
    const std::string folder = "external/elsewhere-all-0123456789ab/";
    scene.put(folder + "0123456789abcdef.h5", kOld);
    scene.put(folder + "0123456789abcdef.h5.76.tmp", kOld);
    scene.put(folder + "fedcba9876543210.h5.77.tmp", kOld);  // its writer runs
    scene.put(folder + "request.76.tmp", kYoung);
    CHECK(scene.planned_removals() ==
          Removals{{folder + "0123456789abcdef.h5.76.tmp", Needs::nothing}});
}

}  // namespace graft::commands
