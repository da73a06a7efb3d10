// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "core/value.hpp"

#include "sweep/sweep_file.hpp"

namespace graft::commands {

// The weight file that an init text means for a network: a path itself; for "imagenet" and
// "mean_var" the one named in [weights], else the published Keras file found in [weights]
// directory. Empty for "random". Throws InputError (naming what was looked for, and where to get
// it) when there is none.
std::filesystem::path weight_file(const sweep::SweepFile& file, const std::string& network,
                                  const std::string& init, const core::Place& place);

}  // namespace graft::commands
