// SPDX-License-Identifier: Apache-2.0
#include "sweep/split_axis.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/axes.hpp"
#include "sweep/toml.hpp"

namespace graft::sweep {

namespace {

constexpr const char* kKey = "split_seed";

std::int64_t seed_of(const core::Value& value) {
    return core::as_int(kKey, value, 0, std::int64_t{1} << 53);
}

void set(core::Table& table, const std::string& key, core::Value value) {
    for (auto& entry : table.entries) {
        if (entry.key == key) {
            entry.value = std::move(value);
            return;
        }
    }
    table.entries.push_back({key, std::move(value)});
}

void check_not_divided(const NamedTable& dataset, const core::Place& place) {
    const auto* images = dataset.table.find("images");
    const auto* pattern = images ? images->value.string() : nullptr;
    if (pattern && pattern->find("{split}") != std::string::npos) {
        core::fail_input(
            "{}: 'split_seed' has no effect on dataset '{}' (its images are divided already: "
            "{{split}}). Leave the key out of this block.",
            place.text(), dataset.name);
    }
}

// The name of a dataset divided by `seed`, which is added to the file when it is new.
std::string divided(SweepFile& file, const std::string& name, const core::Value& seed) {
    const auto text = fmt::format("{}@{}", name, seed_of(seed));
    const NamedTable* whole = file.dataset(name);
    if (whole && !file.dataset(text)) {
        check_not_divided(*whole, seed.place);
        NamedTable copy = *whole;
        copy.name = text;
        set(copy.table, kKey, seed);
        file.datasets.push_back(std::move(copy));
    }
    return whole ? text : name;  // an unknown dataset is named by whoever expands the grid
}

void write_out(SweepFile& file, core::Table& block) {
    const auto* seeds = block.find(kKey);
    const auto* datasets = block.find("dataset");
    if (!seeds || !datasets) {
        return;
    }
    core::List names;
    for (const auto& dataset : axis_values("dataset", datasets->value)) {
        for (const auto& seed : axis_values(kKey, seeds->value)) {
            const auto* name = dataset.string();
            core::Value value = dataset;  // no text: named by whoever expands the grid
            if (name) {
                value.data = divided(file, *name, seed);
            }
            names.push_back(std::move(value));
        }
    }
    set(block, "dataset", {std::move(names), datasets->value.place});
    std::erase_if(block.entries, [](const core::Entry& entry) { return entry.key == kKey; });
}

void check_names(const SweepFile& file) {
    for (const auto& dataset : file.datasets) {
        const auto named = split_name(dataset.name).split_seed;
        const auto* entry = dataset.table.find(kKey);
        if (named && (!entry || seed_of(entry->value) != *named)) {
            core::fail_input(
                "{}: dataset '{}' has split_seed {} (the name says {}: NAME@SEED is that dataset "
                "divided by that seed). Give it another name.",
                dataset.place.text(), dataset.name, entry ? seed_of(entry->value) : 0, *named);
        }
    }
}

}  // namespace

SplitName split_name(std::string_view dataset) {
    const std::size_t at = dataset.rfind('@');
    if (at != std::string_view::npos && at > 0) {
        if (const auto seed = core::parse_int(dataset.substr(at + 1)); seed && *seed >= 0) {
            return {std::string(dataset.substr(0, at)), *seed};
        }
    }
    return {std::string(dataset), std::nullopt};
}

void write_out_split_seeds(SweepFile& file) {
    for (std::size_t i = 0; i < file.grid.size(); ++i) {
        core::Table block = file.grid[i].table;
        write_out(file, block);
        file.grid[i].table = std::move(block);
    }
    check_names(file);
}

std::map<std::string, std::int64_t> split_seeds(std::string_view sweep_file) {
    std::map<std::string, std::int64_t> seeds;
    const auto root = parse_toml(sweep_file, "sweep.toml");
    const auto* section = root.find("datasets");
    const auto* datasets = section ? section->value.table() : nullptr;
    for (const auto& dataset : datasets ? datasets->entries : std::vector<core::Entry>{}) {
        const auto* table = dataset.value.table();
        const auto* entry = table ? table->find(kKey) : nullptr;
        seeds[dataset.key] = entry ? seed_of(entry->value) : 0;
    }
    return seeds;
}

std::int64_t split_seed_of(const std::string& dataset,
                           const std::map<std::string, std::int64_t>& seeds) {
    if (const auto named = split_name(dataset).split_seed) {
        return *named;
    }
    const auto known = seeds.find(dataset);
    return known == seeds.end() ? 0 : known->second;
}

}  // namespace graft::sweep
