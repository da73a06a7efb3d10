// SPDX-License-Identifier: Apache-2.0
#include "sweep/sweep_file.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "sweep/axes.hpp"
#include "sweep/dataset_file.hpp"
#include "sweep/split_axis.hpp"
#include "sweep/toml.hpp"

namespace graft::sweep {

namespace fs = std::filesystem;

namespace {

using core::as_int;
using core::as_string;
using core::Entry;
using core::Table;

const Table& as_table(const Entry& entry) {
    if (const auto* table = entry.value.table()) {
        return *table;
    }
    core::fail_input("{}: '{}' is {} (expected a section). Write [{}].", entry.value.place.text(),
                     entry.key, entry.value.shown(), entry.key);
}

fs::path absolute(const fs::path& base, const std::string& text) {
    return (base / text).lexically_normal();
}

// ---- the sections

void read_sweep_section(SweepFile& file, const Table& table) {
    for (const auto& entry : table.entries) {
        if (entry.key == "name") {
            file.name = as_string(entry.key, entry.value);
            core::check_file_name("sweep's name", file.name, entry.value.place);
        } else if (entry.key == "output") {
            file.output = absolute(file.base, as_string(entry.key, entry.value));
        } else if (entry.key == "trials") {
            file.trials = absolute(file.base, as_string(entry.key, entry.value));
        } else {
            core::fail_unknown_key(entry, "[sweep]", {"name", "output", "trials"});
        }
    }
}

// "60 s", "2 min", or a number of seconds.
double read_seconds(const Entry& entry) {
    constexpr double shortest = 0.1, longest = 86400;
    const auto* text = entry.value.string();
    if (!text) {
        return core::as_double(entry.key, entry.value, shortest, longest);
    }
    const auto parts = core::split(*text, ' ');
    const auto number = core::parse_double(parts.front());
    const double unit = parts.size() == 2 && parts[1] == "min" ? 60 : 1;
    const bool good = number && *number * unit >= shortest && *number * unit <= longest &&
                      (parts.size() == 1 || (parts.size() == 2 && (parts[1] == "s" || unit > 1)));
    if (!good) {
        core::fail_input(
            "{}: '{}' is '{}' (no duration from 0.1 s to a day). Write it as \"60 s\" or \"2 "
            "min\".",
            entry.value.place.text(), entry.key, *text);
    }
    return *number * unit;
}

std::optional<std::int64_t> read_auto_or_count(const Entry& entry) {
    if (const auto* text = entry.value.string(); text && *text == "auto") {
        return std::nullopt;
    }
    return as_int(entry.key, entry.value, 1, 4096);
}

void read_on_other_hardware(RunSettings& run, const Entry& entry) {
    const auto choice = core::value_of<OnOtherHardware>(as_string(entry.key, entry.value));
    if (!choice) {
        core::fail_choice(entry.key, entry.value, {"continue", "wait"});
    }
    run.on_other_hardware = *choice;
}

void read_run_section(RunSettings& run, const Table& table) {
    for (const auto& entry : table.entries) {
        const auto& key = entry.key;
        if (key == "slots") {
            run.slots = read_auto_or_count(entry);
        } else if (key == "threads") {
            run.threads = read_auto_or_count(entry);
        } else if (key == "prepared") {
            run.prepared = as_string(key, entry.value);
        } else if (key == "lost_after") {
            run.lost_after_seconds = read_seconds(entry);
        } else if (key == "hung_after") {
            run.hung_after_seconds = read_seconds(entry);
        } else if (key == "on_other_hardware") {
            read_on_other_hardware(run, entry);
        } else if (key == "cohorts") {
            run.cohorts = as_bool(key, entry.value);
        } else {
            core::fail_unknown_key(entry, "[run]",
                                   {"slots", "threads", "prepared", "lost_after", "hung_after",
                                    "on_other_hardware", "cohorts"});
        }
    }
}

void read_weights_section(SweepFile& file, const Table& table) {
    for (const auto& entry : table.entries) {
        const fs::path path = absolute(file.base, as_string(entry.key, entry.value));
        if (entry.key == "directory") {
            file.weights_directory = path;
        } else {
            file.weights[entry.key] = path;
        }
    }
}

void read_networks(SweepFile& file, const Table& table) {
    for (const auto& entry : table.entries) {
        core::check_file_name("network's name", entry.key, entry.value.place);
        NetworkSettings& network = file.networks[entry.key];
        network.place = entry.value.place;
        for (const auto& key : as_table(entry).entries) {
            if (key.key == "preprocessing") {
                network.preprocessing = as_string(key.key, key.value);
            } else if (key.key == "json") {
                network.json = as_string(key.key, key.value);
            } else {
                core::fail_unknown_key(key, "[networks." + entry.key + "]",
                                       {"preprocessing", "json"});
            }
        }
    }
}

void check_keys(const Table& table, const std::string& where,
                const std::vector<std::string>& known) {
    for (const auto& entry : table.entries) {
        if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
            core::fail_unknown_key(entry, where, known);
        }
    }
}

std::vector<std::string> with_training_keys(std::vector<std::string> keys) {
    const auto training = training_key_names();
    keys.insert(keys.end(), training.begin(), training.end());
    return keys;
}

void read_datasets(SweepFile& file, const Table& table, const std::vector<std::string>& keys) {
    for (const auto& entry : table.entries) {
        const Table& dataset = as_table(entry);
        core::check_file_name("dataset's name", entry.key, entry.value.place);
        check_keys(dataset, "[datasets." + entry.key + "]", with_training_keys(keys));
        file.datasets.push_back({entry.key, dataset, entry.value.place});
    }
}

void read_grid(SweepFile& file, const Entry& entry) {
    const auto* blocks = entry.value.list();
    if (!blocks) {
        core::fail_input("{}: 'grid' is {} (expected blocks). Write [[grid]], in double brackets.",
                         entry.value.place.text(), entry.value.shown());
    }
    for (const auto& block : *blocks) {
        const std::string name = fmt::format("grid {}", file.grid.size() + 1);
        if (!block.table()) {
            core::fail_input("{}: a grid block is {} (expected keys). Write [[grid]].",
                             block.place.text(), block.shown());
        }
        check_keys(*block.table(), "[[grid]]",
                   with_training_keys(
                       {"network", "dataset", "init", "freeze", "seed", "split_seed", "fold"}));
        file.grid.push_back({name, *block.table(), block.place});
    }
}

void read_section(SweepFile& file, const Entry& entry, const std::vector<std::string>& keys) {
    if (entry.key == "sweep") {
        read_sweep_section(file, as_table(entry));
    } else if (entry.key == "training") {
        file.training = as_table(entry);
        check_keys(file.training, "[training]", training_key_names());
    } else if (entry.key == "run") {
        read_run_section(file.run, as_table(entry));
    } else if (entry.key == "slurm") {
        file.slurm = as_table(entry);
    } else if (entry.key == "findings") {
        file.findings = read_findings_section(as_table(entry));
    } else if (entry.key == "stopping") {
        file.stopping = read_stopping_section(as_table(entry));
    } else if (entry.key == "weights") {
        read_weights_section(file, as_table(entry));
    } else if (entry.key == "networks") {
        read_networks(file, as_table(entry));
    } else if (entry.key == "datasets") {
        read_datasets(file, as_table(entry), keys);
    } else if (entry.key == "grid") {
        read_grid(file, entry);
    } else {
        core::fail_unknown_key(entry, "the sweep file",
                               {"sweep", "training", "run", "slurm", "findings", "stopping",
                                "weights", "networks", "datasets", "grid"});
    }
}

void check_datasets(const SweepFile& file) {
    if (file.datasets.empty()) {
        core::fail_input("{}: there is no [datasets.NAME] section. Add one with its path.",
                         file.path.string());
    }
}

void check_complete(const SweepFile& file) {
    if (file.grid.empty()) {
        core::fail_input(
            "{}: there is no [[grid]] block (so nothing to train). Add one with "
            "network, dataset and init.",
            file.path.string());
    }
    check_datasets(file);
}

}  // namespace

const NamedTable* SweepFile::dataset(std::string_view wanted) const {
    const auto found = std::find_if(datasets.begin(), datasets.end(),
                                    [&](const NamedTable& d) { return d.name == wanted; });
    return found == datasets.end() ? nullptr : &*found;
}

namespace {

// `check` says what a file must have.
SweepFile parse(std::string_view text, const fs::path& path,
                const std::vector<std::string>& dataset_keys, void (*check)(const SweepFile&)) {
    SweepFile file;
    file.path = path;
    file.base = fs::absolute(path).lexically_normal().parent_path();
    const Table root = parse_toml(text, path.string());
    for (const auto& entry : root.entries) {
        read_section(file, entry, dataset_keys);
    }
    check(file);
    if (file.name.empty()) {
        file.name = path.stem().string();
        core::check_file_name("sweep's name, without [sweep] name that of its file,", file.name,
                              {path.string(), 0});
    }
    if (file.output.empty()) {
        file.output = file.base / file.name;
    }
    file.run.prepared = absolute(file.base, file.run.prepared).string();
    make_paths_absolute(file);
    write_out_split_seeds(file);
    return file;
}

// `path`: a file, or a sweep's directory.
template <class Parse>
SweepFile read_by(Parse parse_file, const fs::path& path, const std::vector<std::string>& keys) {
    if (fs::is_directory(path)) {
        SweepFile file = read_by(parse_file, path / "sweep.toml", keys);
        file.output = fs::absolute(path).lexically_normal();
        return file;
    }
    return parse_file(core::read_file(path), path, keys);
}

}  // namespace

SweepFile parse_sweep_file(std::string_view text, const fs::path& path,
                           const std::vector<std::string>& dataset_keys) {
    return parse(text, path, dataset_keys, check_complete);
}

SweepFile parse_dataset_file(std::string_view text, const fs::path& path,
                             const std::vector<std::string>& dataset_keys) {
    return parse(text, path, dataset_keys, check_datasets);
}

SweepFile read_sweep_file(const fs::path& path, const std::vector<std::string>& dataset_keys) {
    return read_by(parse_sweep_file, path, dataset_keys);
}

SweepFile read_dataset_file(const fs::path& path, const std::vector<std::string>& dataset_keys) {
    return read_by(parse_dataset_file, path, dataset_keys);
}

}  // namespace graft::sweep
