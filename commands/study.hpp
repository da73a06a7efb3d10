// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/value.hpp"

#include "data/dataset_settings.hpp"
#include "data/manifest.hpp"
#include "models/network.hpp"
#include "sweep/event.hpp"
#include "sweep/grid.hpp"
#include "sweep/record.hpp"
#include "sweep/sweep_file.hpp"

namespace graft::commands {

// A sweep file together with what it names: datasets as listed, trials with their work. Listing
// decodes no image; weight files are hashed, and their shapes are checked by check_weights().
struct Study {
    sweep::SweepFile file;
    std::map<std::string, data::DatasetSettings> datasets;
    std::map<std::string, data::Manifest> manifests;
    std::vector<sweep::PlannedTrial> trials;
    std::size_t duplicates = 0;
    std::vector<std::string> missing;  // what WhenMissing::note left open, in words
};

// What to do about datasets and weight files that are not there: `note` goes on with placeholders,
// so that a sweep can be planned on a machine without its data. Such trials must not be run.
enum class WhenMissing { stop, note };

// `path`: a sweep file, or a sweep's directory. Throws InputError for the first thing wrong.
Study load_study(const std::filesystem::path& path, WhenMissing missing = WhenMissing::stop);
// The same for who trains it or sends it to be trained: with its weight files checked, and into
// `output` where that is given (--output) instead of the directory that the file names.
Study load_to_train(const std::filesystem::path& path, const std::optional<std::string>& output);
// The sweep's directory that a file or directory names, without reading what the file names.
std::filesystem::path sweep_directory(const std::filesystem::path& path);
sweep::SweepFile read_file(const std::filesystem::path& path);
// The sweep file that a sweep was last planned with, as its journal has it.
sweep::SweepFile file_of(const sweep::Record& record);

// Settings of every dataset of the file.
std::map<std::string, data::DatasetSettings> settings_of(const sweep::SweepFile& file);

// How many images each part will get: the layout's own division, those of one of several folds, or
// 8:1:1.
data::PartCounts expected_parts(const data::Manifest& manifest, const sweep::Fold& fold);
// The same of a set that has no division of its own.
data::PartCounts expected_parts(std::int64_t images, const sweep::Fold& fold);

// A trial's network, with a head for so many classes, or for two where there are fewer.
models::Network network_of(const sweep::SweepFile& file, const sweep::TrialSpec& spec,
                           std::size_t classes);

sweep::Work work_of(const Study& study, const sweep::TrialSpec& spec);

// A (dataset, size) that trials need, in the order of first use.
struct NeededData {
    std::string dataset;
    std::int32_t size = 0;
    auto operator<=>(const NeededData&) const = default;
};
std::vector<NeededData> needed_data(const std::vector<sweep::PlannedTrial>& trials);

// Upper bound of the prepared files' bytes: sources smaller than the target take less.
std::uint64_t prepared_bytes(const Study& study);

// Reads every weight file that a trial uses and compares its shapes with the network. Throws
// InputError naming file, layer, expected and found shape.
void check_weights(const Study& study);

}  // namespace graft::commands
