// SPDX-License-Identifier: Apache-2.0
#include "results/predictions/predictions.hpp"

#include <cmath>
#include <functional>

#include "core/error.hpp"
#include "core/h5/file.hpp"

#include "results/predictions/evaluation.hpp"
#include "support/catch.hpp"
#include "support/mutants.hpp"
#include "support/temporary.hpp"

namespace graft::results::predictions {

namespace {

namespace fs = std::filesystem;
using core::h5::File;

// As trainer/predictions.cpp writes it.
struct Written {
    std::vector<std::string> classes{"0", "1"};
    std::vector<std::string> ids{"a", "b", "c"};
    std::vector<std::string> groups{"p", "p", "q"};
    std::vector<std::int32_t> labels{0, 1, 1};
    std::vector<float> scores{0.75F, 0.25F, 0.5F, 0.5F, 0.125F, 0.875F};
    std::uint64_t score_columns = 2;
    std::vector<std::int32_t> feature_rows{2, 0};
    std::vector<float> features{1, 2, 3, 4, 5, 6};

    void write(const fs::path& path) const {
        File file = File::create(path);
        file.write_texts("/classes", classes);
        for (const std::string part : {"/validation", "/test"}) {
            file.write_texts(part + "/id", ids);
            file.write_texts(part + "/group", groups);
            file.write(part + "/label", labels);
            file.write(part + "/scores", {scores.size() / score_columns, score_columns},
                       scores.data());
        }
        file.write("/test/features", {features.size() / 3, 3}, features.data());
        file.write("/test/feature_rows", feature_rows);
        file.close();
    }
};

void check_refused(const std::function<void(Written&)>& change, const std::string& why) {
    const tests::TemporaryDirectory directory;
    Written written;
    change(written);
    written.write(directory / "predictions.h5");
    CHECK_THROWS_WITH(read_predictions(directory / "predictions.h5"),
                      ContainsSubstring("predictions.h5' are damaged") && ContainsSubstring(why) &&
                          ContainsSubstring("graft verify"));
}

}  // namespace

TEST_CASE("predictions are read as they were written") {
    const tests::TemporaryDirectory directory;
    const Written written;
    written.write(directory / "predictions.h5");
    const auto found = read_predictions(directory / "predictions.h5");
    CHECK(found.classes == written.classes);
    CHECK(found.test.ids == written.ids);
    CHECK(found.test.groups == written.groups);
    CHECK(found.validation.labels == written.labels);
    CHECK(found.validation.scores == written.scores);
    CHECK(found.feature_width == 3);
    CHECK(found.features == written.features);
    CHECK(found.feature_rows == written.feature_rows);
}

TEST_CASE("parts without images are read") {
    const tests::TemporaryDirectory directory;
    Written written;
    written.ids = written.groups = {};
    written.labels = written.feature_rows = {};
    written.scores = written.features = {};
    written.write(directory / "predictions.h5");
    const auto found = read_predictions(directory / "predictions.h5");
    CHECK(found.test.images() == 0);
    CHECK(evaluate(found).missing.size() > 10);
}

TEST_CASE("what no predictions say is refused, with the place and what to do") {
    check_refused([](Written& w) { w.labels[1] = 2; }, "/label: a label names no class");
    check_refused([](Written& w) { w.labels[1] = -1; }, "a label names no class");
    check_refused([](Written& w) { w.scores[0] = 1.5F; }, "a score is no probability");
    check_refused([](Written& w) { w.scores[0] = -0.5F; }, "a score is no probability");
    check_refused([](Written& w) { w.score_columns = 3; }, "one column per class");
    check_refused([](Written& w) { w.ids.pop_back(); }, "differ in number");
    check_refused([](Written& w) { w.feature_rows[0] = 3; }, "/test/feature_rows");
    check_refused([](Written& w) { w.feature_rows.push_back(0); }, "/test/features");
    check_refused([](Written& w) { w.classes = {"0"}; }, "fewer than two");
}

TEST_CASE("scores of a diverged trial may be no numbers") {
    const tests::TemporaryDirectory directory;
    Written written;
    written.scores[0] = NAN;
    written.write(directory / "predictions.h5");
    CHECK(std::isnan(read_predictions(directory / "predictions.h5").test.scores[0]));
}

TEST_CASE("a predictions file that is not there is named") {
    const tests::TemporaryDirectory directory;
    CHECK_THROWS_AS(read_predictions(directory / "predictions.h5"), core::InputError);
    CHECK_THROWS_WITH(read_predictions(directory / "predictions.h5"),
                      ContainsSubstring("predictions.h5"));
}

TEST_CASE("predictions with any bytes changed are read and judged, or refused by name") {
    const tests::TemporaryDirectory directory;
    Written().write(directory / "predictions.h5");
    const auto report =
        tests::try_mutants(directory / "predictions.h5", 150, [](const fs::path& path) {
            const auto found = read_predictions(path);
            evaluate(found);
            worst_images(found.test, static_cast<int>(found.classes.size()), 5);
        });
    INFO(report.text());
    CHECK(report.problems.empty());
    CHECK(report.read > 10);
    CHECK(report.refused > 20);
}

TEST_CASE(
    "the test parts of many files are those of each, and bad files are told among good ones") {
    const tests::TemporaryDirectory directory;
    Written written;
    written.write(directory / "good.h5");
    written.scores[0] = NAN;
    written.write(directory / "nan.h5");
    written.scores[0] = 2;
    written.write(directory / "damaged.h5");
    const std::vector<fs::path> paths{directory / "good.h5", directory / "damaged.h5",
                                      directory / "missing.h5", directory / "nan.h5"};
    std::vector<TestRead> reads;
    read_tests(paths, [&](std::size_t i, TestRead read) {
        CHECK(i == reads.size());
        reads.push_back(std::move(read));
    });
    REQUIRE(reads.size() == 4);
    const auto whole = read_predictions(paths[0]);
    CHECK_FALSE(reads[0].why_not);
    CHECK(reads[0].classes == 2);
    CHECK(reads[0].test.ids == whole.test.ids);
    CHECK(reads[0].test.groups == whole.test.groups);
    CHECK(reads[0].test.labels == whole.test.labels);
    CHECK(reads[0].test.scores == whole.test.scores);
    CHECK_THAT(reads[1].why_not.value_or(""),
               ContainsSubstring("damaged.h5' are damaged") && ContainsSubstring("graft verify"));
    CHECK_THAT(reads[2].why_not.value_or(""), ContainsSubstring("missing.h5"));
    CHECK_FALSE(reads[3].why_not);
    CHECK(std::isnan(reads[3].test.scores[0]));
}

}  // namespace graft::results::predictions
