// SPDX-License-Identifier: Apache-2.0
#include "data/rare_classes.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/text.hpp"

#include "data/labels.hpp"

namespace graft::data {

namespace {

std::vector<std::size_t> counted_groups(const Manifest& manifest) {
    std::vector<std::set<std::string>> groups(manifest.classes.size());
    for (const auto& sample : manifest.samples) {
        groups[static_cast<std::size_t>(sample.label)].insert(sample.group);
    }
    std::vector<std::size_t> counts;
    for (const auto& names : groups) {
        counts.push_back(names.size());
    }
    return counts;
}

// Gives every sample the class `names[old label]`; an empty name removes it.
void rename_classes(Manifest& manifest, const std::vector<std::string>& names) {
    std::vector<std::string> kept = names;
    std::erase(kept, "");
    manifest.classes = sorted_classes(kept);
    std::erase_if(manifest.samples, [&](const Sample& sample) {
        return names[static_cast<std::size_t>(sample.label)].empty();
    });
    for (auto& sample : manifest.samples) {
        const auto& name = names[static_cast<std::size_t>(sample.label)];
        const auto place = std::find(manifest.classes.begin(), manifest.classes.end(), name);
        sample.label = static_cast<std::int32_t>(place - manifest.classes.begin());
    }
}

}  // namespace

std::size_t groups_per_class(const DatasetSettings& settings) {
    return settings.folds == 2 ? 4 : static_cast<std::size_t>(std::max(3, settings.folds));
}

std::string why_groups(const DatasetSettings& settings) {
    if (settings.folds == 2) {
        return "while one fold is test, train and validation need one each from the other";
    }
    return settings.folds > 3 ? fmt::format("each of the {} folds tests on one", settings.folds)
                              : "train, validation and test need one each";
}

void settle_rare_classes(const DatasetSettings& settings, Manifest& manifest) {
    const auto counts = counted_groups(manifest);
    const auto needed = groups_per_class(settings);
    std::vector<std::string> rare;
    std::vector<std::string> shown;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] < needed) {
            rare.push_back(manifest.classes[i]);
            shown.push_back(fmt::format("'{}' ({})", manifest.classes[i], counts[i]));
        }
    }
    if (rare.empty() || settings.on_rare_class == OnRareClass::allow) {
        return;
    }
    if (settings.on_rare_class == OnRareClass::stop) {
        core::fail_input(
            "[datasets.{}]: class(es) with fewer than {} groups: {} ({}). Add images, join classes "
            "with map_labels, or "
            "set on_rare_class = \"drop\", \"merge\" or \"allow\".",
            settings.name, needed, core::join(shown), why_groups(settings));
    }
    const bool merge = settings.on_rare_class == OnRareClass::merge;
    auto names = manifest.classes;
    for (auto& name : names) {
        if (std::find(rare.begin(), rare.end(), name) != rare.end()) {
            name = merge ? core::join(rare, "+") : "";
        }
    }
    rename_classes(manifest, names);
    const auto again = counted_groups(manifest);
    if (std::any_of(again.begin(), again.end(), [&](auto n) { return n < needed; })) {
        core::fail_input(
            "[datasets.{}]: the classes {} have fewer than {} groups even when merged. "
            "Set on_rare_class = \"drop\" or \"allow\".",
            settings.name, core::join(shown), needed);
    }
}

}  // namespace graft::data
