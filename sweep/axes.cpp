// SPDX-License-Identifier: Apache-2.0
#include "sweep/axes.hpp"

#include "sweep/network_name.hpp"

namespace graft::sweep {

namespace {

void make_absolute(const std::filesystem::path& base, core::Value& value) {
    if (auto* text = std::get_if<std::string>(&value.data)) {
        *text = (base / *text).lexically_normal().string();
    }
}

// The values of an axis that `is_file` says are paths.
void make_axis_absolute(const std::filesystem::path& base, core::Value& value,
                        bool (*is_file)(std::string_view)) {
    if (auto* list = std::get_if<core::List>(&value.data)) {
        for (auto& item : *list) {
            make_axis_absolute(base, item, is_file);
        }
    } else if (const auto* text = value.string(); text && is_file(*text)) {
        make_absolute(base, value);
    }
}

}  // namespace

std::vector<core::Value> axis_values(std::string_view key, const core::Value& value) {
    const auto* list = value.list();
    const bool one_list =
        list && key == "augment" && (list->empty() || list->front().list() == nullptr);
    return list && !one_list ? *list : std::vector<core::Value>{value};
}

bool is_weight_file(std::string_view init) {
    return init != "random" && init != "imagenet" && init != "mean_var";
}

void make_paths_absolute(SweepFile& file) {
    for (auto& dataset : file.datasets) {
        for (auto& entry : dataset.table.entries) {
            if (entry.key == "path") {
                make_absolute(file.base, entry.value);
            }
        }
    }
    for (auto& block : file.grid) {
        for (auto& entry : block.table.entries) {
            if (entry.key == "init") {
                make_axis_absolute(file.base, entry.value, is_weight_file);
            } else if (entry.key == "network") {
                make_axis_absolute(file.base, entry.value, is_network_file);
            }
        }
    }
    for (auto& contrast : file.findings.family) {
        for (auto* side : {&contrast.arm, &contrast.baseline}) {
            if (is_weight_file(side->init)) {
                side->init = (file.base / side->init).lexically_normal().string();
            }
        }
    }
}

}  // namespace graft::sweep
