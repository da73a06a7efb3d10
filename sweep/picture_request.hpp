// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sweep/training.hpp"

namespace graft::sweep {

// Tiles that `graft-trainer pictures` makes of images of a prepared file, one row of them for each
// image, with the texts that a sheet of them shows (data/sheet.hpp).
//   augmented: the image, then as training sees it in its first epochs
//   saliency:  the image, then where in it the evidence for a class lies, for each of two classes
struct PictureRequest {
    enum class Kind { augmented, saliency } kind = Kind::augmented;
    std::string prepared;  // path of the prepared file
    std::string checksum;  // of its pixels, as recorded; empty: any
    Training training;
    std::int64_t seed = 1;
    std::vector<std::uint32_t> samples;  // images by their index
    std::int32_t epochs = 5;             // augmented: tiles beside the image

    std::string network, weights;             // saliency: path of a best.h5
    std::string definition;                   // of a network from a file
    std::vector<std::int32_t> first, second;  // saliency: classes, for each image

    std::string title;
    std::vector<std::string> columns, rows;  // above each column of tiles, and each row

    template <class Archive>
    void fields(Archive& archive) {
        archive(kind, prepared, checksum, training, seed, samples, epochs, network, weights,
                definition, first, second, title, columns, rows);
    }
};

}  // namespace graft::sweep

template <>
struct graft::core::EnumNames<graft::sweep::PictureRequest::Kind> {
    static constexpr std::array<std::string_view, 2> names{"augmented", "saliency"};
};
