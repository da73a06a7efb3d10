// SPDX-License-Identifier: Apache-2.0
#include "sweep/rivals.hpp"

#include <algorithm>

#include "core/hash.hpp"

#include "sweep/network_name.hpp"
#include "sweep/split_axis.hpp"

namespace graft::sweep {

namespace {

Side side_of(const TrialSpec& spec) {
    return {spec->init_text, spec.freeze};
}

// Sides of a comparison take all pretrained layers over.
bool can_be_compared(const TrialSpec& spec) {
    return spec->training.transfer == Training{}.transfer;
}

std::string short_key(const TrialSpec& spec, const std::vector<std::string>& over) {
    return core::content_hash(rivals_key(spec, over));
}

}  // namespace

Rivals::Rivals(StoppingSettings settings, std::vector<NamedContrast> family,
               const std::vector<const TrialSpec*>& specs)
    : settings_(std::move(settings)), family_(std::move(family)) {
    for (std::size_t i = 0; settings_.stop != StopRule::none && i < specs.size(); ++i) {
        const auto& spec = *specs[i];
        if (can_be_compared(spec)) {
            arms_.insert(arm_of(spec, side_of(spec)));
        }
        if (settings_.stop == StopRule::asha) {
            groups_[short_key(spec, settings_.over)].push_back(i);
        }
    }
}

Rivals::Arm Rivals::arm_of(const TrialSpec& spec, const Side& side) {
    return {spec->network, split_name(spec->dataset).dataset, side.init, side.freeze};
}

bool Rivals::is_confirmatory(const TrialSpec& spec) const {
    const auto side = side_of(spec);
    return can_be_compared(spec) &&
           std::any_of(family_.begin(), family_.end(), [&](const NamedContrast& contrast) {
               return (side == contrast.arm && arms_.contains(arm_of(spec, contrast.baseline))) ||
                      (side == contrast.baseline && arms_.contains(arm_of(spec, contrast.arm)));
           });
}

StoppingSettings Rivals::settings_for(const TrialSpec& spec) const {
    const bool spared =
        settings_.stop == StopRule::none || (!settings_.family && is_confirmatory(spec));
    return spared ? StoppingSettings{} : settings_;
}

const std::vector<std::size_t>& Rivals::of(const TrialSpec& spec) const {
    return groups_.at(short_key(spec, settings_.over));
}

}  // namespace graft::sweep
