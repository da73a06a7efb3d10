// SPDX-License-Identifier: Apache-2.0
#include "trainer/colour.hpp"

#include <cmath>
#include <cstddef>
#include <numbers>

namespace graft::trainer {

ColourMatrix multiply(const ColourMatrix& a, const ColourMatrix& b) {
    ColourMatrix c{};
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            for (std::size_t k = 0; k < 3; ++k) {
                c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
            }
        }
    }
    return c;
}

ColourMatrix saturation_matrix(double factor) {
    constexpr std::array<double, 3> luma{0.299, 0.587, 0.114};
    ColourMatrix m{};
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            m[3 * i + j] = (1 - factor) * luma[j] + (i == j ? factor : 0);
        }
    }
    return m;
}

// FCC's YIQ of 1953 and its inverse, to nine digits.
ColourMatrix hue_matrix(double turns) {
    const ColourMatrix to_yiq{0.299,        0.587,       0.114,        0.595716135, -0.274452917,
                              -0.321263218, 0.211456402, -0.522591095, 0.311134693};
    const ColourMatrix from_yiq{1, 0.956295720,  0.621024420, 1, -0.272122099, -0.647380596,
                                1, -1.106989017, 1.704615003};
    const double angle = 2 * std::numbers::pi * turns;
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    return multiply(from_yiq, multiply({1, 0, 0, 0, c, -s, 0, s, c}, to_yiq));
}

std::array<double, 3> ColourMap::of(const std::array<double, 3>& x) const {
    std::array<double, 3> y = shift;
    for (std::size_t i = 0; i < 9; ++i) {
        y[i / 3] += matrix[i] * x[i % 3];
    }
    return y;
}

void ColourMap::follow_by(const ColourMatrix& next) {
    shift = ColourMap{next, {}}.of(shift);
    matrix = multiply(next, matrix);
}

}  // namespace graft::trainer
