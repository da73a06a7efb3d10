// SPDX-License-Identifier: Apache-2.0
#include "commands/preview.hpp"

#include "support/catch.hpp"

namespace graft::commands {

namespace {

// Class 0 has images 0 to 5, class 1 image 6, class 2 none to train with.
data::PreparedTables tables() {
    data::PreparedTables tables;
    tables.classes = {"a", "b", "c"};
    tables.labels = {0, 0, 0, 0, 0, 0, 1, 2};
    tables.parts.assign(8, data::Part::train);
    tables.parts[7] = data::Part::test;
    return tables;
}

}  // namespace

TEST_CASE("a preview has images of every class, spread over the file") {
    using Samples = std::vector<std::uint32_t>;
    CHECK(spread_samples(tables(), 4) == Samples{1, 4, 6});
    CHECK(spread_samples(tables(), 1) == Samples{3, 6});
    CHECK(spread_samples(tables(), 100) == Samples{0, 1, 2, 3, 4, 5, 6});
    CHECK(spread_samples({}, 4).empty());
}

TEST_CASE("a preview says how strong each operation is") {
    sweep::Training training;
    training.augment = {sweep::Augmentation::flip_vertical, sweep::Augmentation::hue,
                        sweep::Augmentation::noise};
    training.hue = 0.25;
    CHECK(augmentation_text(training) == "flip_vertical, hue 0.25, noise_std 0.02");
    training.augment.clear();
    CHECK(augmentation_text(training) == "none");
}

}  // namespace graft::commands
