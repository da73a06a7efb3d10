// SPDX-License-Identifier: Apache-2.0
#include "results/findings/external.hpp"

#include <cmath>

#include <fmt/format.h>

#include "core/random.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::findings {

using tests::planned;
using tests::RecordBuilder;

namespace {

sweep::Metrics outside(double auc) {
    sweep::Metrics metrics;
    metrics.auc = auc;
    metrics.accuracy = auc / 2;
    return metrics;
}

// Images of two classes, two for each group; scores of class 1 are apart by `gap`.
predictions::Part drawn_part(const std::string& prefix, int images, float gap) {
    predictions::Part part;
    core::RandomStream stream("external test/" + prefix, 0);
    for (int i = 0; i < images; ++i) {
        const float score = (gap * static_cast<float>(i % 2) + stream.uniform()) / (1 + gap);
        part.ids.push_back(fmt::format("{}{}", prefix, i));
        part.groups.push_back(fmt::format("{} patient {}", prefix, i / 2));
        part.labels.push_back(i % 2);
        part.scores.insert(part.scores.end(), {1 - score, score});
    }
    return part;
}

}  // namespace

TEST_CASE("classes are matched by name, whatever their order") {
    const auto same = match_classes({"none", "disease"}, {"disease", "none"});
    CHECK(same.fits());
    CHECK(same.absent.empty());
    const auto fewer = match_classes({"0", "1", "2", "3"}, {"3", "0"});
    CHECK(fewer.fits());
    CHECK(fewer.absent == std::vector<std::string>{"1", "2"});
    const auto more = match_classes({"0", "1"}, {"0", "1", "2"});
    CHECK_FALSE(more.fits());
    CHECK(more.foreign == std::vector<std::string>{"2"});
}

TEST_CASE("a drop is external less internal, trial by trial, with its interval over seeds") {
    RecordBuilder builder;
    ExternalMetrics external;
    for (std::int64_t seed = 1; seed <= 3; ++seed) {
        const double inside = 0.8 + 0.01 * static_cast<double>(seed * seed);
        const auto random = builder.plan(planned("mobilenet", "retina", "random", seed));
        builder.finish(random, 0.9, inside);
        external[random] = outside(inside - 0.1 * static_cast<double>(seed));
        const auto pretrained = builder.plan(planned("mobilenet", "retina", "imagenet", seed));
        builder.finish(pretrained, 0.9, inside);
        // One has no AUC outside, another was not scored there.
        if (seed < 3) {
            external[pretrained] = outside(seed == 1 ? NAN : 0.7);
        }
    }
    const auto table = external_table(contexts_of(builder.record()), external,
                                      {Metric::test_auc, Metric::test_accuracy}, {});
    REQUIRE(table.rows() == 2);
    const auto number = [&](const char* column, std::size_t row) {
        return table.at(column).number(row);
    };
    CHECK(results::text_of(table.at("init").at(0)) == "random");
    CHECK(table.find("learning_rate") == nullptr);
    CHECK(number("n", 0) == 3);
    CHECK(number("test_auc_internal_mean", 0) == Approx(0.8 + 0.14 / 3));
    CHECK(number("test_auc_drop_mean", 0) == Approx(-0.2));
    CHECK(number("test_auc_drop_sd", 0) == Approx(0.1));
    // t(2) at 97.5 % is 4.302653.
    CHECK(number("test_auc_drop_low", 0) == Approx(-0.2 - 4.302653 * 0.1 / std::sqrt(3.0)));
    CHECK(number("test_accuracy_external_mean", 0) ==
          Approx((0.8 + 0.14 / 3 - 0.2) / 2).margin(1e-12));
    CHECK(number("n", 1) == 1);
    CHECK(number("test_auc_external_mean", 1) == Approx(0.7));
    CHECK(number("test_auc_drop_mean", 1) == Approx(0.7 - 0.84));
    CHECK(std::isnan(number("test_auc_drop_low", 1)));
    CHECK(table.find("test_auc_drop_patients_low") == nullptr);
}

TEST_CASE("both sets of patients are drawn anew, each by itself") {
    const sweep::TrialId trial("0123456789abcdef");
    const auto inside = drawn_part("in", 400, 1.0F), other = drawn_part("out", 400, 0.3F);
    ExternalPatients patients("elsewhere", Metric::test_auc);
    patients.add_internal("here", trial, inside, 2);
    patients.add_external(trial, other, 2);
    CHECK(patients.draw() == 1000);
    const auto drop = patients.drop("here", {trial});

    const auto alone = [&](const std::string& name, const predictions::Part& part) {
        PatientBootstrap bootstrap(name, Metric::test_auc);
        bootstrap.add(trial, part, 2);
        bootstrap.draw(1000);
        return bootstrap.value(trial);
    };
    const auto a = alone("here", inside), b = alone("external/elsewhere", other);
    CHECK(drop.interval.estimate == Approx(b.estimate - a.estimate));
    REQUIRE(drop.interval.known());
    // Independent: variances add up, so widths do as the sides of a right triangle.
    const double width = drop.interval.high - drop.interval.low;
    CHECK(width == Approx(std::hypot(a.high - a.low, b.high - b.low)).epsilon(0.15));
    CHECK(drop.sd == Approx(width / (2 * 1.96)).epsilon(0.15));

    CHECK_FALSE(patients.drop("nowhere", {trial}).interval.known());
    ExternalPatients few("elsewhere", Metric::test_auc);
    few.add_internal("here", trial, inside, 2);
    few.add_external(trial, drawn_part("out", 18, 0.3F), 2);
    few.draw();
    CHECK_FALSE(few.drop("here", {trial}).interval.known());
}

}  // namespace graft::results::findings
