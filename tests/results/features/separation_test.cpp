// SPDX-License-Identifier: Apache-2.0
#include "results/features/separation.hpp"

#include "results/features/drawn.hpp"
#include "support/catch.hpp"

namespace graft::results::features {

TEST_CASE("neighbours vote, and a point has no vote on itself") {
    // Two pairs: with one neighbour each is right, and with three all others outvote the partner.
    const std::vector<float> features{0, 1, 10, 11};
    const std::vector<std::int32_t> labels{0, 0, 1, 1};
    CHECK(neighbour_accuracy(features, 1, labels, 1).value == 1);
    CHECK(neighbour_accuracy(features, 1, labels, 3).value == 0);
}

TEST_CASE("of equally distant neighbours the earlier counts, of equal votes the lower class") {
    // Each is as far from both others.
    const std::vector<float> triangle{1, 0, 0, 0, 1, 0, 0, 0, 1};
    CHECK(neighbour_accuracy(triangle, 3, std::vector<std::int32_t>{0, 0, 1}, 1).value ==
          Approx(2.0 / 3));
    // The neighbours of the second and of the third are of both classes.
    const std::vector<float> row{0, 1, 2};
    CHECK(neighbour_accuracy(row, 1, std::vector<std::int32_t>{0, 1, 1}, 2).value == 0);
    CHECK(neighbour_accuracy(row, 1, std::vector<std::int32_t>{1, 0, 0}, 2).value ==
          Approx(2.0 / 3));
}

TEST_CASE("folds are stratified, drawn by their key, and the same each time") {
    const auto labels = draw(203, 1, 4, 0).labels;
    const auto folds = stratified_folds(labels, 4, 5, 1);
    int counts[4][5] = {};
    for (std::size_t i = 0; i < labels.size(); ++i) {
        ++counts[labels[i]][folds[i]];
    }
    for (const auto& of_class : counts) {
        CHECK(*std::max_element(of_class, of_class + 5) -
                  *std::min_element(of_class, of_class + 5) <=
              1);
    }
    CHECK(folds == stratified_folds(labels, 4, 5, 1));
    CHECK(folds != stratified_folds(labels, 4, 5, 2));
}

TEST_CASE("a linear probe tells apart what a plane divides, and nothing else") {
    const auto apart = draw(120, 6, 2, 2);
    CHECK(linear_probe_auc(apart.features, 6, apart.labels, 2, 1).value > 0.97);
    const auto many = draw(150, 6, 3, 2);
    CHECK(linear_probe_auc(many.features, 6, many.labels, 3, 1).value > 0.97);
    const auto alike = draw(400, 3, 2, 0);
    CHECK(linear_probe_auc(alike.features, 3, alike.labels, 2, 1).value == Approx(0.5).margin(0.1));
    CHECK(linear_probe_auc(apart.features, 6, apart.labels, 2, 1).value ==
          linear_probe_auc(apart.features, 6, apart.labels, 2, 1).value);
}

TEST_CASE("constant features say nothing, and break nothing") {
    const auto drawn = draw(40, 2, 2, 0);
    const std::vector<float> constant(80, 3.0F);
    CHECK(linear_probe_auc(constant, 2, drawn.labels, 2, 1).value == 0.5);
    CHECK(neighbour_accuracy(constant, 2, drawn.labels, 5).why_not == "");
}

TEST_CASE("classes with fewer points than folds are left out of the probe") {
    auto drawn = draw(104, 6, 2, 2);
    for (std::size_t i = 100; i < 104; ++i) {
        drawn.labels[i] = 3;
    }
    CHECK(linear_probe_auc(drawn.features, 6, drawn.labels, 5, 1).value > 0.97);
}

TEST_CASE("scores that cannot be are a reason") {
    const auto drawn = draw(20, 2, 2, 1);
    const std::vector<std::int32_t> one(20, 1);
    CHECK(linear_probe_auc(drawn.features, 2, one, 2, 1).why_not == "only one class");
    CHECK(neighbour_accuracy(drawn.features, 2, one, 5).why_not == "only one class");
    const auto few = draw(5, 2, 2, 1);
    const auto missing = neighbour_accuracy(few.features, 2, few.labels, 5);
    CHECK(missing.why_not == "too few points (5 for 5 neighbours)");
    CHECK(std::isnan(missing.value));
    CHECK(linear_probe_auc(few.features, 2, few.labels, 2, 1).why_not ==
          "fewer than two classes with five points");
    auto broken = drawn;
    broken.features[3] = INFINITY;
    CHECK(neighbour_accuracy(broken.features, 2, broken.labels, 5).why_not ==
          "features that are not finite");
    CHECK(linear_probe_auc(broken.features, 2, broken.labels, 2, 1).why_not ==
          "features that are not finite");
}

}  // namespace graft::results::features
