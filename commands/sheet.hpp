// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "sweep/picture_request.hpp"

namespace graft::commands {

// Has the tiles of a request made by graft-trainer and drawn by graft-prepare: a PNG at `png`,
// whole, in a folder that is made where it is missing. Both say what is wrong on standard error;
// then throws core::Error.
void make_sheet(const sweep::PictureRequest& request, const std::filesystem::path& png);

}  // namespace graft::commands
