// SPDX-License-Identifier: Apache-2.0
#include "trainer/order.hpp"

#include <algorithm>
#include <set>

#include "data/folds.hpp"

#include "support/catch.hpp"

using namespace graft::trainer;
using graft::sweep::Phase;

namespace {

Indices first_images(std::uint32_t count) {
    Indices images;
    for (std::uint32_t i = 0; i < count; ++i) {
        images.push_back(3 * i);
    }
    return images;
}

}  // namespace

TEST_CASE("an epoch's order holds every image once and is keyed by seed and epoch") {
    const auto images = first_images(50);
    const auto order = epoch_order(images, 1, epoch_key(Phase::fine_tune, 2));
    CHECK(order == epoch_order(images, 1, epoch_key(Phase::fine_tune, 2)));
    CHECK(order != epoch_order(images, 1, epoch_key(Phase::warmup, 2)));
    CHECK(order != epoch_order(images, 1, epoch_key(Phase::fine_tune, 3)));
    CHECK(order != epoch_order(images, 2, epoch_key(Phase::fine_tune, 2)));
    auto sorted = order;
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == images);
}

TEST_CASE("the last short batch is kept, except of size one") {
    CHECK(batches_of(64, 32) == 2);
    CHECK(batches_of(66, 32) == 3);
    CHECK(batches_of(65, 32) == 2);
    CHECK(batches_of(2, 32) == 1);
    CHECK(batch_of(first_images(66), 32, 2).size() == 2);
    CHECK(batch_of(first_images(66), 32, 1).size() == 32);
    CHECK(batch_of(first_images(66), 32, 1)[0] == 3 * 32);
}

TEST_CASE("a share of the training images keeps the proportions of the classes") {
    const auto images = first_images(100);
    std::vector<std::int32_t> labels(300);
    for (std::size_t i = 0; i < images.size(); ++i) {
        labels[images[i]] = i < 80 ? 0 : (i < 99 ? 1 : 2);
    }
    const auto share = stratified_share(images, labels, 0.25, 1);
    const auto of_class = [&](int label) {
        return std::count_if(share.begin(), share.end(),
                             [&](std::uint32_t i) { return labels[i] == label; });
    };
    CHECK(of_class(0) == 20);
    CHECK(of_class(1) == 5);
    CHECK(of_class(2) == 1);
    CHECK(std::set(share.begin(), share.end()).size() == share.size());
    CHECK(share != stratified_share(images, labels, 0.25, 2));
    CHECK(stratified_share(images, labels, 1, 1) == images);
}

TEST_CASE("a smaller share of the training images is part of a larger one of the same seed") {
    const auto images = first_images(200);
    std::vector<std::int32_t> labels(600);
    for (std::size_t i = 0; i < images.size(); ++i) {
        labels[images[i]] = i % 3 == 0 ? 1 : 0;
    }
    const auto half = stratified_share(images, labels, 0.5, 1);
    const auto tenth = stratified_share(images, labels, 0.1, 1);
    CHECK(tenth.size() == 20);
    CHECK(std::includes(half.begin(), half.end(), tenth.begin(), tenth.end()));
}

TEST_CASE("a trial on a fold sees the images of that fold, a share of those that it trains on") {
    graft::data::PreparedTables tables;
    tables.classes = {"a", "b"};
    for (int i = 0; i < 60; ++i) {
        tables.labels.push_back(i % 2);
        tables.groups.push_back(std::to_string(i / 2));
        tables.parts.push_back(graft::data::Part::test);  // of no fold
    }
    graft::sweep::TrialSpec spec;
    spec.edit().fold = {2, 3, 7};
    const auto all = images_of(tables, spec);
    const auto parts = graft::data::parts_of_fold(tables, 2, 3, 7);
    CHECK(all.train == images_of(parts, graft::data::Part::train));
    CHECK(all.validation == images_of(parts, graft::data::Part::validation));
    CHECK(all.test == images_of(parts, graft::data::Part::test));
    spec.edit().training.train_fraction = 0.5;
    const auto few = images_of(tables, spec);
    CHECK(few.train == stratified_share(all.train, tables.labels, 0.5, spec.seed));
    CHECK(few.train.size() < all.train.size());
    CHECK(few.validation == all.validation);
    CHECK(few.test == all.test);
    spec.edit().fold = {};
    CHECK(images_of(tables, spec).test.size() == 60);
}

TEST_CASE("kept features belong to the same images in every trial of a seed") {
    const auto images = first_images(100);
    const auto kept = sample_of(images, 10, 1);
    CHECK(kept.size() == 10);
    CHECK(std::is_sorted(kept.begin(), kept.end()));
    CHECK(kept == sample_of(images, 10, 1));
    CHECK(sample_of(images, 1000, 1) == images);
}
