// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/norm.hpp"

#include <stdexcept>

#ifdef GRAFT_CUDA
#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <ATen/cuda/CUDAContext.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "trainer/cuda/norm_kernels.hpp"
#include "trainer/cuda/program.hpp"
#endif

namespace graft::trainer::cuda {

#ifdef GRAFT_CUDA

namespace {

const Program& program(at::ScalarType type, After after) {
    static std::map<std::pair<at::ScalarType, After>, std::unique_ptr<Program>> programs;
    auto& known = programs[{type, after}];
    if (!known) {
        const char* element = type == at::kFloat  ? "-DT_F32"
                              : type == at::kHalf ? "-DT_F16"
                                                  : "-DT_BF16";
        known = std::make_unique<Program>(
            kNormKernels,
            std::vector<std::string>{element, "-DACT=" + std::to_string(static_cast<int>(after))});
    }
    return *known;
}

std::int64_t vector_length(const at::Tensor& x) {
    return x.scalar_type() == at::kFloat ? 4 : 8;
}

// How the rows (all but the channels) of x are dealt to blocks.
struct Shape {
    int rows = 0, channels = 0;
    unsigned across = 1, down = 1;  // threads of a block
    unsigned columns = 1, blocks = 1;

    explicit Shape(const at::Tensor& x)
        : rows(static_cast<int>(x.numel() / x.size(1))), channels(static_cast<int>(x.size(1))) {
        const auto vectors = static_cast<unsigned>(channels / vector_length(x));
        while (across < 32 && across < vectors) {
            across *= 2;
        }
        down = 256 / across;
        columns = (vectors + across - 1) / across;
        // Four blocks a multiprocessor in all, but no thread with fewer than four rows.
        const auto processors =
            static_cast<unsigned>(at::cuda::getCurrentDeviceProperties()->multiProcessorCount);
        const unsigned enough = (static_cast<unsigned>(rows) + 4 * down - 1) / (4 * down);
        blocks = std::clamp(4 * processors / columns, 1U, enough);
    }
    Program::Dimensions grid() const { return {columns, blocks, 1}; }
    Program::Dimensions block() const { return {across, down, 1}; }
    Program::Dimensions channel_grid() const {
        return {static_cast<unsigned>(channels + 31) / 32, 1, 1};
    }
    static Program::Dimensions channel_block() { return {32, 8, 1}; }
};

const void* address(const at::Tensor& tensor) {
    return tensor.defined() ? tensor.const_data_ptr() : nullptr;
}

at::Tensor channels_last(const at::Tensor& tensor) {
    return tensor.contiguous(at::MemoryFormat::ChannelsLast);
}

struct NormFunction : torch::autograd::Function<NormFunction> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                              const at::Tensor& gamma, const at::Tensor& beta,
                              const at::Tensor& moving_mean, const at::Tensor& moving_variance,
                              double momentum, double epsilon, std::int64_t after) {
        const at::Tensor x = channels_last(input);
        const Shape shape(x);
        const auto& kernels = program(x.scalar_type(), static_cast<After>(after));
        const auto floats = beta.options();
        const int blocks = static_cast<int>(shape.blocks);
        const at::Tensor partial = at::empty({2, blocks, shape.channels}, floats);
        const at::Tensor statistics = at::empty({4, shape.channels}, floats);
        const at::Tensor y = at::empty_like(x);
        const void* from = address(x);
        const void* part = address(partial);
        const void* stats = address(statistics);
        const void* to = address(y);
        kernels.launch("norm_sums", shape.grid(), shape.block(),
                       {&from, &part, &shape.rows, &shape.channels});
        const void* scale = address(gamma);
        const void* shift = address(beta);
        const void* mean = address(moving_mean);
        const void* variance = address(moving_variance);
        const auto decay = static_cast<float>(momentum);
        const auto rate = static_cast<float>(1 - momentum);
        const auto small = static_cast<float>(epsilon);
        kernels.launch("norm_finish", shape.channel_grid(), Shape::channel_block(),
                       {&from, &part, &blocks, &shape.rows, &shape.channels, &scale, &shift, &mean,
                        &variance, &decay, &rate, &small, &stats});
        kernels.launch("norm_apply", shape.grid(), shape.block(),
                       {&from, &stats, &to, &shape.rows, &shape.channels});
        context->save_for_backward({x, statistics});
        context->saved_data["after"] = after;
        context->saved_data["scaled"] = gamma.defined();
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& above) {
        const auto saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor& statistics = saved[1];
        const at::Tensor gradient = channels_last(above[0]);
        const Shape shape(x);
        const auto& kernels =
            program(x.scalar_type(), static_cast<After>(context->saved_data["after"].toInt()));
        const auto floats = statistics.options();
        const int blocks = static_cast<int>(shape.blocks);
        const at::Tensor partial = at::empty({2, blocks, shape.channels}, floats);
        const at::Tensor beta = at::empty({shape.channels}, floats);
        const at::Tensor gamma = at::empty({shape.channels}, floats);
        const at::Tensor dx = at::empty_like(x);
        const void* from = address(x);
        const void* g = address(gradient);
        const void* part = address(partial);
        const void* stats = address(statistics);
        const void* first = address(beta);
        const void* second = address(gamma);
        const void* to = address(dx);
        kernels.launch("norm_gradient_sums", shape.grid(), shape.block(),
                       {&from, &g, &stats, &part, &shape.rows, &shape.channels});
        kernels.launch("norm_gradient_finish", shape.channel_grid(), Shape::channel_block(),
                       {&part, &blocks, &shape.channels, &first, &second});
        kernels.launch("norm_gradient_apply", shape.grid(), shape.block(),
                       {&from, &g, &stats, &first, &second, &to, &shape.rows, &shape.channels});
        const bool scaled = context->saved_data["scaled"].toBool();
        return {dx, scaled ? gamma : at::Tensor(), beta, {}, {}, {}, {}, {}};
    }
};

}  // namespace

bool can_norm(const at::Tensor& x) {
    const auto type = x.scalar_type();
    return x.is_cuda() && x.dim() == 4 &&
           (type == at::kFloat || type == at::kHalf || type == at::kBFloat16) &&
           x.size(1) % vector_length(x) == 0 && x.numel() / x.size(1) < std::int64_t{1} << 31;
}

at::Tensor norm_training(const at::Tensor& x, const NormWeights& weights, double momentum,
                         double epsilon, After after) {
    return NormFunction::apply(x, weights.gamma, weights.beta, weights.moving_mean,
                               weights.moving_variance, momentum, epsilon,
                               static_cast<std::int64_t>(after));
}

#else

bool can_norm(const at::Tensor&) {
    return false;
}

at::Tensor norm_training(const at::Tensor&, const NormWeights&, double, double, After) {
    throw std::logic_error("this build has no CUDA");
}

#endif

}  // namespace graft::trainer::cuda
