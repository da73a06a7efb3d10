// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/norm_kernels.hpp"

namespace graft::trainer::cuda {

// Threads of a block: kTx columns of kVec channels each, kTy rows (defined by the host).
//   T        element type: float, or 16 bits as f16 or bf16
//   ACT      0 none, 1 ReLU, 2 ReLU6
// Sums are shifted by the channel's first value, so that nothing cancels; every order of summation
// is fixed by the shape.
const char* const kNormKernels = R"cuda(
#define FIRST_ROW (blockIdx.y * blockDim.y + threadIdx.y)
#define ROWS_AT_ONCE (gridDim.y * blockDim.y)
#if defined(T_F32)
typedef float T;
#define VEC 4
struct Pack { float4 v; };
__device__ __forceinline__ void unpack(const T* p, float* f) {
    const float4 v = *reinterpret_cast<const float4*>(p);
    f[0] = v.x; f[1] = v.y; f[2] = v.z; f[3] = v.w;
}
__device__ __forceinline__ void pack(T* p, const float* f) {
    *reinterpret_cast<float4*>(p) = make_float4(f[0], f[1], f[2], f[3]);
}
#else
typedef unsigned short T;
#define VEC 8
#if defined(T_F16)
__device__ __forceinline__ float widen(unsigned short h) {
    float f; asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h)); return f;
}
__device__ __forceinline__ unsigned short narrow(float f) {
    unsigned short h; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f)); return h;
}
#else
__device__ __forceinline__ float widen(unsigned short h) {
    return __uint_as_float(static_cast<unsigned>(h) << 16);
}
__device__ __forceinline__ unsigned short narrow(float f) {
    const unsigned u = __float_as_uint(f);
    if ((u & 0x7fffffffu) > 0x7f800000u) { return 0x7fff; }
    return static_cast<unsigned short>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}
#endif
__device__ __forceinline__ void unpack(const T* p, float* f) {
    const uint4 v = *reinterpret_cast<const uint4*>(p);
    const unsigned w[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        f[2 * i] = widen(static_cast<unsigned short>(w[i] & 0xffffu));
        f[2 * i + 1] = widen(static_cast<unsigned short>(w[i] >> 16));
    }
}
__device__ __forceinline__ void pack(T* p, const float* f) {
    unsigned w[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        w[i] = narrow(f[2 * i]) | (static_cast<unsigned>(narrow(f[2 * i + 1])) << 16);
    }
    *reinterpret_cast<uint4*>(p) = make_uint4(w[0], w[1], w[2], w[3]);
}
#endif

__device__ __forceinline__ float activate(float z) {
#if ACT == 0
    return z;
#elif ACT == 1
    return z > 0.f ? z : (z <= 0.f ? 0.f : z);  // NaN stays NaN
#else
    return z > 0.f ? (z < 6.f ? z : (z >= 6.f ? 6.f : z)) : (z <= 0.f ? 0.f : z);
#endif
}
__device__ __forceinline__ float through(float z, float g) {
#if ACT == 0
    return g;
#elif ACT == 1
    return z > 0.f ? g : 0.f;
#else
    return z > 0.f && z < 6.f ? g : 0.f;
#endif
}

// Adds the block's rows of two sums per channel, in shared memory, into partial[0][block][channel]
// and partial[1][...].
__device__ __forceinline__ void add_rows(float* a, float* b, float* partial, int channels,
                                         int column, bool inside) {
    __shared__ float sums[2][256 * VEC];
    const int at = (threadIdx.y * blockDim.x + threadIdx.x) * VEC;
#pragma unroll
    for (int i = 0; i < VEC; ++i) {
        sums[0][at + i] = a[i];
        sums[1][at + i] = b[i];
    }
    for (int half = blockDim.y / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.y < half) {
            const int other = at + half * blockDim.x * VEC;
#pragma unroll
            for (int i = 0; i < VEC; ++i) {
                sums[0][at + i] += sums[0][other + i];
                sums[1][at + i] += sums[1][other + i];
            }
        }
    }
    if (threadIdx.y == 0 && inside) {
        float* to = partial + static_cast<long long>(blockIdx.y) * channels + column;
        const long long second = static_cast<long long>(gridDim.y) * channels;
#pragma unroll
        for (int i = 0; i < VEC; ++i) {
            to[i] = sums[0][at + i];
            to[second + i] = sums[1][at + i];
        }
    }
}

extern "C" __global__ void __launch_bounds__(256) norm_sums(
        const T* __restrict__ x, float* partial, int rows, int channels) {
    const int column = (blockIdx.x * blockDim.x + threadIdx.x) * VEC;
    const bool inside = column < channels;
    float a[VEC], b[VEC], shift[VEC], v[VEC];
#pragma unroll
    for (int i = 0; i < VEC; ++i) { a[i] = b[i] = shift[i] = 0.f; }
    if (inside) {
        unpack(x + column, shift);
        for (int row = FIRST_ROW; row < rows; row += ROWS_AT_ONCE) {
            unpack(x + static_cast<long long>(row) * channels + column, v);
#pragma unroll
            for (int i = 0; i < VEC; ++i) {
                const float d = v[i] - shift[i];
                a[i] += d;
                b[i] += d * d;
            }
        }
    }
    add_rows(a, b, partial, channels, column, inside);
}

// Block: 32 channels x 8 parts. Sums the partials of a channel: lanes in a fixed order.
__device__ __forceinline__ bool add_parts(const float* partial, int blocks, int channels,
                                          float* a, float* b) {
    __shared__ float sums[2][8][32];
    const int channel = blockIdx.x * 32 + threadIdx.x;
    float p = 0.f, q = 0.f;
    if (channel < channels) {
        const float* second = partial + static_cast<long long>(blocks) * channels;
        for (int i = threadIdx.y; i < blocks; i += 8) {
            p += partial[static_cast<long long>(i) * channels + channel];
            q += second[static_cast<long long>(i) * channels + channel];
        }
    }
    sums[0][threadIdx.y][threadIdx.x] = p;
    sums[1][threadIdx.y][threadIdx.x] = q;
    __syncthreads();
    if (threadIdx.y != 0 || channel >= channels) { return false; }
    *a = 0.f; *b = 0.f;
    for (int i = 0; i < 8; ++i) {
        *a += sums[0][i][threadIdx.x];
        *b += sums[1][i][threadIdx.x];
    }
    return true;
}

// statistics: [mean, 1 / sqrt(variance + epsilon), scale, shift] x channels of y = scale x + shift.
extern "C" __global__ void norm_finish(
        const T* __restrict__ x, const float* partial, int blocks, int rows, int channels,
        const float* gamma, const float* beta, float* moving_mean, float* moving_variance,
        float momentum, float rate, float epsilon, float* statistics) {
    float a, b;
    if (!add_parts(partial, blocks, channels, &a, &b)) { return; }
    const int channel = blockIdx.x * 32 + threadIdx.x;
#if defined(T_F32)
    const float first = x[channel];
#else
    const float first = widen(x[channel]);
#endif
    const float n = static_cast<float>(rows);
    const float offset = a / n;
    const float mean = first + offset;
    float variance = b / n - offset * offset;
    variance = variance < 0.f ? 0.f : variance;
    const float inverse = rsqrtf(variance + epsilon);
    const float scale = gamma ? gamma[channel] * inverse : inverse;
    statistics[channel] = mean;
    statistics[channels + channel] = inverse;
    statistics[2 * channels + channel] = scale;
    statistics[3 * channels + channel] = beta[channel] - mean * scale;
    moving_mean[channel] = moving_mean[channel] * momentum + mean * rate;
    moving_variance[channel] = moving_variance[channel] * momentum + variance * rate;
}

extern "C" __global__ void __launch_bounds__(256) norm_apply(
        const T* __restrict__ x, const float* __restrict__ statistics, T* __restrict__ y,
        int rows, int channels) {
    const int column = (blockIdx.x * blockDim.x + threadIdx.x) * VEC;
    if (column >= channels) { return; }
    float scale[VEC], shift[VEC], v[VEC];
#pragma unroll
    for (int i = 0; i < VEC; ++i) {
        scale[i] = statistics[2 * channels + column + i];
        shift[i] = statistics[3 * channels + column + i];
    }
    for (int row = FIRST_ROW; row < rows; row += ROWS_AT_ONCE) {
        const long long at = static_cast<long long>(row) * channels + column;
        unpack(x + at, v);
#pragma unroll
        for (int i = 0; i < VEC; ++i) { v[i] = activate(v[i] * scale[i] + shift[i]); }
        pack(y + at, v);
    }
}

// Sums of g and g x^, g the gradient before the activation.
extern "C" __global__ void __launch_bounds__(256) norm_gradient_sums(
        const T* __restrict__ x, const T* __restrict__ gradient,
        const float* __restrict__ statistics, float* partial, int rows, int channels) {
    const int column = (blockIdx.x * blockDim.x + threadIdx.x) * VEC;
    const bool inside = column < channels;
    float a[VEC], b[VEC], mean[VEC], inverse[VEC], scale[VEC], shift[VEC], v[VEC], g[VEC];
#pragma unroll
    for (int i = 0; i < VEC; ++i) {
        a[i] = b[i] = 0.f;
        mean[i] = inside ? statistics[column + i] : 0.f;
        inverse[i] = inside ? statistics[channels + column + i] : 0.f;
        scale[i] = inside ? statistics[2 * channels + column + i] : 0.f;
        shift[i] = inside ? statistics[3 * channels + column + i] : 0.f;
    }
    if (inside) {
        for (int row = FIRST_ROW; row < rows; row += ROWS_AT_ONCE) {
            const long long at = static_cast<long long>(row) * channels + column;
            unpack(x + at, v);
            unpack(gradient + at, g);
#pragma unroll
            for (int i = 0; i < VEC; ++i) {
                const float h = through(v[i] * scale[i] + shift[i], g[i]);
                a[i] += h;
                b[i] += h * ((v[i] - mean[i]) * inverse[i]);
            }
        }
    }
    add_rows(a, b, partial, channels, column, inside);
}

// The sums over all rows: the gradients of beta and gamma.
extern "C" __global__ void norm_gradient_finish(const float* partial, int blocks, int channels,
        float* beta, float* gamma) {
    float a, b;
    if (!add_parts(partial, blocks, channels, &a, &b)) { return; }
    const int channel = blockIdx.x * 32 + threadIdx.x;
    beta[channel] = a;
    gamma[channel] = b;
}

extern "C" __global__ void __launch_bounds__(256) norm_gradient_apply(
        const T* __restrict__ x, const T* __restrict__ gradient,
        const float* __restrict__ statistics, const float* __restrict__ beta,
        const float* __restrict__ gamma, T* __restrict__ dx, int rows, int channels) {
    const int column = (blockIdx.x * blockDim.x + threadIdx.x) * VEC;
    if (column >= channels) { return; }
    float mean[VEC], inverse[VEC], scale[VEC], shift[VEC], a[VEC], b[VEC], v[VEC], g[VEC];
    const float n = static_cast<float>(rows);
#pragma unroll
    for (int i = 0; i < VEC; ++i) {
        mean[i] = statistics[column + i];
        inverse[i] = statistics[channels + column + i];
        scale[i] = statistics[2 * channels + column + i];
        shift[i] = statistics[3 * channels + column + i];
        a[i] = beta[column + i] / n;
        b[i] = gamma[column + i] / n;
    }
    for (int row = FIRST_ROW; row < rows; row += ROWS_AT_ONCE) {
        const long long at = static_cast<long long>(row) * channels + column;
        unpack(x + at, v);
        unpack(gradient + at, g);
#pragma unroll
        for (int i = 0; i < VEC; ++i) {
            const float h = through(v[i] * scale[i] + shift[i], g[i]);
            v[i] = scale[i] * (h - a[i] - (v[i] - mean[i]) * inverse[i] * b[i]);
        }
        pack(dx + at, v);
    }
}
)cuda";

}  // namespace graft::trainer::cuda
