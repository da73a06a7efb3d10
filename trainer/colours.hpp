// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace graft::trainer {

// The colour operations of augment.hpp as matrices on (R, G, B), row by row.
using Matrix = std::array<double, 9>;

Matrix multiply(const Matrix& a, const Matrix& b);
Matrix saturation_matrix(double factor);
Matrix hue_matrix(double turns);

}  // namespace graft::trainer
