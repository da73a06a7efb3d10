// SPDX-License-Identifier: Apache-2.0
#include "trainer/depthwise.hpp"

#include <algorithm>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "trainer/loops.hpp"

namespace graft::trainer {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kTaps = 9;

std::int64_t results(std::int64_t size, const Pads& pads, std::int64_t stride) {
    return (size + pads.before + pads.after - 3) / stride + 1;
}

Depthwise shape_of(const at::Tensor& x, const DepthwisePads& pads) {
    return {x.size(2),
            x.size(3),
            results(x.size(2), pads.rows, pads.stride),
            results(x.size(3), pads.columns, pads.stride),
            x.size(1),
            pads.stride,
            pads.rows.before,
            pads.columns.before};
}

// [C, 1, 3, 3] -> [9, C].
std::vector<float> by_tap(const at::Tensor& kernel) {
    const at::Tensor whole = kernel.contiguous();
    const float* from = whole.const_data_ptr<float>();
    const std::int64_t channels = kernel.size(0);
    std::vector<float> taps(static_cast<std::size_t>(kTaps * channels));
    for (std::int64_t c = 0; c < channels; ++c) {
        for (std::int64_t tap = 0; tap < kTaps; ++tap) {
            taps[static_cast<std::size_t>(tap * channels + c)] = *from++;
        }
    }
    return taps;
}

// work(image) for each of `count`, on the threads of the process.
template <typename Work>
void for_each_image(std::int64_t count, const Work& work) {
    at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            work(i);
        }
    });
}

at::Tensor forward_of(const at::Tensor& x, const at::Tensor& kernel, const Depthwise& how) {
    at::Tensor y = at::empty({x.size(0), how.channels, how.out_height, how.out_width}, x.options(),
                             at::MemoryFormat::ChannelsLast);
    const auto taps = by_tap(kernel);
    const float* from = x.const_data_ptr<float>();
    float* to = y.mutable_data_ptr<float>();
    const std::int64_t in = how.height * how.width * how.channels;
    const std::int64_t out = how.out_height * how.out_width * how.channels;
    for_each_image(x.size(0), [&](std::int64_t i) {
        loops().depthwise.forward(how, from + i * in, taps.data(), to + i * out);
    });
    return y;
}

struct Gradients {
    at::Tensor x, kernel;
};

// The kernel's: sums of each image in float, added in double in their order.
Gradients backward_of(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& kernel,
                      const Depthwise& how, bool of_x) {
    Gradients result{of_x ? at::empty_like(x) : at::Tensor(), at::empty_like(kernel)};
    const auto taps = by_tap(kernel);
    const std::int64_t images = x.size(0), numbers = kTaps * how.channels;
    std::vector<float> sums(static_cast<std::size_t>(images * numbers));
    const std::int64_t in = how.height * how.width * how.channels;
    const std::int64_t out = how.out_height * how.out_width * how.channels;
    const float* values = x.const_data_ptr<float>();
    const float* gradient = dy.const_data_ptr<float>();
    float* dx = of_x ? result.x.mutable_data_ptr<float>() : nullptr;
    for_each_image(images, [&](std::int64_t i) {
        loops().depthwise.backward(how, values + i * in, gradient + i * out, taps.data(),
                                   dx ? dx + i * in : nullptr, sums.data() + i * numbers);
    });
    std::vector<double> total(static_cast<std::size_t>(numbers));
    for (auto sum = sums.begin(); sum != sums.end();) {
        for (double& value : total) {
            value += static_cast<double>(*sum++);
        }
    }
    float* to = result.kernel.mutable_data_ptr<float>();
    for (std::int64_t c = 0; c < how.channels; ++c) {
        for (std::int64_t tap = 0; tap < kTaps; ++tap) {
            *to++ = static_cast<float>(total[static_cast<std::size_t>(tap * how.channels + c)]);
        }
    }
    return result;
}

class DepthwiseConvolution : public torch::autograd::Function<DepthwiseConvolution> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& kernel, const DepthwisePads& pads) {
        context->save_for_backward({x, kernel});
        for (const auto& [name, value] : {std::pair("stride", std::int64_t{pads.stride}),
                                          {"top", pads.rows.before},
                                          {"bottom", pads.rows.after},
                                          {"left", pads.columns.before},
                                          {"right", pads.columns.after}}) {
            context->saved_data[name] = value;
        }
        return forward_of(x, kernel, shape_of(x, pads));
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const auto value = [&](const char* name) { return context->saved_data[name].toInt(); };
        const DepthwisePads pads{static_cast<int>(value("stride")),
                                 {value("top"), value("bottom")},
                                 {value("left"), value("right")}};
        const at::Tensor dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
        const Gradients result = backward_of(saved[0], dy, saved[1], shape_of(saved[0], pads),
                                             context->needs_input_grad(0));
        return {result.x, result.kernel, at::Tensor()};
    }
};

}  // namespace

bool takes_depthwise(const at::Tensor& x, const at::Tensor& kernel) {
    return x.is_cpu() && x.dim() == 4 && x.scalar_type() == at::kFloat &&
           kernel.scalar_type() == at::kFloat && kernel.is_contiguous() && kernel.size(1) == 1 &&
           kernel.size(0) == x.size(1) && kernel.size(2) == 3 && kernel.size(3) == 3;
}

at::Tensor depthwise(const at::Tensor& x, const at::Tensor& kernel, const DepthwisePads& pads) {
    return DepthwiseConvolution::apply(x.contiguous(at::MemoryFormat::ChannelsLast), kernel, pads);
}

}  // namespace graft::trainer
