// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include <ATen/core/Tensor.h>

#include "sweep/picture_request.hpp"

namespace graft::trainer {

// The tiles of a request, uint8 [images, columns, H, W, 3]. Throws InputError when the prepared
// file or the weights are missing or damaged, or an image is not in the file.
at::Tensor tiles_of(const sweep::PictureRequest& request);

// `graft-trainer pictures REQUEST TILES`: reads an encoded request, writes an HDF5 file as
// data/sheet.hpp describes it, whole.
void answer_pictures(const std::filesystem::path& request, const std::filesystem::path& tiles);

}  // namespace graft::trainer
