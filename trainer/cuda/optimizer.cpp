// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/optimizer.hpp"

#include <stdexcept>

#ifdef GRAFT_CUDA
#include <algorithm>

#include <ATen/TensorOperators.h>

#include "trainer/cuda/optimizer_kernels.hpp"
#include "trainer/cuda/program.hpp"
#include "trainer/optimizer.hpp"
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
    double share[kTensors];  // of the rate
    int count[kTensors];
};

const Program& program() {
    static const Program compiled(kOptimizerKernels, {"-DTENSORS=" + std::to_string(kTensors)});
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

    explicit Pieces(const OptimizerTensors& all) {
        const auto moments = [](const std::vector<at::Tensor>& of, std::size_t i) {
            return of.empty() ? nullptr : of[i].mutable_data_ptr<float>();
        };
        for (std::size_t i = 0; i < all.weights.size(); ++i) {
            const std::size_t place = i % kTensors;
            if (place == 0) {
                launches.emplace_back();
                sizes.push_back(0);
            }
            gradients.push_back(like(all.weights[i], all.gradients[i]));
            Tensors& tensors = launches.back();
            tensors.weight[place] = all.weights[i].mutable_data_ptr<float>();
            tensors.first[place] = moments(all.first, i);
            tensors.second[place] = moments(all.second, i);
            tensors.gradient[place] = gradients.back().const_data_ptr<float>();
            tensors.share[place] = all.shares[i];
            tensors.count[place] = static_cast<int>(all.weights[i].numel());
            ++sizes.back();
        }
    }
};

}  // namespace

void optimizer_step(const OptimizerTensors& tensors, const StepScale* scale,
                    sweep::Optimizer optimizer, const sweep::Update& update) {
    const Pieces pieces(tensors);
    const double* steps = tensors.steps.const_data_ptr<double>();
    const double* rate = tensors.rate.const_data_ptr<double>();
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
        each_launch("check", {&overflow});
    }
    program().launch("tick", {1, 1, 1}, {1, 1, 1}, {&steps, &overflow});
    const bool decoupled = optimizer == sweep::Optimizer::adamw;
    const double lost = decoupled ? update.weight_decay : 0;
    const auto decay = static_cast<float>(decoupled ? 0 : update.weight_decay);
    if (optimizer == sweep::Optimizer::sgd) {
        const auto momentum = static_cast<float>(update.momentum);
        const int nesterov = update.nesterov ? 1 : 0;
        each_launch("sgd", {&overflow, &factor, &rate, &decay, &momentum, &nesterov});
        return;
    }
    const double beta1 = Optimizer::kBeta1;
    const double beta2 = Optimizer::kBeta2;
    const auto epsilon = static_cast<float>(Optimizer::kEpsilon);
    each_launch("adam",
                {&overflow, &factor, &rate, &decay, &steps, &lost, &beta1, &beta2, &epsilon});
}

#else

void optimizer_step(const OptimizerTensors&, const StepScale*, sweep::Optimizer,
                    const sweep::Update&) {
    throw std::logic_error("this build has no CUDA");
}

#endif

}  // namespace graft::trainer::cuda
