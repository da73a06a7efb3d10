// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sweep/training.hpp"

namespace graft::sweep {

// A network as trials name it: a built-in one by its name, one from a file as "label@content" or
// "label@content:preprocessing" (models/keras_json.hpp makes it), whatever path the file has.

// As people see it: the label.
std::string network_label(std::string_view network);
// As a trial's canonical text has it: what decides about the trial's numbers. The label does not,
// and the preprocessing only where images are scaled by it.
std::string_view network_content(std::string_view network, InputRange range);

// A network of the grid that is named by its file.
bool is_network_file(std::string_view network);

}  // namespace graft::sweep
