// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "data/prepare_request.hpp"

namespace graft::data {

using PrepareProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Makes the prepared files of a request that are not there yet, each published by rename. Bad
// images under on_bad_image = "stop" come back as result.error with the whole list in result.bad,
// and no file is made. Throws what list_dataset() throws, and NoSpaceError before the first image
// when the files would not fit. Must be called while the process has one thread.
PrepareResult prepare(const PrepareRequest& request, const PrepareProgress& progress);

}  // namespace graft::data
