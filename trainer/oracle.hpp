// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace graft::trainer {

// For tests/oracle: runs a network once on given images and weights, and writes what another
// implementation can be compared with: layer outputs, loss, gradients, one optimizer step. The
// layout of both HDF5 files is in README.md. Throws InputError for a request that does not fit.
void answer_oracle(const std::filesystem::path& request, const std::filesystem::path& result);

}  // namespace graft::trainer
