// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace graft::trainer {

// Correlation of images with a small square kernel by Fourier transforms of tiles (overlap-save;
// Mathieu, Henaff and LeCun, "Fast training of convolutional networks through FFTs", 2013): patches
// of n x n pixels that overlap by kernel - 1 give tiles of t x t results, t = n - kernel + 1. Of
// each frequency the patches' numbers [tiles, inner] are multiplied by the kernel's [inner, outer].
// About (n/t)^2 x 2 products for each result and pair of channels stand in place of kernel^2.
//
// Equal inputs give equal bits, for every number of threads, and a tile's results depend on nothing
// but its patch. Rounding errors are those of numbers as large as the largest of the patch.

// [count, height, width, channels], without gaps; channels a multiple of kFourierLanes.
struct Images {
    const float* data = nullptr;
    std::int64_t count = 0, height = 0, width = 0, channels = 0;
};

// [inner, size, size, outer].
struct KernelShape {
    std::int64_t size = 0, inner = 0, outer = 0;
    enum class Order {
        straight,
        turned
    } order = Order::straight;  // turned: rows, columns reversed
};

// With x the images (inner channels), zero outside:
//   y[p, o] = bias[o] + sum over u, i of x[p + u - before, i] kernel[i, u, o]
//   gradient[i, u, o] = sum over p of x[p + u - before, i] other[p, o]
// Either is left out where `y` or `gradient` is null.
struct Correlation {
    std::int64_t n = 0;  // even, above kernel size, at most kLongestWave
    Images x;
    std::int64_t before = 0;
    KernelShape shape;
    const float* kernel = nullptr;
    const float* bias = nullptr;   // may be null: zeros
    float* y = nullptr;            // [count, height, width, outer]
    const float* other = nullptr;  // as y
    float* gradient = nullptr;     // as kernel
};

// On a machine that has fourier_loops(), on the threads of the process.
void correlate(const Correlation& job);

}  // namespace graft::trainer
