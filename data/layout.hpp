// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset_settings.hpp"
#include "data/prepared.hpp"

namespace graft::data {

// One image file with what its path says.
struct FoundFile {
    std::filesystem::path path;              // relative to the dataset
    std::string id;                          // the {id} part, or the name without extension
    std::string class_name, channel, group;  // empty where the path does not say
    std::optional<Part> part;
    std::uint64_t bytes = 0;
};

// The image files of a dataset, sorted by path.
struct Layout {
    std::vector<FoundFile> files;
    std::vector<std::string> empty_classes;  // class folders without one image
    std::string pattern;                     // the one given or recognised, for messages
    bool has_class = false, has_split = false, has_group = false;
};

// Walks the directory along `images`; without it, recognises one folder per class, or
// train/valid/test with one folder per class in each. Throws InputError when the directory is
// missing or unreadable, the pattern is wrong, nothing matches, or a {split} folder is none of
// train; valid, val, validation; test.
Layout read_layout(const DatasetSettings& settings);

}  // namespace graft::data
