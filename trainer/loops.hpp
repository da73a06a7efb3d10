// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace graft::trainer {

// The innermost loops on the processor, compiled for several instruction sets from one text
// (loops.inc), with the same bits: no product is contracted with a sum, and the order of sums is
// fixed.

// Of norm_kernels. All arrays are [rows, width] or [width]; width is a multiple of kWidth.
template <typename T>
constexpr std::int64_t kWidth = 64 / sizeof(T);

// Values outside are clipped; a NaN stays one.
template <typename T>
struct Bounds {
    T low, high;
};

template <typename T>
struct Matrix {
    const T* data;
    std::int64_t rows, width;
};

// z = x * scale + shift.
template <typename T>
struct WideAffine {
    const T* scale;
    const T* shift;
    Bounds<T> bounds;
};

template <typename T>
struct WideCentred {
    const T* mean;
    const T* slope;
    const T* offset;
};

// Sums are added to what is there. dz is dy where z is within the bounds, else 0.
template <typename T>
struct NormLoops {
    // sums += x
    void (*sum)(Matrix<T> x, T* sums);
    // sums += (x - mean)^2
    void (*square)(Matrix<T> x, const T* mean, T* sums);
    // y = z within the bounds
    void (*affine)(Matrix<T> x, WideAffine<T> affine, T* y);
    // dz_sums += dz; product_sums += dz * (x - mean)
    void (*gradient_sum)(Matrix<T> x, const T* dy, WideAffine<T> affine, const T* mean, T* dz_sums,
                         T* product_sums);
    // dx = dz * scale - (x - mean) * slope - offset
    void (*input_gradient)(Matrix<T> x, const T* dy, WideAffine<T> affine, WideCentred<T> centred,
                           T* dx);
};

// Of the augmentation and of dropout. Pixels are (R, G, B) after (R, G, B).
struct PixelLoops {
    // bytes in 0..255 as numbers in 0..1
    void (*numbers)(const std::uint8_t* bytes, std::int64_t count, float* numbers);
    // sums[3] += the channels
    void (*sums)(const float* pixels, std::int64_t count, double* sums);
    // x -> matrix x + shift, in place, of finite x; map: the matrix, rows first, then the shift
    void (*recolour)(float* pixels, std::int64_t count, const float* map);
    void (*clip)(float* numbers, std::int64_t count, Bounds<float> bounds);
    // numbers += deviation times the normals of the row of keyed.hpp that begins at `start`
    void (*noise)(std::uint64_t start, float deviation, std::int64_t count, float* numbers);
    // `kept` where the uniform of such a row is at least `rate`, else 0
    void (*dropout)(std::uint64_t start, float rate, float kept, std::int64_t count, float* mask);
};

// Of one image in channels_last: a kernel of 3 x 3 numbers, [9, channels], for each channel by
// itself, with zeros around the image.
struct Depthwise {
    std::int64_t height, width, out_height, out_width, channels;
    std::int64_t stride, rows_before, columns_before;  // and how many zeros come first
};
struct DepthwiseLoops {
    void (*forward)(const Depthwise& how, const float* x, const float* kernel, float* y);
    // The gradients: of x into dx where that is not null; the kernel's is added to sums[9,
    // channels]
    void (*backward)(const Depthwise& how, const float* x, const float* dy, const float* kernel,
                     float* dx, float* sums);
};

// Of the optimizers (optimizer.hpp), number by number; all arrays are [count]. `decay`: of the
// weight, added to the gradient; `kept`: of the weight, before the step.
template <typename T>
struct AdamStep {
    T first_share, second_decay, second_share, rate, epsilon, decay, kept;
};
// The weight goes against gradient_share * g + velocity_share * v.
template <typename T>
struct SgdStep {
    T momentum, gradient_share, velocity_share, rate, decay;
};
template <typename T>
struct OptimizerLoops {
    void (*adam)(AdamStep<T> step, std::int64_t count, const T* gradient, T* weight, T* first,
                 T* second);
    // `velocity`: null without momentum.
    void (*sgd)(SgdStep<T> step, std::int64_t count, const T* gradient, T* weight, T* velocity);
};

struct Loops {
    OptimizerLoops<float> optimizer_of_floats;
    OptimizerLoops<double> optimizer_of_doubles;
    NormLoops<float> of_floats;
    NormLoops<double> of_doubles;
    PixelLoops of_pixels;
    DepthwiseLoops depthwise;
};

Loops loops_plain();
#if defined(__x86_64__)
Loops loops_avx2();
Loops loops_avx512();
#endif

// Those for the machine that this runs on.
const Loops& loops();

}  // namespace graft::trainer
