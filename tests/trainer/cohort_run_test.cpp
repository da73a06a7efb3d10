// SPDX-License-Identifier: Apache-2.0
#include "trainer/cohort_run.hpp"

#include <cmath>
#include <numeric>
#include <set>

#include "core/h5/file.hpp"

#include "data/prepared_writer.hpp"
#include "sweep/trial_files.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"
#include "trainer/device.hpp"
#include "trainer/order.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using tests::FakeWatcher;
using trainer::CohortRun;

namespace {

struct Study {
    explicit Study(const tests::DrawnDataset& drawn = {}) {
        tests::set_up_torch_once();
        tests::write_drawn_dataset(directory / "drawn.h5", drawn);
        data.emplace(directory / "drawn.h5", "", at::kCPU);
    }
    trainer::Places places() const { return {directory.path(), {}}; }

    tests::TemporaryDirectory directory;
    std::optional<trainer::Dataset> data;
};

std::vector<sweep::EpochRow> all_rows(const std::vector<const FakeWatcher*>& watchers) {
    std::vector<sweep::EpochRow> rows;
    for (const auto* watcher : watchers) {
        for (const auto& save : watcher->saves) {
            rows.insert(rows.end(), save.rows.begin(), save.rows.end());
        }
    }
    return rows;
}

// Black images: 24 and 8 for training, two of each class for validation and test.
void write_skewed_dataset(const std::filesystem::path& path) {
    constexpr int size = 32;
    data::PreparedWriter writer(path, 40, size);
    data::PreparedTables tables;
    tables.dataset = "drawn";
    tables.fingerprint = "0123456789abcdef";
    tables.size = size;
    tables.classes = {"many", "few"};
    const std::vector<std::uint8_t> black(3 * size * size);
    for (int i = 0; i < 40; ++i) {
        writer.append(black.data());
        tables.labels.push_back(i < 32 ? i / 24 : i % 2);
        tables.parts.push_back(i < 32   ? data::Part::train
                               : i < 36 ? data::Part::validation
                                        : data::Part::test);
        tables.ids.push_back("image " + std::to_string(i));
        tables.groups.push_back("group " + std::to_string(i));
    }
    writer.publish(std::move(tables));
}

}  // namespace

TEST_CASE("a trial trains to a result with its rows, weights and predictions") {
    Study study;
    FakeWatcher watcher;
    CohortRun run({tests::small_member()}, study.places(), *study.data, watcher);
    REQUIRE(run.run() == CohortRun::Outcome::ended);
    const auto rows = all_rows({&watcher});
    REQUIRE(rows.size() == 3);  // a random start has no warm-up phase: 1 + 2 epochs
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CHECK(rows[i].epoch == static_cast<int>(i) + 1);
        CHECK(rows[i].phase == sweep::Phase::fine_tune);
        CHECK(rows[i].step == 4 * (static_cast<int>(i) + 1));
        CHECK(std::isfinite(rows[i].train_loss));
        CHECK(std::isfinite(rows[i].validation.auc));
    }
    const auto& result = watcher.saves.back().result;
    REQUIRE(result);
    REQUIRE(result->best);
    CHECK(result->diverged_epoch == 0);
    CHECK(result->weights.name == "trials/0123456789abcdef/best.h5");
    sweep::finish_files(study.directory.path(), sweep::TrialId("0123456789abcdef"), *result);
    const auto file =
        core::h5::File::open(study.directory / "trials/0123456789abcdef/predictions.h5");
    CHECK(file.shape("/test/scores") == core::h5::Shape{4, 2});
    CHECK(file.shape("/validation/scores") == core::h5::Shape{4, 2});
    CHECK(file.shape("/test/features") == core::h5::Shape{4, 256});
    const auto scores = file.read<float>("/test/scores");
    CHECK(scores[0] + scores[1] == Approx(1).epsilon(1e-5));
}

TEST_CASE("class weights are of the images that a trial trains on, of its share and its fold") {
    const Study study;
    const auto path = study.directory / "skewed.h5";
    write_skewed_dataset(path);
    const trainer::Dataset data(path, "", at::kCPU);
    auto member = tests::small_member();
    auto& settings = member.spec.edit();
    settings.training.loss.class_weights = sweep::ClassWeights::balanced;
    settings.training.train_fraction = 0.4;
    FakeWatcher watcher;
    const auto& prepared = data.prepared();
    std::set<std::vector<double>> found;
    for (const sweep::Fold fold : {sweep::Fold{}, {1, 3, 5}, {2, 3, 5}, {3, 3, 5}}) {
        settings.fold = fold;
        const auto trained = trainer::images_of(prepared, member.spec).train;
        std::vector<double> counts(2);
        for (const auto image : trained) {
            ++counts[static_cast<std::size_t>(prepared.labels[image])];
        }
        const auto n = static_cast<double>(trained.size());
        const CohortRun run({member}, study.places(), data, watcher);
        const auto weights = run.model(member.trial)->learning().loss.class_weights;
        CHECK(weights == std::vector<double>{n / (2 * counts[0]), n / (2 * counts[1])});
        found.insert(weights);
    }
    CHECK(found.size() > 1);
    settings.training.loss.class_weights = sweep::ClassWeights::none;
    const CohortRun plain({member}, study.places(), data, watcher);
    CHECK(plain.model(member.trial)->learning().loss.class_weights.empty());
}

TEST_CASE("a run that is interrupted anywhere goes on to the same bits") {
    Study study;
    for (const bool warmup : {false, true}) {
        auto member = tests::small_member();
        if (warmup) {
            member.spec.edit().training.warmup_for = sweep::WarmupFor::all;
            member.spec.freeze = 40;
        }
        FakeWatcher whole;
        CohortRun uninterrupted({member}, study.places(), *study.data, whole);
        REQUIRE(uninterrupted.run() == CohortRun::Outcome::ended);
        const auto expected = all_rows({&whole});
        // After every so many batches, training and evaluation alike, until the end.
        for (const int every : {1, 3}) {
            auto part = member;
            std::vector<std::unique_ptr<FakeWatcher>> watchers;
            std::vector<const FakeWatcher*> seen;
            std::string hash;
            for (auto outcome = CohortRun::Outcome::drained;
                 outcome == CohortRun::Outcome::drained;) {
                REQUIRE(watchers.size() < 100);
                // An evaluation takes one batch: a leave at every batch would never end it.
                watchers.push_back(std::make_unique<FakeWatcher>(
                    every == 1 && watchers.size() % 2 == 1 ? 3 : every));
                seen.push_back(watchers.back().get());
                CohortRun run({part}, study.places(), *study.data, *watchers.back());
                outcome = run.run();
                hash = tests::weights_hash(*run.model(part.trial));
                part.files = watchers.back()->saves.back().files;
                ++part.attempt;
            }
            CHECK(watchers.size() > 2);
            CHECK(hash == tests::weights_hash(*uninterrupted.model(part.trial)));
            const auto rows = all_rows(seen);
            REQUIRE(rows.size() == expected.size());
            for (std::size_t i = 0; i < rows.size(); ++i) {
                CHECK(rows[i].step == expected[i].step);
                CHECK(rows[i].train_loss == expected[i].train_loss);
                CHECK(rows[i].validation.loss == expected[i].validation.loss);
            }
            const auto& result = watchers.back()->saves.back().result;
            CHECK(result->weights.hash == whole.saves.back().result->weights.hash);
            CHECK(result->test.loss == whole.saves.back().result->test.loss);
        }
    }
}
