// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/optimizer_kernels.hpp"

namespace graft::trainer::cuda {

// struct Tensors is that of optimizer.cpp, byte for byte.
const char* const kOptimizerKernels = R"cuda(
struct Tensors {
    float* weight[TENSORS];
    float* first[TENSORS];
    float* second[TENSORS];
    const float* gradient[TENSORS];
    double share[TENSORS];
    int count[TENSORS];
};

// Steps done so far, in float64. Not moved when a gradient overflowed.
extern "C" __global__ void tick(double* steps, const float* overflow) {
    if (!overflow || *overflow == 0.f) { *steps += 1.0; }
}

// Block y is a tensor's; its blocks x stride over it. Gradients were multiplied by *scale. The
// weight's share `decay` is added to them; `lost` of it, times the rate, is lost before the step.
extern "C" __global__ void __launch_bounds__(256) adam(const Tensors tensors, const float* overflow,
        const float* scale, const double* rate, float decay, const double* steps, double lost,
        double beta1, double beta2, float epsilon) {
    if (overflow && *overflow != 0.f) { return; }
    const int tensor = blockIdx.y;
    __shared__ float shared_alpha;
    __shared__ float shared_kept;
    if (threadIdx.x == 0) {
        const double t = *steps, own = *rate * tensors.share[tensor];
        shared_alpha = static_cast<float>(own * sqrt(1.0 - pow(beta2, t)) / (1.0 - pow(beta1, t)));
        shared_kept = static_cast<float>(1.0 - own * lost);
    }
    __syncthreads();
    const float alpha = shared_alpha, kept = shared_kept;
    const float undo = scale ? 1.f / *scale : 1.f;
    const float one = static_cast<float>(1.0 - beta1), two = static_cast<float>(1.0 - beta2);
    float* w = tensors.weight[tensor];
    float* m = tensors.first[tensor];
    float* v = tensors.second[tensor];
    const float* g = tensors.gradient[tensor];
    const int count = tensors.count[tensor];
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
        const float weight = w[i];
        const float gradient = g[i] * undo + decay * weight;
        const float first = m[i] + (gradient - m[i]) * one;
        const float second = v[i] + (gradient * gradient - v[i]) * two;
        m[i] = first;
        v[i] = second;
        w[i] = weight * kept - alpha * first / (sqrtf(second) + epsilon);
    }
}

// Without momentum there are no velocities, `first`.
extern "C" __global__ void __launch_bounds__(256) sgd(const Tensors tensors, const float* overflow,
        const float* scale, const double* rate, float decay, float momentum, int nesterov) {
    if (overflow && *overflow != 0.f) { return; }
    const int tensor = blockIdx.y;
    const float own = static_cast<float>(*rate * tensors.share[tensor]);
    const float undo = scale ? 1.f / *scale : 1.f;
    float* w = tensors.weight[tensor];
    float* v = tensors.first[tensor];
    const float* g = tensors.gradient[tensor];
    const int count = tensors.count[tensor];
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
        const float weight = w[i];
        const float gradient = g[i] * undo + decay * weight;
        float step = gradient;
        if (v) {
            const float velocity = momentum * v[i] + gradient;
            v[i] = velocity;
            step = nesterov ? gradient + momentum * velocity : velocity;
        }
        w[i] = weight - own * step;
    }
}

// *overflow becomes 1 when a gradient is not finite.
extern "C" __global__ void __launch_bounds__(256) check(const Tensors tensors, float* overflow) {
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
