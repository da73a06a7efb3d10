// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/h5/file.hpp"

#include "results/table.hpp"

namespace graft::results {

// Writes a table as docs/store.md says ("What holds everywhere"): a one-dimensional compound
// dataset at "/<its name>", groups on the way included. Takes memory for the packed rows.
void write_table(core::h5::File& file, const Table& table);

}  // namespace graft::results
