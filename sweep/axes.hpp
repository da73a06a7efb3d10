// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sweep/sweep_file.hpp"

namespace graft::sweep {

// The values of a key as an axis of the grid: a list is one value each, anything else one value.
// For `augment`, whose single value is a list, an axis is a list of lists.
std::vector<core::Value> axis_values(std::string_view key, const core::Value& value);

// True for an init text that names a weight file: none of "random", "imagenet", "mean_var".
bool is_weight_file(std::string_view init);

// Makes the paths in `init` and `network` axes, [findings] and [datasets.X] absolute, relative to
// the file's directory, so that the resolved file means the same from anywhere.
void make_paths_absolute(SweepFile& file);

}  // namespace graft::sweep
