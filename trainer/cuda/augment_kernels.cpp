// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/augment_kernels.hpp"

namespace graft::trainer::cuda {

const char* const kAugmentKernels = R"cuda(
#if defined(OUT_F32)
typedef float Out;
__device__ __forceinline__ Out narrow(float f) { return f; }
#else
typedef unsigned short Out;
__device__ __forceinline__ Out narrow(float f) {
#if defined(OUT_F16)
    unsigned short h; asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f)); return h;
#else
    const unsigned u = __float_as_uint(f);
    return static_cast<unsigned short>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
#endif
}
#endif

// As trainer/keyed.cpp: SplitMix64 at key + n * golden gamma.
__device__ __forceinline__ unsigned long long bits_at(unsigned long long key,
                                                      unsigned long long n) {
    unsigned long long x = key + n * 0x9E3779B97F4A7C15ull;
    x ^= x >> 30; x *= 0xBF58476D1CE4E5B9ull;
    x ^= x >> 27; x *= 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

// Number `element` of a row of keyed_normal() with `half` radii: cosines first, then sines.
__device__ __forceinline__ float normal_at(unsigned long long key, int element, int half) {
    const bool sine = element >= half;
    const unsigned long long bits = bits_at(key, 1ull + (sine ? element - half : element));
    const float step = 1.f / 16777216.f;
    const float radius = sqrtf(-2.f * logf(static_cast<float>(bits >> 40) * step + step / 2));
    const float angle = static_cast<float>(bits & 0xffffffull) * step * 6.28318530717958647692f;
    return (sine ? sinf(angle) : cosf(angle)) * radius;
}

// One row of 12 words per image (feed.cpp): its row of pixels, label, key of the noise, key of the
// dropout, and 16 floats: colours y = matrix x + shift (0-8 and 9-11), flips (12, 13).
#define WORDS 12

struct Place { int low, high; float weight; };

// Source rows or columns of one of the output, as upsample_bilinear2d without aligned corners.
__device__ __forceinline__ Place place_of(int to, int from_size, int to_size) {
    const float scale = static_cast<float>(from_size) / to_size;
    float at = (to + 0.5f) * scale - 0.5f;
    at = at < 0.f ? 0.f : at;
    Place place;
    place.low = static_cast<int>(at);
    place.high = place.low + (place.low < from_size - 1 ? 1 : 0);
    place.weight = at - place.low;
    return place;
}

extern "C" __global__ void __launch_bounds__(256) augment(
        const unsigned char* __restrict__ pixels, const long long* __restrict__ samples,
        Out* __restrict__ out, int stored, int size, float noise, float3 offset, float3 factor,
        int reversed) {
    const int pixel = blockIdx.x * blockDim.x + threadIdx.x;
    const int count = size * size;
    if (pixel >= count) { return; }
    const int image = blockIdx.y;
    const long long* sample = samples + image * WORDS;
    const float* own = reinterpret_cast<const float*>(sample + 4);
    const unsigned long long key = static_cast<unsigned long long>(sample[2]);
    int y = pixel / size, x = pixel % size;
    if (own[12] > 0.f) { x = size - 1 - x; }
    if (own[13] > 0.f) { y = size - 1 - y; }
    const unsigned char* from = pixels + sample[0] * (3ll * stored * stored);
    float c[3];
    if (stored == size) {
#pragma unroll
        for (int i = 0; i < 3; ++i) { c[i] = from[(y * size + x) * 3 + i] * (1.f / 255.f); }
    } else {
        const Place row = place_of(y, stored, size), column = place_of(x, stored, size);
#pragma unroll
        for (int i = 0; i < 3; ++i) {
            const float a = from[(row.low * stored + column.low) * 3 + i] * (1.f / 255.f);
            const float b = from[(row.low * stored + column.high) * 3 + i] * (1.f / 255.f);
            const float d = from[(row.high * stored + column.low) * 3 + i] * (1.f / 255.f);
            const float e = from[(row.high * stored + column.high) * 3 + i] * (1.f / 255.f);
            const float above = (1.f - column.weight) * a + column.weight * b;
            const float below = (1.f - column.weight) * d + column.weight * e;
            c[i] = (1.f - row.weight) * above + row.weight * below;
        }
    }
    const int half = (count * 3 + 1) / 2;
    const float offsets[3] = {offset.x, offset.y, offset.z};
    const float factors[3] = {factor.x, factor.y, factor.z};
#pragma unroll
    for (int i = 0; i < 3; ++i) {
        float v = own[9 + i] + own[3 * i] * c[0] + own[3 * i + 1] * c[1] + own[3 * i + 2] * c[2];
        if (noise > 0.f) { v += noise * normal_at(key, pixel * 3 + i, half); }
        v = fminf(fmaxf(v, 0.f), 1.f);
        const int to = reversed ? 2 - i : i;
        out[(static_cast<long long>(image) * count + pixel) * 3 + to] =
            narrow((v - offsets[to]) * factors[to]);
    }
}

// Keras' inverted dropout as trainer/keyed.cpp has it: 0, or `keep`.
extern "C" __global__ void dropout(const long long* __restrict__ samples, float* __restrict__ mask,
        int units, float rate, float keep) {
    const int unit = blockIdx.x * blockDim.x + threadIdx.x;
    if (unit >= units) { return; }
    const unsigned long long key = static_cast<unsigned long long>(samples[blockIdx.y * WORDS + 3]);
    const float u = static_cast<float>(bits_at(key, 1ull + unit) >> 40) * (1.f / 16777216.f);
    mask[blockIdx.y * units + unit] = u >= rate ? keep : 0.f;
}
)cuda";

}  // namespace graft::trainer::cuda
