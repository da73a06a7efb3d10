// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace graft::data {

// Draws tiles as one picture, a row of tiles for each image, and writes it as PNG, whole. `tiles`,
// as graft-trainer writes it: /tiles uint8 [rows, columns, H, W, 3], /columns and /rows texts above
// each column and each row, and the attribute `title`. Small tiles are enlarged without smoothing
// and large ones shrunk to about 160 pixels; letters beyond ASCII are shown as '?'. Throws
// InputError when the file is none of the kind.
void draw_sheet(const std::filesystem::path& tiles, const std::filesystem::path& png);

}  // namespace graft::data
