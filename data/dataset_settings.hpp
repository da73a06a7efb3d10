// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/enum_table.hpp"
#include "core/value.hpp"

namespace graft::data {

enum class OnBadImage { stop, skip };
enum class OnRareClass { stop, allow, merge, drop };
enum class Duplicates { group, report };

// Of 64 bits; beyond it pictures are joined that only share their broad light and dark.
constexpr std::int64_t kMaxDuplicateDistance = 16;

// Each of them is a trial of its own.
constexpr std::int32_t kMostFolds = 100;

// The keys of [datasets.X] that say what the dataset is; docs/sweep-file.md explains each.
struct DatasetSettings {
    std::string name;
    std::filesystem::path path;  // absolute
    // Pattern with {id}, {class}, {split}, {channel}, {group}, or empty: folders per class.
    std::string images;
    std::string labels;  // CSV of labels, relative to path, or empty
    std::string id_column, label_column, group_column;
    std::string group;   // pattern of parts of the id: "{group}_{eye}"
    std::string groups;  // a second CSV: id, group
    std::vector<std::string> channels;
    bool single_label = false;
    std::int64_t min_class_size = 0;
    std::map<std::string, std::string> map_labels;
    std::int64_t split_seed = 0;
    std::int32_t folds = 0;  // of cross-validation; 0: one division. Changes no prepared file
    Duplicates duplicates = Duplicates::group;
    int duplicate_distance = 0;  // Hamming distance of perceptual hashes; 0: exact only
    OnBadImage on_bad_image = OnBadImage::stop;
    OnRareClass on_rare_class = OnRareClass::stop;

    template <class Archive>
    void fields(Archive& archive) {
        std::string where = path.string();
        archive(name, where, images, labels, id_column, label_column, group_column, group, groups,
                channels, single_label, min_class_size, map_labels, split_seed, duplicates,
                duplicate_distance, on_bad_image, on_rare_class, folds);
        path = where;
    }
};

// The keys above, for messages and for telling them from [training] keys.
const std::vector<std::string>& dataset_keys();

// Relative paths are relative to `base` (the directory of the sweep file first given). Reads the
// keys of dataset_keys(); others in the table ([training] keys) are the caller's. Throws InputError
// with file and line for a value that does not fit, and when there is no path.
DatasetSettings dataset_settings(const std::string& name, const core::Table& table,
                                 const std::filesystem::path& base);

// The value of a key of [datasets.X] as an option on a command line has it.
core::Value option_value(const std::string& key, const std::string& text);

}  // namespace graft::data

template <>
struct graft::core::EnumNames<graft::data::OnBadImage> {
    static constexpr std::array<std::string_view, 2> names{"stop", "skip"};
};
template <>
struct graft::core::EnumNames<graft::data::OnRareClass> {
    static constexpr std::array<std::string_view, 4> names{"stop", "allow", "merge", "drop"};
};
template <>
struct graft::core::EnumNames<graft::data::Duplicates> {
    static constexpr std::array<std::string_view, 2> names{"group", "report"};
};
