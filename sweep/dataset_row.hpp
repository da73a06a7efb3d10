// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sweep/record.hpp"

namespace graft::sweep {

// The record's row of a dataset under this very name; null: none. Datasets of equal images are
// divided by their own settings: one with folds has other counts than one without.
const DatasetReady* dataset_row(const Record& record, const std::string& name,
                                const std::string& fingerprint, std::int32_t size);
// That of a trial's dataset, or of the same images under another name; null: none.
const DatasetReady* dataset_row(const Record& record, const Trial& trial);

}  // namespace graft::sweep
