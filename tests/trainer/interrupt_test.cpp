// SPDX-License-Identifier: Apache-2.0
// A trial that is cut off anywhere goes on from what was recorded, and ends with the same numbers:
// the training itself, in this process, with an exception for the kill.
#include <algorithm>
#include <fstream>

#include "core/error.hpp"
#include "core/file.hpp"

#include "sweep/trial_files.hpp"

#include "support/catch.hpp"
#include "trainer/life.hpp"

using namespace graft;
using tests::Life;
using tests::Study;

namespace {

// After a good warm-up, at the first step of the fine-tuning.
sweep::TrialSpec spec_that_diverges() {
    auto spec = tests::spec_with_everything();
    spec.edit().training.evaluate_bn = sweep::EvaluateBn::reestimated;
    spec.edit().training.warmup_learning_rate = 1e-3;
    spec.edit().training.learning_rate = 1e30;
    return spec;
}

void flip_byte_in_the_middle(const std::filesystem::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(path) / 2);
    file.seekg(middle);
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(middle);
    file.put(byte);
}

// Cut off in its last phase, after the save at the phase's beginning.
void cut_off_in_the_middle(Life& life) {
    life.attempt(18);
    REQUIRE(life.ledger.trial().files.size() == 2);
    REQUIRE_FALSE(life.ledger.trial().rows.empty());
}

}  // namespace

TEST_CASE("a trial that is cut off at any instant ends with the same bits") {
    const Study study;
    const auto spec = tests::spec_with_everything();
    const Life whole = Life(study, spec).to_its_end();
    REQUIRE(whole.ledger.trial().rows.size() == 3);
    REQUIRE(whole.instants > 25);
    for (int cut = 1; cut <= whole.instants; ++cut) {
        INFO("cut off at instant " << cut << " of " << whole.instants);
        const Life life = Life(study, spec).to_its_end({cut});
        CHECK(life.ledger.trial().attempts.size() <= 2);
        tests::check_equal(life, whole);
    }
}

TEST_CASE("batch norms of frozen layers that follow the batches go on from what was saved") {
    const Study study;
    auto spec = tests::spec_with_everything();
    const Life still = Life(study, spec).to_its_end();
    spec.edit().training.frozen_batch_norm = sweep::FrozenBatchNorm::batch;
    const Life whole = Life(study, spec).to_its_end();
    CHECK(whole.weights != still.weights);
    for (int cut = 1; cut <= whole.instants; cut += 3) {
        INFO("cut off at instant " << cut << " of " << whole.instants);
        tests::check_equal(Life(study, spec).to_its_end({cut}), whole);
    }
}

TEST_CASE("a trial that diverges and is cut off diverges in the same epoch, with the same best") {
    const Study study;
    const auto spec = spec_that_diverges();
    const Life whole = Life(study, spec).to_its_end();
    REQUIRE(whole.ledger.result()->diverged_epoch == 1);
    REQUIRE(whole.ledger.result()->diverged_phase == sweep::Phase::fine_tune);
    REQUIRE(whole.ledger.result()->best);
    for (const auto host_work : {trainer::HostWork::by_device, trainer::HostWork::beside}) {
        for (int cut = 2; cut <= whole.instants; cut += 3) {
            INFO("cut off at instant " << cut << " of " << whole.instants);
            Life life(study, spec);
            life.host_work = host_work;
            tests::check_equal(life.to_its_end({cut}), whole);
        }
    }
}

TEST_CASE(
    "a trial that is cut off and drained again and again, its saves recorded late, ends the same") {
    const Study study;
    auto spec = tests::spec_with_everything();
    spec.edit().training.evaluate_bn = sweep::EvaluateBn::moving;
    spec.edit().training.epochs = 4;
    const Life whole = Life(study, spec).to_its_end();
    for (std::uint64_t key = 1; key <= 12; ++key) {
        core::RandomStream draw("cuts", key, 0);
        std::vector<int> cuts;
        for (int i = 0; i < 6; ++i) {
            const auto instants = static_cast<std::uint64_t>(whole.instants);
            cuts.push_back(1 + static_cast<int>(draw.below(instants)));
        }
        INFO("key " << key);
        tests::check_equal(Life(study, spec).to_its_end(cuts, key), whole);
    }
}

TEST_CASE(
    "saves written and epochs judged beside the training end with the same bits, cut off "
    "anywhere") {
    const Study study;
    auto spec = tests::spec_with_everything();
    spec.edit().training.epochs = 3;
    spec.edit().training.best_by = sweep::BestBy::val_loss;
    const Life whole = Life(study, spec).to_its_end();
    const auto beside = [&](const std::vector<int>& cuts, std::uint64_t late_key) {
        Life life(study, spec);
        life.host_work = trainer::HostWork::beside;
        tests::check_equal(life.to_its_end(cuts, late_key), whole);
        return life.instants;
    };
    const int instants = beside({}, 0);
    REQUIRE(instants > 25);
    for (int cut = 1; cut <= instants; cut += 2) {
        INFO("cut off at instant " << cut << " of " << instants);
        beside({cut}, 0);
    }
    for (std::uint64_t key = 1; key <= 6; ++key) {
        INFO("drained, and recorded late, with key " << key);
        beside({}, key);
    }
}

TEST_CASE("a damaged or missing file is named, and a retry begins the trial again") {
    const Study study;
    const auto spec = tests::spec_with_everything();
    const Life whole = Life(study, spec).to_its_end();
    using Damage = void (*)(const std::filesystem::path&);
    const std::vector<std::pair<const char*, Damage>> damages{
        {"state", flip_byte_in_the_middle},
        {"state", [](const std::filesystem::path& p) { std::filesystem::resize_file(p, 1000); }},
        {"state", core::remove_file},
        {"best", flip_byte_in_the_middle},
    };
    for (const auto& [kind, damage] : damages) {
        Life life(study, spec);
        cut_off_in_the_middle(life);
        const auto& files = life.ledger.trial().files;
        const auto found = std::find_if(files.begin(), files.end(), [k = kind](const auto& file) {
            return sweep::is_numbered(file.name, k);
        });
        REQUIRE(found != files.end());
        const std::string name = found->name;
        damage(study.directory / name);
        CHECK_THROWS_WITH(life.attempt(), ContainsSubstring(name) &&
                                              ContainsSubstring("`graft retry`, and the trial"));
        life.ledger.give_up_and_retry();
        // Cut off before anything is saved: the next one may begin again, too.
        life.attempt(1);
        CHECK_FALSE(life.ledger.trial().rows.empty());
        tests::check_equal(life.to_its_end(), whole);
    }
}

TEST_CASE("a retried trial whose files are whole goes on from them") {
    const Study study;
    Life life(study, tests::spec_with_everything());
    cut_off_in_the_middle(life);
    life.ledger.give_up_and_retry();
    const auto member = life.ledger.begin_attempt();
    REQUIRE(member.may_begin_again);
    tests::FakeWatcher watcher(1);
    trainer::CohortRun run({member}, {study.directory.path(), {}}, *study.data, watcher);
    run.run();
    CHECK(watcher.shown.at(0).position.step > member.position->step);
}

TEST_CASE("best weights that were damaged since they were saved are not scored") {
    // Damages the best weights once the trial has gone on from them.
    class Damaging final : public tests::FakeWatcher {
      public:
        explicit Damaging(std::filesystem::path best) : best_(std::move(best)) {}
        Request after_batch(const std::function<Shown()>& now) override {
            if (shown.empty()) {
                flip_byte_in_the_middle(best_);
            }
            return FakeWatcher::after_batch(now);
        }

      private:
        std::filesystem::path best_;
    };
    const Study study;
    Life life(study, spec_that_diverges());
    while (life.ledger.trial().files.empty()) {
        life.attempt(15);
    }
    const auto member = life.ledger.begin_attempt();
    REQUIRE(sweep::is_numbered(member.files.at(1).name, "best"));
    Damaging watcher(study.directory / member.files[1].name);
    trainer::CohortRun run({member}, {study.directory.path(), {}}, *study.data, watcher);
    CHECK_THROWS_WITH(run.run(), ContainsSubstring("does not have its recorded content"));
    CHECK(watcher.saves.empty());
}
