// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/prepared.hpp"
#include "sweep/event.hpp"
#include "sweep/picture_request.hpp"

namespace graft::commands {

// In the sweep's directory.
constexpr const char* kPreviewFolder = "preview";

// What a preview of a sweep's augmentation shows: for each dataset, size and way to augment that
// trials have, training images of all classes as they are prepared and as the first trial sees
// them.
struct Preview {
    std::string dataset;
    std::string name;  // of its file, without ending: "retina", "retina-2"
    sweep::PictureRequest request;
};

// `prepared`: its file of each (dataset, size). Reads their tables. Without an image in the
// training part there is no preview. Throws InputError for a damaged file.
std::vector<Preview> previews_of(
    const std::vector<sweep::PlannedTrial>& trials,
    const std::map<std::pair<std::string, std::int32_t>, std::filesystem::path>& prepared,
    std::size_t images);

// About `count` training images, at least one of each class that has some, evenly over the
// classes and over the file; ascending by class, then by index.
std::vector<std::uint32_t> spread_samples(const data::PreparedTables& tables, std::size_t count);

// "flip_horizontal, brightness 0.1, noise_std 0.02"; "none" for an empty list.
std::string augmentation_text(const sweep::Training& training);

}  // namespace graft::commands
