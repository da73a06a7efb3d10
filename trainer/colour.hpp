// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace graft::trainer {

// Linear maps of one pixel's (R, G, B), rows first.
using ColourMatrix = std::array<double, 9>;

// a b.
ColourMatrix multiply(const ColourMatrix& a, const ColourMatrix& b);
// g + factor (x - g), g the luma of Rec. 601.
ColourMatrix saturation_matrix(double factor);
// Rotation of the chroma plane of YIQ.
ColourMatrix hue_matrix(double turns);

// x -> matrix x + shift.
struct ColourMap {
    ColourMatrix matrix{1, 0, 0, 0, 1, 0, 0, 0, 1};
    std::array<double, 3> shift{};

    std::array<double, 3> of(const std::array<double, 3>& x) const;
    void follow_by(const ColourMatrix& next);
};

}  // namespace graft::trainer
