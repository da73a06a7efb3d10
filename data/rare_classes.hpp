// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/manifest.hpp"

namespace graft::data {

// A class whose images lie in fewer than three groups cannot be in train, validation and test.
constexpr std::size_t kGroupsPerClass = 3;

// Does what on_rare_class says: `stop` throws InputError naming the classes and their groups,
// `allow` leaves them, `drop` removes their images, `merge` makes one class "a+b" of them (and
// throws InputError when that is rare still).
void settle_rare_classes(const DatasetSettings& settings, Manifest& manifest);

}  // namespace graft::data
