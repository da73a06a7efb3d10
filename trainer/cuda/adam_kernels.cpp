// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/adam_kernels.hpp"

namespace graft::trainer::cuda {

// struct Tensors is that of adam.cpp, byte for byte.
const char* const kAdamKernels = R"cuda(
struct Tensors {
    float* weight[TENSORS];
    float* first[TENSORS];
    float* second[TENSORS];
    const float* gradient[TENSORS];
    int count[TENSORS];
};

// Steps done so far, in float64. Not moved when a gradient overflowed.
extern "C" __global__ void adam_tick(double* steps, const float* overflow) {
    if (!overflow || *overflow == 0.f) { *steps += 1.0; }
}

// Block y is a tensor's; its blocks x stride over it. Gradients were multiplied by *scale.
extern "C" __global__ void __launch_bounds__(256) adam(const Tensors tensors, const double* steps,
        const float* overflow, const float* scale, double rate, double beta1, double beta2,
        float epsilon) {
    if (overflow && *overflow != 0.f) { return; }
    __shared__ float shared_alpha;
    if (threadIdx.x == 0) {
        const double t = *steps;
        shared_alpha = static_cast<float>(rate * sqrt(1.0 - pow(beta2, t)) / (1.0 - pow(beta1, t)));
    }
    __syncthreads();
    const float alpha = shared_alpha;
    const float undo = scale ? 1.f / *scale : 1.f;
    const float one = static_cast<float>(1.0 - beta1), two = static_cast<float>(1.0 - beta2);
    const int tensor = blockIdx.y;
    float* w = tensors.weight[tensor];
    float* m = tensors.first[tensor];
    float* v = tensors.second[tensor];
    const float* g = tensors.gradient[tensor];
    const int count = tensors.count[tensor];
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
        const float gradient = g[i] * undo;
        const float first = m[i] + (gradient - m[i]) * one;
        const float second = v[i] + (gradient * gradient - v[i]) * two;
        m[i] = first;
        v[i] = second;
        w[i] -= alpha * first / (sqrtf(second) + epsilon);
    }
}

// *overflow becomes 1 when a gradient is not finite.
extern "C" __global__ void __launch_bounds__(256) adam_check(const Tensors tensors,
                                                             float* overflow) {
    const int tensor = blockIdx.y;
    const float* g = tensors.gradient[tensor];
    const int count = tensors.count[tensor];
    bool bad = false;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
        bad |= !isfinite(g[i]);
    }
    if (bad) { *overflow = 1.f; }
}
)cuda";

}  // namespace graft::trainer::cuda
