// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "commands/live.hpp"
#include "commands/options.hpp"
#include "commands/whole.hpp"
#include "results/filter.hpp"
#include "results/row_cache.hpp"
#include "results/sweeps.hpp"

namespace graft::commands {

// How a sweep is read: by way of its cache where it has one that fits, or its whole journal. Both
// say the same, and both are live.
enum class Way { by_cache, by_journal };

// A sweep that was asked, as it is now; a divided one with its parts.
struct AskedSweep {
    std::string path;  // as typed
    std::filesystem::path directory;
    std::optional<results::CachedRecord> cached;
    std::optional<Live> live;  // without `cached`
    std::optional<Whole> whole;
    const sweep::Record& record() const;
};

// Throws InputError for a sweep that was never started, or is named twice.
std::vector<AskedSweep> read_asked(const std::vector<std::string>& paths, Way way);

// As tables are made of them. A sweep is called by its name; where two have the same, by their
// paths as they were typed. `sweeps` must live as long.
std::vector<results::Asked> named(const std::vector<AskedSweep>& sweeps);
results::Sweeps tables_of(const std::vector<AskedSweep>& sweeps);

// The filters of an option that takes several. Throws InputError as results::parse_filter().
std::vector<results::Filter> filters_of(const OptionsOf& options, const std::string& name);

}  // namespace graft::commands
