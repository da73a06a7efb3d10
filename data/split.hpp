// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/manifest.hpp"

namespace graft::data {

// What a split depends on: ids only order the groups, so they are not needed beyond them.
struct SplitItem {
    std::int32_t label = 0;
    std::string group;
};

// Train, validation and test in 8:1:1 of the images, stratified by class; a group is never divided.
//
// Every group belongs to the stratum of its rarest class. The largest group of a stratum is
// train's. The others are taken in an order drawn with (split_seed, class name): test, then
// validation, take those that fit into a tenth of the stratum's images (at least one, the smallest
// when none fits), train takes the rest. A stratum of two groups has no validation, of one group
// train only.
//
// A pure function: equal items (in any order), classes and seed give equal parts.
std::vector<Part> split(const std::vector<SplitItem>& items,
                        const std::vector<std::string>& classes, std::int64_t split_seed);

// Of the tables of a prepared file.
std::vector<SplitItem> split_items(const PreparedTables& tables);

// The parts of one of several folds (data/folds.hpp): the fold is test, and of the other images a
// ninth is validation, as above: with ten folds that is 8:1:1. Drawn with (split_seed, fold, class
// name) from the others alone; not the next fold, which would leave two folds without training
// images, and five with three fifths of them.
constexpr int kOneInOfFold = 9;
// As pure as split(). `folds`: of each item, 1 ..; `fold`: one of them.
std::vector<Part> split_of_fold(const std::vector<SplitItem>& items,
                                const std::vector<std::string>& classes,
                                const std::vector<std::int32_t>& folds, std::int32_t fold,
                                std::int64_t split_seed);

PartCounts count_parts(const std::vector<Part>& parts);

}  // namespace graft::data
