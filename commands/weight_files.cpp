// SPDX-License-Identifier: Apache-2.0
#include "commands/weight_files.hpp"

#include "core/error.hpp"
#include "core/text.hpp"

#include "models/weights.hpp"
#include "sweep/axes.hpp"
#include "sweep/network_name.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

fs::path weight_file(const sweep::SweepFile& file, const std::string& network,
                     const std::string& init, const core::Place& place) {
    if (init == "random") {
        return {};
    }
    const auto label = sweep::network_label(network);
    const bool from_file = network != label || file.networks.contains(label);
    const auto published =
        from_file ? std::vector<std::string>() : models::published_file_names(network);
    const auto named = file.weights.find(label);
    fs::path found = sweep::is_weight_file(init)   ? fs::path(init)
                     : named != file.weights.end() ? named->second
                                                   : fs::path();
    if (found.empty() && !file.weights_directory.empty()) {
        for (const auto& name : published) {
            if (fs::exists(file.weights_directory / name)) {
                return file.weights_directory / name;
            }
        }
    }
    if (found.empty()) {
        core::fail_input(
            "{}: init '{}' needs a weight file for '{}' (none is named{}). Write "
            "[weights] \"{}\" = \"FILE.h5\"{}.",
            place.text(), init, label,
            file.weights_directory.empty() ? ""
                                           : " and none lies in " + file.weights_directory.string(),
            label,
            published.empty() ? "" : fmt::format(", or get {} (docs/data.md)", published[0]));
    }
    if (!fs::is_regular_file(found)) {
        core::fail_input(
            "{}: weight file '{}' for '{}' cannot be read (no such file). Check the "
            "path.",
            place.text(), found.string(), label);
    }
    return found;
}

}  // namespace graft::commands
