// SPDX-License-Identifier: Apache-2.0
#include "commands/asked.hpp"

#include <algorithm>

#include "core/error.hpp"

#include "commands/parts.hpp"
#include "commands/study.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

AskedSweep read_one(const std::string& path, Way way) {
    AskedSweep asked;
    asked.path = path;
    asked.directory = fs::absolute(sweep_directory(path)).lexically_normal();
    if (way == Way::by_cache && parts_of(asked.directory).empty()) {
        asked.cached = results::CachedRecord::read(asked.directory);
    }
    if (!asked.cached) {
        asked.live = read_live(path);
        asked.whole = read_parts(*asked.live);
    }
    return asked;
}

}  // namespace

const sweep::Record& AskedSweep::record() const {
    return cached ? cached->record : whole ? whole->record : live->record;
}

std::vector<AskedSweep> read_asked(const std::vector<std::string>& paths, Way way) {
    std::vector<AskedSweep> sweeps;
    for (const auto& path : paths) {
        auto asked = read_one(path, way);
        const auto same = [&](const AskedSweep& other) {
            std::error_code error;
            return fs::equivalent(other.directory, asked.directory, error);
        };
        const auto twice = std::find_if(sweeps.begin(), sweeps.end(), same);
        if (twice != sweeps.end()) {
            core::fail_input("'{}' and '{}' are the same sweep (named twice). Name it once.",
                             twice->path, path);
        }
        sweeps.push_back(std::move(asked));
    }
    return sweeps;
}

std::vector<results::Asked> named(const std::vector<AskedSweep>& sweeps) {
    std::vector<results::Asked> asked;
    for (const auto& sweep : sweeps) {
        const auto& name = sweep.record().sweep_name();
        const auto named = std::count_if(sweeps.begin(), sweeps.end(), [&](const auto& other) {
            return other.record().sweep_name() == name;
        });
        asked.push_back({named > 1 ? sweep.path : name, sweep.directory, &sweep.record(),
                         sweep.cached ? sweep.cached->rows.get() : nullptr});
    }
    return asked;
}

results::Sweeps tables_of(const std::vector<AskedSweep>& sweeps) {
    return results::Sweeps(named(sweeps));
}

std::vector<results::Filter> filters_of(const OptionsOf& options, const std::string& name) {
    std::vector<results::Filter> filters;
    const auto texts = options.find<std::vector<std::string>>(name);
    for (const auto& text : texts.value_or(std::vector<std::string>{})) {
        filters.push_back(results::parse_filter(text));
    }
    return filters;
}

}  // namespace graft::commands
