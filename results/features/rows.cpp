// SPDX-License-Identifier: Apache-2.0
#include "results/features/rows.hpp"

#include <algorithm>

namespace graft::results::features {

namespace {

// Of gcc and clang; two SSE registers where there is no AVX2.
using Lanes __attribute__((vector_size(kLanes * sizeof(float)))) = float;

#if defined(__x86_64__)
#define GRAFT_WIDE __attribute__((target("avx2,fma")))
bool has_wide() {
    static const bool wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return wide;
}
#else
#define GRAFT_WIDE
bool has_wide() {
    return false;
}
#endif
#define GRAFT_INLINE __attribute__((always_inline)) inline

// Always in the same order.
GRAFT_INLINE float sum(const Lanes& lanes) {
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
           ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

GRAFT_INLINE const Lanes* lanes_at(const float* data) {
    return reinterpret_cast<const Lanes*>(data);
}

constexpr std::size_t kTile = 32;  // rows: two tiles of 2,048 floats a row stay in a level-2 cache
constexpr std::size_t kAtOnce = 4;

// Distances of row `a` from four rows, `stride` floats apart.
GRAFT_INLINE void four_distances(const float* a, const float* b, std::size_t stride, float* into) {
    Lanes sums[kAtOnce] = {};
    for (std::size_t k = 0; k < stride; k += kLanes) {
        const Lanes left = *lanes_at(a + k);
        for (std::size_t r = 0; r < kAtOnce; ++r) {
            const Lanes difference = left - *lanes_at(b + r * stride + k);
            sums[r] += difference * difference;
        }
    }
    for (std::size_t r = 0; r < kAtOnce; ++r) {
        into[r] = sum(sums[r]);
    }
}

void four_distances_plain(const float* a, const float* b, std::size_t stride, float* into) {
    four_distances(a, b, stride, into);
}
GRAFT_WIDE void four_distances_wide(const float* a, const float* b, std::size_t stride,
                                    float* into) {
    four_distances(a, b, stride, into);
}

GRAFT_INLINE RowSums sums_of_row(const float* x, const float* y, const float* p, std::size_t padded,
                                 std::size_t i) {
    const Lanes zero = {};
    const Lanes xi = zero + x[i];
    const Lanes yi = zero + y[i];
    Lanes pull_x = {}, pull_y = {}, push_x = {}, push_y = {}, total = {};
    for (std::size_t j = 0; j < padded; j += kLanes) {
        const Lanes dx = xi - *lanes_at(x + j);
        const Lanes dy = yi - *lanes_at(y + j);
        const Lanes q = 1.0F / (1.0F + dx * dx + dy * dy);
        const Lanes pull = q * *lanes_at(p + j);
        const Lanes push = q * q;
        total += q;
        pull_x += pull * dx;
        pull_y += pull * dy;
        push_x += push * dx;
        push_y += push * dy;
    }
    return {{sum(pull_x), sum(pull_y)}, {sum(push_x), sum(push_y)}, sum(total)};
}

RowSums sums_of_row_plain(const float* x, const float* y, const float* p, std::size_t padded,
                          std::size_t i) {
    return sums_of_row(x, y, p, padded, i);
}
GRAFT_WIDE RowSums sums_of_row_wide(const float* x, const float* y, const float* p,
                                    std::size_t padded, std::size_t i) {
    return sums_of_row(x, y, p, padded, i);
}

struct Padded {
    std::size_t rows, stride;
    Floats values;
};

Padded pad(std::span<const float> features, std::size_t width) {
    const std::size_t n = features.size() / width;
    const std::size_t rows = (n + kTile - 1) / kTile * kTile;
    const std::size_t stride = (width + kLanes - 1) / kLanes * kLanes;
    Padded padded{rows, stride, Floats(rows * stride)};
    for (std::size_t i = 0; i < n; ++i) {
        std::copy_n(features.data() + i * width, width, padded.values.data() + i * stride);
    }
    return padded;
}

// The rows of one tile against those of another, and the mirror image.
void fill_tile(const Padded& features, std::size_t top, std::size_t left, Square& distances) {
    const auto four = has_wide() ? four_distances_wide : four_distances_plain;
    const float* rows = features.values.data();
    for (std::size_t i = top; i < std::min(top + kTile, distances.n); ++i) {
        for (std::size_t j = left; j < left + kTile; j += kAtOnce) {
            float found[kAtOnce];
            four(rows + i * features.stride, rows + j * features.stride, features.stride, found);
            for (std::size_t r = 0; r < kAtOnce && j + r < distances.n; ++r) {
                distances.row(i)[j + r] = found[r];
                distances.row(j + r)[i] = found[r];
            }
        }
    }
}

}  // namespace

Square squared_distances(std::span<const float> features, std::size_t width) {
    const Padded padded = pad(features, width);
    Square distances(features.size() / width);
    for (std::size_t top = 0; top < padded.rows; top += kTile) {
        for (std::size_t left = top; left < padded.rows; left += kTile) {
            fill_tile(padded, top, left, distances);
        }
    }
    return distances;
}

RowSums row_sums(const float* x, const float* y, const float* p, std::size_t padded,
                 std::size_t i) {
    return has_wide() ? sums_of_row_wide(x, y, p, padded, i)
                      : sums_of_row_plain(x, y, p, padded, i);
}

}  // namespace graft::results::features
