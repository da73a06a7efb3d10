// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/adam.hpp"

#include <stdexcept>

#ifdef GRAFT_CUDA
#include <algorithm>

#include <ATen/TensorOperators.h>

#include "trainer/adam.hpp"
#include "trainer/cuda/adam_kernels.hpp"
#include "trainer/cuda/program.hpp"
#endif

namespace graft::trainer::cuda {

#ifdef GRAFT_CUDA

namespace {

constexpr std::size_t kTensors = 64;  // of one launch: what a kernel's arguments have room for
constexpr unsigned kBlocks = 64;      // of one tensor

struct Tensors {
    float* weight[kTensors];
    float* first[kTensors];
    float* second[kTensors];
    const float* gradient[kTensors];
    int count[kTensors];
};

const Program& program() {
    static const Program compiled(kAdamKernels, {"-DTENSORS=" + std::to_string(kTensors)});
    return compiled;
}

// A gradient in the order of its weight's memory.
at::Tensor like(const at::Tensor& weight, const at::Tensor& gradient) {
    if (gradient.strides() == weight.strides()) {
        return gradient;
    }
    return at::empty_like(weight).copy_(gradient);
}

struct Pieces {
    std::vector<Tensors> launches;
    std::vector<unsigned> sizes;
    std::vector<at::Tensor> gradients;  // kept until the launches are queued

    explicit Pieces(const AdamTensors& all) {
        for (std::size_t i = 0; i < all.weights.size(); ++i) {
            const std::size_t place = i % kTensors;
            if (place == 0) {
                launches.emplace_back();
                sizes.push_back(0);
            }
            gradients.push_back(like(all.weights[i], all.gradients[i]));
            Tensors& tensors = launches.back();
            tensors.weight[place] = all.weights[i].mutable_data_ptr<float>();
            tensors.first[place] = all.first[i].mutable_data_ptr<float>();
            tensors.second[place] = all.second[i].mutable_data_ptr<float>();
            tensors.gradient[place] = gradients.back().const_data_ptr<float>();
            tensors.count[place] = static_cast<int>(all.weights[i].numel());
            ++sizes.back();
        }
    }
};

}  // namespace

void adam_step(const AdamTensors& tensors, const AdamScale* scale, double learning_rate) {
    const Pieces pieces(tensors);
    const double* steps = tensors.steps.const_data_ptr<double>();
    const float* overflow = nullptr;
    const float* factor = nullptr;
    const auto each_launch = [&](const char* kernel, const std::vector<const void*>& after) {
        for (std::size_t i = 0; i < pieces.launches.size(); ++i) {
            std::vector<const void*> arguments{&pieces.launches[i]};
            arguments.insert(arguments.end(), after.begin(), after.end());
            program().launch(kernel, {kBlocks, pieces.sizes[i], 1}, {256, 1, 1}, arguments);
        }
    };
    if (scale) {
        scale->overflow.zero_();
        overflow = scale->overflow.const_data_ptr<float>();
        factor = scale->scale.const_data_ptr<float>();
        each_launch("adam_check", {&overflow});
    }
    program().launch("adam_tick", {1, 1, 1}, {1, 1, 1}, {&steps, &overflow});
    const double beta1 = Adam::kBeta1;
    const double beta2 = Adam::kBeta2;
    const auto epsilon = static_cast<float>(Adam::kEpsilon);
    each_launch("adam", {&steps, &overflow, &factor, &learning_rate, &beta1, &beta2, &epsilon});
}

#else

void adam_step(const AdamTensors&, const AdamScale*, double) {
    throw std::logic_error("this build has no CUDA");
}

#endif

}  // namespace graft::trainer::cuda
