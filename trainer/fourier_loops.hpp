// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace graft::trainer {

// The innermost loops of convolutions by Fourier transforms (fourier.hpp), compiled for several
// instruction sets from one text (fourier_loops.inc). They use fused products and sums, so there
// are none for processors without.
//
// Pixels are taken as kFourierLanes channels side by side. The spectrum of a real [n, n] image, n
// even and at most kLongestWave, is kept by half, as spectrum_size(n) complex numbers: all n
// columns of rows 1 to n/2 - 1, then columns 0 to n/2 of row 0, then those of row n/2.
constexpr std::int64_t kFourierLanes = 16;
constexpr std::int64_t kLongestWave = 32;
constexpr std::int64_t spectrum_size(std::int64_t n) {
    return (n / 2 - 1) * n + 2 * (n / 2 + 1);
}

// cos and sin of 2 pi i j / n, times a factor; [n/2 + 1, n/2 + 1].
struct Waves {
    std::int64_t n;
    const float* cosines;
    const float* sines;
};

// The f-th complex number of kFourierLanes channels: real parts at data + f * step, imaginary ones
// `imaginary` floats behind.
template <typename Float>
struct Spectrum {
    Float* data;
    std::int64_t step, imaginary;
};

// [extent, extent] pixels, `data` being pixel (0, 0); steps in floats, may be negative. Those out
// of rows and columns [first, last) are outside of the image: 0 when read, left out when written,
// and never touched.
template <typename Float>
struct Square {
    Float* data;
    std::int64_t row_step, column_step, extent;
    std::int64_t first_row, last_row, first_column, last_column;
};

// out[r, o] = sum over i of a[r, i] b[i, o], complex, or that added to what is there; steps in
// floats. The numbers of one row of b and of out stand side by side; width is a multiple of
// kFourierLanes.
struct ComplexProduct {
    const float* a;
    std::int64_t a_row, a_inner, a_imaginary;
    const float* b;
    std::int64_t b_inner, b_imaginary;
    float* out;
    std::int64_t out_row, out_imaginary;
    std::int64_t rows, inner, width;
    enum class Into { fresh, sum } into;
};

struct FourierLoops {
    // Of the square, filled up with zeros to [n, n].
    void (*transform)(const Square<const float>& square, const Waves& waves,
                      const Spectrum<float>& spectrum);
    // The first [extent, extent] numbers of the image, times n^2, plus bias[kFourierLanes] if it is
    // not null. `doubled`: waves with columns 1 to n/2 - 1 times two, for the half that is not
    // kept.
    void (*inverse)(const Spectrum<const float>& spectrum, const Waves& waves, const Waves& doubled,
                    const float* bias, const Square<float>& square);
    void (*multiply)(const ComplexProduct& product);
};

// Those for the machine that this runs on; null if there are none.
const FourierLoops* fourier_loops();

#if defined(__x86_64__)
FourierLoops fourier_loops_avx2();
FourierLoops fourier_loops_avx512();
#endif

}  // namespace graft::trainer
