// SPDX-License-Identifier: Apache-2.0
#include "sweep/findings_settings.hpp"

#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/toml.hpp"

namespace graft::sweep {

namespace {

const std::vector<std::string> kKeys{"family", "metric", "learning_rate", "small", "margin"};
const std::vector<std::string> kMetrics{"test_auc", "test_auc_micro", "test_auc_macro",
                                        "test_accuracy"};

std::string text_of(const Side& side) {
    return side.freeze > 0 ? fmt::format("{} {}", side.init, core::shortest(side.freeze))
                           : side.init;
}

std::optional<Side> side_of(std::string_view text) {
    const std::size_t space = text.rfind(' ');
    const auto freeze =
        space == std::string_view::npos ? std::nullopt : core::parse_double(text.substr(space + 1));
    if (text.empty() || (freeze && (*freeze < 0 || *freeze > 100 || space == 0))) {
        return std::nullopt;
    }
    return freeze ? Side{std::string(text.substr(0, space)), *freeze} : Side{std::string(text)};
}

NamedContrast contrast_of(const std::string& text, const core::Place& place) {
    const std::size_t minus = text.find(" - ");
    if (minus != std::string::npos) {
        const auto arm = side_of(std::string_view(text).substr(0, minus));
        const auto baseline = side_of(std::string_view(text).substr(minus + 3));
        if (arm && baseline && !(*arm == *baseline)) {
            return {*arm, *baseline};
        }
    }
    core::fail_input(
        "{}: 'family' names '{}' (no comparison of two arms). Write an init, \" - \", and "
        "another; behind each may stand the percent frozen: \"imagenet 50 - random\".",
        place.text(), text);
}

}  // namespace

std::string text_of(const NamedContrast& contrast) {
    return text_of(contrast.arm) + " - " + text_of(contrast.baseline);
}

FindingsSettings read_findings_section(const core::Table& table) {
    FindingsSettings settings;
    for (const auto& entry : table.entries) {
        if (entry.key == "family") {
            settings.family.clear();
            for (const auto& text : core::as_strings(entry.key, entry.value)) {
                settings.family.push_back(contrast_of(text, entry.value.place));
            }
        } else if (entry.key == "metric") {
            settings.metric = core::as_string(entry.key, entry.value);
            if (std::find(kMetrics.begin(), kMetrics.end(), settings.metric) == kMetrics.end()) {
                core::fail_choice(entry.key, entry.value, kMetrics);
            }
        } else if (entry.key == "learning_rate") {
            const auto rule = core::value_of<RateRule>(core::as_string(entry.key, entry.value));
            if (!rule) {
                core::fail_choice(entry.key, entry.value, {"same", "own_best"});
            }
            settings.learning_rate = *rule;
        } else if (entry.key == "small") {
            settings.small = core::as_string(entry.key, entry.value);
        } else if (entry.key == "margin") {
            settings.margin = core::as_double(entry.key, entry.value, 1e-6, 1);
        } else {
            core::fail_unknown_key(entry, "[findings]", kKeys);
        }
    }
    return settings;
}

FindingsSettings findings_settings(std::string_view sweep_file) {
    const auto root = parse_toml(sweep_file, "sweep.toml");
    const auto* entry = root.find("findings");
    const auto* table = entry ? entry->value.table() : nullptr;
    return table ? read_findings_section(*table) : FindingsSettings{};
}

}  // namespace graft::sweep
