// SPDX-License-Identifier: Apache-2.0
// Trials that are trained side by side, each with the numbers that it has alone, whatever happens.
#include <algorithm>
#include <filesystem>

#include "core/error.hpp"

#include "sweep/trial_files.hpp"

#include "support/catch.hpp"
#include "trainer/life.hpp"

using namespace graft;
using tests::Life;
using tests::Study;

namespace {

sweep::TrialSpec base_spec() {
    auto spec = tests::small_member("mobilenet_0.25").spec;
    spec.edit().training.warmup_for = sweep::WarmupFor::all;
    return spec;
}

// Freeze levels (30 % is between a convolution and its batch norm), and what else may differ. The
// first three have the same warm-up.
std::vector<sweep::TrialSpec> unlike_members() {
    std::vector<sweep::TrialSpec> specs(5, base_spec());
    specs[0].freeze = 30;
    specs[1].freeze = 100;
    specs[2].freeze = 50;
    specs[2].edit().training.warmup_learning_rate = specs[0]->training.learning_rate;
    specs[2].edit().training.learning_rate = 1e-2;
    specs[3].freeze = 0;
    specs[3].edit().training.dropout = 0.25;
    specs[4].freeze = 30;
    specs[4].edit().training.warmup_learning_rate = 1e-2;
    specs[4].edit().training.best_by = sweep::BestBy::val_loss;
    return specs;
}

void check_as_alone(const Study& study, const std::vector<sweep::TrialSpec>& specs) {
    const Life together = Life(study, specs).to_its_end();
    for (std::size_t i = 0; i < specs.size(); ++i) {
        INFO("member " << i);
        tests::check_equal(together, i, Life(study, specs[i]).to_its_end());
    }
}

std::filesystem::path state_of(const Study& study, const sweep::MemberSave& save) {
    const auto state = std::find_if(save.files.begin(), save.files.end(), [](const auto& file) {
        return sweep::is_numbered(file.name, "state");
    });
    REQUIRE(state != save.files.end());
    return study.directory / state->name;
}

}  // namespace

TEST_CASE("members that differ in all that they may get the files and rows that they get alone") {
    const Study study;
    auto specs = unlike_members();
    for (const auto how : {sweep::EvaluateBn::both, sweep::EvaluateBn::reestimated}) {
        for (auto& spec : specs) {
            spec.edit().training.evaluate_bn = how;
        }
        check_as_alone(study, specs);
    }
}

TEST_CASE("the freeze grid of every network gives the files and rows of its trials alone",
          "[long]") {
    for (const char* name :
         {"inception_v3", "densenet121", "resnet50_v2", "mobilenet", "small_cnn"}) {
        INFO(name);
        const int size = models::build_network(name, 2).minimum_size;
        const Study study({20, 2, 16, size});
        std::vector<sweep::TrialSpec> specs;
        for (const double freeze : {100, 75, 50, 30, 20, 10, 0}) {
            auto spec = base_spec();
            spec.edit().network = name;
            spec.edit().training.image_size = size;
            spec.edit().training.epochs = 1;
            spec.freeze = freeze;
            specs.push_back(spec);
        }
        check_as_alone(study, specs);
    }
}

TEST_CASE("a cohort that is cut off at any instant ends with the same bits") {
    const Study study;
    auto specs = unlike_members();
    specs.erase(specs.begin() + 2, specs.begin() + 4);
    const Life whole = Life(study, specs).to_its_end();
    REQUIRE(whole.instants > 25);
    for (int cut = 1; cut <= whole.instants; cut += 2) {
        INFO("cut off at instant " << cut << " of " << whole.instants);
        Life life(study, specs);
        life.host_work = cut % 4 == 1 ? trainer::HostWork::by_device : trainer::HostWork::beside;
        tests::check_equal(life.to_its_end({cut}), whole);
    }
}

TEST_CASE("a cohort that is cut off and drained again and again ends the same") {
    const Study study;
    const auto specs = unlike_members();
    const Life whole = Life(study, specs).to_its_end();
    for (std::uint64_t key = 1; key <= 6; ++key) {
        core::RandomStream draw("cuts", key, 0);
        std::vector<int> cuts;
        for (int i = 0; i < 6; ++i) {
            const auto instants = static_cast<std::uint64_t>(whole.instants);
            cuts.push_back(1 + static_cast<int>(draw.below(instants)));
        }
        INFO("key " << key);
        tests::check_equal(Life(study, specs).to_its_end(cuts, key), whole);
    }
}

TEST_CASE("a member that diverges ends, and the others go on as if it had not been there") {
    const Study study;
    auto specs = unlike_members();
    specs[1].edit().training.warmup_learning_rate = specs[0]->training.learning_rate;
    specs[1].edit().training.learning_rate = 1e30;         // after the warm-up
    specs[3].edit().training.warmup_learning_rate = 1e30;  // before the first validation
    const Life together = Life(study, specs).to_its_end();
    CHECK(together.ledger.result(1)->diverged_phase == sweep::Phase::fine_tune);
    CHECK(together.ledger.result(1)->best);
    CHECK(together.ledger.result(3)->diverged_phase == sweep::Phase::warmup);
    CHECK_FALSE(together.ledger.result(3)->best);
    for (std::size_t i = 0; i < specs.size(); ++i) {
        INFO("member " << i);
        const Life alone = Life(study, specs[i]).to_its_end();
        CHECK((alone.ledger.result()->diverged_epoch > 0) == (i == 1 || i == 3));
        tests::check_equal(together, i, alone);
    }
    for (int cut = 1; cut <= together.instants; cut += 5) {
        INFO("cut off at instant " << cut << " of " << together.instants);
        tests::check_equal(Life(study, specs).to_its_end({cut}), together);
    }
    for (const auto host_work : {trainer::HostWork::by_device, trainer::HostWork::beside}) {
        for (std::uint64_t key = 0; key <= 3; ++key) {
            INFO("key " << key << (host_work == trainer::HostWork::beside ? ", beside" : ""));
            Life life(study, specs);
            life.host_work = host_work;
            tests::check_equal(life.to_its_end({}, key), together);
        }
    }
}

TEST_CASE(
    "an equal warm-up is trained once, saved once under every member's name, and gone on so") {
    const Study study;
    const auto specs = unlike_members();
    tests::Ledger ledger(specs);
    std::vector<sweep::Member> members = ledger.begin_attempts();
    const trainer::Places places{study.directory.path(), {}};
    for (int attempt = 1; attempt <= 2; ++attempt) {
        tests::FakeWatcher watcher(1);
        trainer::CohortRun run(members, places, *study.data, watcher);
        REQUIRE(run.run() == trainer::CohortRun::Outcome::drained);
        REQUIRE(watcher.positions.size() == 1);
        CHECK(watcher.positions[0].phase == sweep::Phase::warmup);
        CHECK(watcher.positions[0].batch == attempt);
        REQUIRE(watcher.saves.size() == 5);
        for (std::size_t i = 0; i < 5; ++i) {
            CHECK(std::filesystem::hard_link_count(state_of(study, watcher.saves[i])) ==
                  (i < 3 ? 3 : 1));
            CHECK((run.model(members[0].trial) == run.model(members[i].trial)) == (i < 3));
            members[i].files = watcher.saves[i].files;
            ++members[i].attempt;
        }
    }
}

TEST_CASE("the members' seconds are the time that went by, and none has more than its share") {
    const Study study;
    const auto specs = unlike_members();
    tests::Ledger ledger(specs);
    tests::FakeWatcher watcher;
    const core::Instant began = core::now();
    trainer::CohortRun run(ledger.begin_attempts(), {study.directory.path(), {}}, *study.data,
                           watcher);
    run.run();
    const double passed = core::Seconds(core::now() - began).count();
    double all = 0, most = 0, least = passed;
    for (const auto& spec : specs) {
        double its = 0;
        for (const auto& save : watcher.saves) {
            its += save.trial == sweep::trial_id(spec) ? save.seconds : 0;
        }
        all += its;
        most = std::max(most, its);
        least = std::min(least, its);
    }
    CHECK(all == Approx(passed).epsilon(0.02));
    CHECK(least > passed / 20);
    CHECK(most < passed / 2);
}

TEST_CASE("trials that cannot be trained side by side are refused by name") {
    const Study study;
    const trainer::Places places{study.directory.path(), {}};
    std::vector<sweep::TrialSpec> specs{base_spec(), base_spec()};
    specs[1].freeze = 30;
    const auto refusal = [&](std::vector<sweep::Member> members) {
        tests::FakeWatcher watcher;
        try {
            trainer::CohortRun(members, places, *study.data, watcher);
        } catch (const core::InputError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    auto other = specs;
    other[1].seed = 2;
    CHECK_THAT(refusal(tests::Ledger(other).begin_attempts()),
               ContainsSubstring("differ in more than freeze") &&
                   ContainsSubstring(sweep::trial_id(other[1]).text()));
    auto members = tests::Ledger(specs).begin_attempts();
    CHECK(refusal(members).empty());
    tests::FakeWatcher watcher(1);
    trainer::CohortRun({members[0]}, places, *study.data, watcher).run();
    members[0].files = watcher.saves.at(0).files;
    CHECK_THAT(
        refusal(members),
        ContainsSubstring("they stand at warmup epoch 1, batch 1 and warmup epoch 1, batch 0"));
}
