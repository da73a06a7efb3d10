// SPDX-License-Identifier: Apache-2.0
#include "scheduler/leftovers.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/process.hpp"

#include "sweep/trial_files.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

using namespace graft;

namespace {

class Listener final : public scheduler::Observer {
  public:
    void show(const scheduler::Status&) override {}
    void say(const std::string& line) override { lines.push_back(line); }
    std::vector<std::string> lines;
};

// A trial whose result is recorded, and whose trainer then ended so.
class Ended {
  public:
    explicit Ended(const sweep::Ending& ending) {
        const auto planned = tests::planned_trial();
        id = sweep::trial_id(planned.spec);
        record.apply(tests::started());
        record.apply(tests::planned({planned}));
        record.apply(tests::attempt_started(1, id));
        auto save = tests::save_recorded(1, id, 1);
        auto& result = save.save.members[0].result.emplace();
        result.weights = {sweep::plain_file(id, "best"), 4, core::content_hash("best")};
        result.predictions = {sweep::plain_file(id, "predictions"), 6,
                              core::content_hash("scores")};
        record.apply(save);
        record.apply(tests::attempt_ended(1, ending));
    }
    void put(const std::string& name, std::string_view content) const {
        core::create_directories(place());
        core::write_file(place() / name, content);
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : core::fs::directory_iterator(place())) {
            names.push_back(entry.path().filename().string());
        }
        std::sort(names.begin(), names.end());
        return names;
    }
    core::fs::path place() const { return directory / ("trials/" + id.text()); }

    tests::TemporaryDirectory directory;
    sweep::Record record;
    sweep::TrialId id;
    Listener listener;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what a trainer left that was killed after its result is finished for it") {
    Ended trial(sweep::Killed{9});
    trial.put("1.1.best.h5", "best");
    trial.put("1.1.state.h5", "state");
    trial.put("1.2.predictions.h5", "scores");
    trial.put("1.2.state.h5.tmp", "half");
    scheduler::finish_leftovers(trial.directory.path(), trial.record, trial.listener);
    CHECK(trial.files() == Names{"best.h5", "predictions.h5"});
    SECTION("also when it had given the names, and not yet removed the rest") {
        trial.put("1.1.state.h5", "state");
        scheduler::finish_leftovers(trial.directory.path(), trial.record, trial.listener);
        CHECK(trial.files() == Names{"best.h5", "predictions.h5"});
    }
    CHECK(trial.listener.lines.empty());
}

TEST_CASE("a result file with another content is told, and nothing is removed") {
    Ended trial(sweep::CoordinatorLost{});
    trial.put("1.1.best.h5", "bent");
    trial.put("1.2.predictions.h5", "scores");
    scheduler::finish_leftovers(trial.directory.path(), trial.record, trial.listener);
    CHECK(trial.files() == Names{"1.1.best.h5", "1.2.predictions.h5"});
    REQUIRE(trial.listener.lines.size() == 1);
    CHECK_THAT(trial.listener.lines[0], ContainsSubstring("best.h5"));
}

TEST_CASE("a trial whose trainer ended in good order is not looked at") {
    Ended trial(sweep::Completed{});
    trial.put("best.h5", "best");
    trial.put("9.9.state.h5", "state");
    scheduler::finish_leftovers(trial.directory.path(), trial.record, trial.listener);
    CHECK(trial.files() == Names{"9.9.state.h5", "best.h5"});
}

TEST_CASE("halves of the files that holders write go, and no other's") {
    const tests::TemporaryDirectory sweep;
    const auto own = fmt::format("coordinator.{}.tmp", core::own_pid());
    for (const std::string& name :
         {std::string("coordinator.1.tmp"), std::string("sweep.toml.22.tmp"),
          std::string("ending.333.tmp"), std::string("ending.0123456789abcdef.4.tmp"),
          std::string("coordinator"), std::string("results.h5.000001.5.tmp"), own}) {
        core::write_file(sweep / name, "");
    }
    scheduler::remove_half_written(sweep.path());
    for (const char* gone : {"coordinator.1.tmp", "sweep.toml.22.tmp", "ending.333.tmp"}) {
        CHECK_FALSE(core::fs::exists(sweep / gone));
    }
    CHECK(std::distance(core::fs::directory_iterator(sweep.path()), {}) == 4);
    CHECK(core::fs::exists(sweep / own));
}
