// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/enum_table.hpp"
#include "core/value.hpp"

namespace graft::sweep {

// One side of a comparison: an init as in the grid, and how much of it is frozen.
struct Side {
    std::string init;
    double freeze = 0;  // percent
    bool operator==(const Side&) const = default;
};
// "imagenet - random"
struct NamedContrast {
    Side arm, baseline;
    bool operator==(const NamedContrast&) const = default;
};

// Arms are compared at one learning rate, or each at the one that is best for it.
enum class RateRule { same, own_best };

// [findings]: what a study wants to know, written down before it runs. Part of no trial's name.
struct FindingsSettings {
    // Tested on every dataset, p values adjusted over all of them; everything else is exploratory.
    std::vector<NamedContrast> family{{{"imagenet"}, {"random"}}, {{"mean_var"}, {"random"}}};
    std::string metric = "test_auc";  // "test_auc", "test_auc_micro", "test_auc_macro",
                                      // "test_accuracy"
    RateRule learning_rate = RateRule::own_best;
    std::string small = "small_cnn";  // compared with the other networks trained from scratch
    double margin = 0.01;             // differences below it count as none
    bool operator==(const FindingsSettings&) const = default;
};

// "imagenet - random", "imagenet 50 - imagenet 0": an init, and the percent that is frozen.
std::string text_of(const NamedContrast& contrast);

// Reads the section. Throws InputError naming file, line and key.
FindingsSettings read_findings_section(const core::Table& table);
// The section of a whole sweep file; defaults where there is none.
FindingsSettings findings_settings(std::string_view sweep_file);

}  // namespace graft::sweep

template <>
struct graft::core::EnumNames<graft::sweep::RateRule> {
    static constexpr std::array<std::string_view, 2> names{"same", "own_best"};
};
