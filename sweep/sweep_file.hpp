// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/value.hpp"

#include "sweep/findings_settings.hpp"
#include "sweep/stopping.hpp"
#include "sweep/training.hpp"

namespace graft::sweep {

enum class OnOtherHardware { continue_, wait };

// [run]: how, not what; part of no trial's name.
struct RunSettings {
    std::optional<std::int64_t> slots;    // trainers per rank; none: "auto"
    std::optional<std::int64_t> threads;  // CPU threads per trainer; none: "auto"
    std::string prepared = "prepared";    // directory, relative to the file first given
    double lost_after_seconds = 60;
    double hung_after_seconds = 600;
    OnOtherHardware on_other_hardware = OnOtherHardware::continue_;
    bool cohorts = true;  // trials that share work are trained together
};

struct NamedTable {
    std::string name;
    core::Table table;
    core::Place place;
};

// [networks.X]: of a network that a file defines, and that is called X after it.
struct NetworkSettings {
    std::string preprocessing;  // what its weights were trained on; empty: not said
    // The network itself, in Keras' own JSON: in resolved files, which need the network's file no
    // more; empty: the grid names that file.
    std::string json;
    core::Place place;
};

// A sweep file as read: keys checked by name, values of axes still as written.
struct SweepFile {
    std::filesystem::path path;
    std::filesystem::path base;  // directory that relative paths are relative to
    std::string name;
    std::filesystem::path output;  // the sweep's directory, absolute
    std::filesystem::path trials;  // file that lists the ids of the grid's trials; empty: all
    core::Table training;
    std::vector<NamedTable> datasets;
    std::vector<NamedTable> grid;  // name: "grid 1", ...
    RunSettings run;
    core::Table slurm;  // [slurm] as written: slurm/settings.hpp knows its keys
    FindingsSettings findings;
    StoppingSettings stopping;
    std::filesystem::path weights_directory;
    std::map<std::string, std::filesystem::path> weights;  // by network, absolute
    std::map<std::string, NetworkSettings> networks;

    const NamedTable* dataset(std::string_view wanted) const;
};

// Reads and checks a sweep file. `dataset_keys` are the keys of [datasets.X] beside the [training]
// keys. Throws InputError naming file, line, key, the nearest known one and the allowed values.
SweepFile read_sweep_file(const std::filesystem::path& path,
                          const std::vector<std::string>& dataset_keys);
// The same from a text; `shown` is the file's name in messages.
SweepFile parse_sweep_file(std::string_view text, const std::filesystem::path& path,
                           const std::vector<std::string>& dataset_keys);

// A complete sweep file: every default written out, all paths absolute. Reads back as the same.
std::string resolved_text(const SweepFile& file);
// A commented file with every key and its default, for --dump-default.
std::string default_text();

}  // namespace graft::sweep

template <>
struct graft::core::EnumNames<graft::sweep::OnOtherHardware> {
    static constexpr std::array<std::string_view, 2> names{"continue", "wait"};
};
