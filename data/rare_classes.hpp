// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "data/manifest.hpp"

namespace graft::data {

// A class whose images lie in fewer than three groups cannot be in train, validation and test; with
// folds, one in fewer groups than there are folds cannot be in each one's test part. With two folds
// it takes four: each fold, while the other is test, gives one to train and one to validation.
std::size_t groups_per_class(const DatasetSettings& settings);
// "train, validation and test need one each", "each of the 5 folds tests on one"
std::string why_groups(const DatasetSettings& settings);

// Does what on_rare_class says: `stop` throws InputError naming the classes and their groups,
// `allow` leaves them, `drop` removes their images, `merge` makes one class "a+b" of them (and
// throws InputError when that is rare still).
void settle_rare_classes(const DatasetSettings& settings, Manifest& manifest);

}  // namespace graft::data
