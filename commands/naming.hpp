// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sweep/record.hpp"

namespace graft::commands {

// The trial that a user means: its id, or a beginning of it that no other trial of the sweep has.
// Throws InputError that names the nearest id, or those that begin so. `directory`: of the sweep,
// as the user may type it.
const sweep::Trial& named_trial(const sweep::Record& record, const std::string& name,
                                const std::string& directory);

// "3f2a0b1c9d8e7f60 (mobilenet, retina, imagenet, freeze 50, seed 1)"
std::string shown(const sweep::Trial& trial, const sweep::Record& record);

}  // namespace graft::commands
