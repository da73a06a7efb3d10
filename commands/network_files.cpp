// SPDX-License-Identifier: Apache-2.0
#include "commands/network_files.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "models/keras_json.hpp"
#include "sweep/network_name.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// It stands in tables, queries and messages as it is.
void check_label(const std::string& label, const std::string& place) {
    if (has(models::network_names(), label)) {
        core::fail_input(
            "{}: '{}' is a built-in network (a file of that name would be taken for "
            "it). Name the file otherwise.",
            place, label);
    }
    if (label.empty() ||
        label.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789_.-") != std::string::npos) {
        core::fail_input(
            "{}: '{}' is no name of a network (letters, digits and _.- make one). "
            "Name the file otherwise.",
            place, core::escaped(label));
    }
}

// `sweep`: the sweep's directory, which holds its networks once it has begun.
std::string read_json(const fs::path& path, const core::Value& value, const fs::path& sweep) {
    if (!fs::is_regular_file(path)) {
        core::fail_input("{}: network file '{}' cannot be read (no such file). {}",
                         value.place.text(), path.string(),
                         fs::exists(sweep / "sweep.toml")
                             ? "The sweep was begun and keeps its networks: name its directory "
                               "instead of the file, " +
                                   sweep.string()
                             : "Check the path.");
    }
    return core::read_file(path);
}

std::string kept(std::string_view json, const std::string& shown, const std::string& label) {
    return models::keras_json(models::read_keras_json(json, shown, label));
}

class Reader {
  public:
    explicit Reader(sweep::SweepFile& file) : file_(file) {}

    void read(core::Value& value) {
        if (auto* list = std::get_if<core::List>(&value.data)) {
            for (auto& item : *list) {
                read(item);
            }
        } else if (auto* text = std::get_if<std::string>(&value.data)) {
            if (sweep::is_network_file(*text)) {
                *text = read_file(*text, value);
            }
            named_.insert(*text);
        }
    }
    // Every [networks.X] is of a network of the grid.
    void check_settings() const {
        for (const auto& [label, network] : file_.networks) {
            const auto place = network.place.text();
            check_label(label, place);
            if (!named_.contains(label) || network.json.empty()) {
                core::fail_input(
                    "{}: [networks.{}] is of no network of the grid (one from a file is called by "
                    "the file's name without .json). Name it as its file, or leave it out.",
                    place, label);
            }
            const auto known = models::preprocessing_names();
            if (!network.preprocessing.empty() && !has(known, network.preprocessing)) {
                core::fail_input(
                    "{}: preprocessing '{}' of [networks.{}] is not known. Allowed: "
                    "{}.",
                    place, core::escaped(network.preprocessing), label, core::join(known));
            }
        }
    }

  private:
    std::string read_file(const fs::path& path, const core::Value& value) {
        const std::string label = path.stem().string();
        check_label(label, value.place.text());
        const auto json =
            kept(read_json(path, value, file_.output), "'" + path.string() + "'", label);
        auto& settings = file_.networks[label];
        if (!settings.json.empty() && settings.json != json) {
            core::fail_input(
                "{}: two networks are called '{}' (the second is '{}'). Name one file "
                "otherwise.",
                value.place.text(), label, path.string());
        }
        settings.json = json;
        return label;
    }

    sweep::SweepFile& file_;
    std::set<std::string> named_;
};

}  // namespace

void read_network_files(sweep::SweepFile& file) {
    for (auto& [label, network] : file.networks) {
        if (!network.json.empty()) {
            network.json = kept(network.json, "'" + label + "'", label);
        }
    }
    Reader reader(file);
    for (auto& block : file.grid) {
        for (auto& entry : block.table.entries) {
            if (entry.key == "network") {
                reader.read(entry.value);
            }
        }
    }
    reader.check_settings();
}

std::map<std::string, std::string> names_in_trials(const sweep::SweepFile& file) {
    std::map<std::string, std::string> names;
    for (const auto& [label, network] : file.networks) {
        names[label] = models::name_with_content(label, network.json, network.preprocessing);
    }
    return names;
}

std::string network_json(const sweep::SweepFile& file, const std::string& network) {
    const auto found = file.networks.find(sweep::network_label(network));
    return found == file.networks.end() ? "" : found->second.json;
}

}  // namespace graft::commands
