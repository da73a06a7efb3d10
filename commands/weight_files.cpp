// SPDX-License-Identifier: Apache-2.0
#include "commands/weight_files.hpp"

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/axes.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> mobilenet_names(const std::string& alpha) {
    std::vector<std::string> names;
    for (const char* size : {"224", "192", "160", "128"}) {
        names.push_back(fmt::format("mobilenet_{}_{}_tf_no_top.h5", alpha, size));
        names.push_back(fmt::format("mobilenet_{}_{}_tf.h5", alpha, size));
    }
    return names;
}

}  // namespace

// Source: keras/src/applications/*.py, the WEIGHTS_PATH and BASE_WEIGHT_PATH of each network.
std::vector<std::string> published_names(const std::string& network) {
    if (network == "inception_v3") {
        return {"inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
                "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"};
    }
    if (network == "resnet50_v2") {
        return {"resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
                "resnet50v2_weights_tf_dim_ordering_tf_kernels.h5"};
    }
    if (network == "densenet121") {
        return {"densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
                "densenet121_weights_tf_dim_ordering_tf_kernels.h5"};
    }
    const std::vector<std::pair<std::string, std::string>> kAlphas{{"mobilenet", "1_0"},
                                                                   {"mobilenet_0.75", "7_5"},
                                                                   {"mobilenet_0.5", "5_0"},
                                                                   {"mobilenet_0.25", "2_5"}};
    for (const auto& [name, alpha] : kAlphas) {
        if (name == network) {
            return mobilenet_names(alpha);
        }
    }
    return {};
}

fs::path weight_file(const sweep::SweepFile& file, const std::string& network,
                     const std::string& init, const core::Place& place) {
    if (init == "random") {
        return {};
    }
    const auto named = file.weights.find(network);
    fs::path found = sweep::is_weight_file(init)   ? fs::path(init)
                     : named != file.weights.end() ? named->second
                                                   : fs::path();
    if (found.empty() && !file.weights_directory.empty()) {
        for (const auto& name : published_names(network)) {
            if (fs::exists(file.weights_directory / name)) {
                return file.weights_directory / name;
            }
        }
    }
    if (found.empty()) {
        const auto names = published_names(network);
        core::fail_input(
            "{}: init '{}' needs a weight file for '{}' (none is named{}). Write "
            "[weights] \"{}\" = \"FILE.h5\"{}.",
            place.text(), init, network,
            file.weights_directory.empty() ? ""
                                           : " and none lies in " + file.weights_directory.string(),
            network, names.empty() ? "" : fmt::format(", or get {} (docs/data.md)", names[0]));
    }
    if (!fs::is_regular_file(found)) {
        core::fail_input(
            "{}: weight file '{}' for '{}' cannot be read (no such file). Check the "
            "path.",
            place.text(), found.string(), network);
    }
    return found;
}

}  // namespace graft::commands
