// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sweep/sweep_file.hpp"

namespace graft::sweep {

// As read_sweep_file() and parse_sweep_file(), for the datasets alone that a file describes: it
// need not say what to train.
SweepFile read_dataset_file(const std::filesystem::path& path,
                            const std::vector<std::string>& dataset_keys);
SweepFile parse_dataset_file(std::string_view text, const std::filesystem::path& path,
                             const std::vector<std::string>& dataset_keys);

}  // namespace graft::sweep
