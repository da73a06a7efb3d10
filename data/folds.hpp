// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/split.hpp"

namespace graft::data {

// The folds of cross-validation: every image lies in one of `folds` of them, 1 .. folds; a group is
// never divided, and each class is spread over the folds as evenly as whole groups allow. Of single
// images each fold has as many of a class as any other, or one more.
//
// Groups are taken by their weight, the largest share of a class (squared, over classes) first, of
// equal ones in an order drawn with split_seed; each goes where it raises the sum over folds and
// classes of (share of the class in the fold) squared least, of equal folds to the one with fewest
// images, then to the first. Then groups move one by one for as long as that lowers the sum. The
// greedy part is that of scikit-learn's StratifiedGroupKFold, with squares in place of its standard
// deviations.
//
// A pure function: equal items (in any order), classes and seed give equal folds. `classes`: how
// many. Throws InputError for fewer groups than folds.
std::vector<std::int32_t> folds_of(const std::vector<SplitItem>& items, std::size_t classes,
                                   std::int32_t folds, std::int64_t split_seed);

// The parts that a trial on fold `fold` of `folds` has, from the tables of a prepared file (whose
// own parts count for nothing).
std::vector<Part> parts_of_fold(const PreparedTables& tables, std::int32_t fold, std::int32_t folds,
                                std::int64_t split_seed);
// How many images they have, but for what whole groups do to it.
PartCounts expected_parts_of_fold(std::int64_t images, std::int32_t folds);

}  // namespace graft::data
