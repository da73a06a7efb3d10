// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace graft::trainer {

// The innermost loops of norm_kernels, compiled for several instruction sets from one text, with
// the same bits: no product is contracted with a sum, and each column is summed in the order of its
// rows. All arrays are [rows, width] or [width]; width is a multiple of kWidth.
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

NormLoops<float> float_loops_plain();
NormLoops<double> double_loops_plain();
#if defined(__x86_64__)
NormLoops<float> float_loops_avx2();
NormLoops<double> double_loops_avx2();
NormLoops<float> float_loops_avx512();
NormLoops<double> double_loops_avx512();
#endif

}  // namespace graft::trainer
