// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/bad_image.hpp"
#include "data/dataset_settings.hpp"
#include "data/prepared.hpp"

namespace graft::data {

// One image before decoding.
struct Sample {
    // The {id} part where a label table names it; otherwise the named parts of its path:
    // "train/1/patch7", "cat/12".
    std::string id;
    std::vector<std::filesystem::path> files;  // one, or one per channel; relative to the dataset
    std::int32_t label = 0;                    // index into Manifest::classes
    std::string group;                         // the id itself when there are no groups
    std::optional<Part> part;                  // where the layout divides the set already
    std::uint64_t bytes = 0;                   // of all its files
};

// What a listing of the files and label tables says, before any image is decoded.
struct Manifest {
    std::vector<std::string> classes;  // sorted; numbers by value
    std::vector<Sample> samples;       // sorted by id
    std::vector<BadImage> bad;         // rows without image, images without row, missing channels
    // From settings (but the path), ids, labels, groups, sizes: names the dataset in trials.
    std::string fingerprint;
};

// Lists the dataset. Throws InputError when the path, pattern, table or columns do not fit, when
// fewer than two classes have images, a class has none, a divided set lacks a part, or a class has
// fewer than three groups (on_rare_class). Bad samples are listed, and are an error (all counted,
// at most 20 shown, with the fix) unless on_bad_image is `skip`.
Manifest list_dataset(const DatasetSettings& settings);

// The content hash of a canonical text: every setting but the path that is not its default, then
// id, class, group, part and bytes of each sample.
std::string dataset_fingerprint(const DatasetSettings& settings, const Manifest& manifest);

}  // namespace graft::data
