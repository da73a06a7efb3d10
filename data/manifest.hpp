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

// One image before decoding.
struct Sample {
    std::string id;
    std::vector<std::filesystem::path> files;  // one, or one per channel; relative to the dataset
    std::int32_t label = 0;                    // index into Manifest::classes
    std::string group;                         // the id itself when there are no groups
    std::optional<Part> part;                  // where the layout divides the set already
    std::uint64_t bytes = 0;                   // of all its files
};

// Something wrong with one image or label row, with the reason in words.
struct BadImage {
    std::string path;
    std::string reason;
};

// What a listing of the files and label tables says, before any image is decoded.
struct Manifest {
    std::vector<std::string> classes;  // sorted; numbers by value
    std::vector<Sample> samples;       // sorted by id
    std::vector<BadImage> bad;         // rows without image, images without row, missing channels
    // From settings (but the path), ids, labels, groups, sizes: names the dataset in trials.
    std::string fingerprint;
};

// Lists the dataset. Throws InputError when the path, pattern, table or columns do not fit; bad
// samples are listed, and are an error (all named, at most 20 shown, with the fix) unless
// on_bad_image is `skip`.
Manifest list_dataset(const DatasetSettings& settings);

struct PartCounts {
    std::int64_t train = 0, validation = 0, test = 0;
};

}  // namespace graft::data
