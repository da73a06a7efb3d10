// SPDX-License-Identifier: Apache-2.0
#include "trainer/fourier.hpp"

#include <algorithm>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "trainer/fourier_loops.hpp"
#include "trainer/fourier_tiles.hpp"
#include "trainer/loops.hpp"

namespace graft::trainer {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Products of one transform of n x n numbers, by rows and then columns (fourier_loops.inc).
double transform_products(double n) {
    const double half = n / 2 + 1, row = half * (half + half - 2);
    return n * row + (half - 2) * 2 * row + 2 * row;
}

// In products of a direct convolution, for one image of a batch of kBatch. A transform has few
// products between loads and stores, and those of kernels go through memory. Measured with AVX-512
// on an EPYC of family 26: 120 products in a ns directly and between spectra, 40 and 27 in
// transforms of images and of kernels.
constexpr double kImageShare = 3, kKernelShare = 4.5, kBatch = 32;
// Short waves make many tiles, and so many spectra to write and read: dearer than the model says.
constexpr std::int64_t kShortestWave = 10, kLongWave = 14;
constexpr double kShortShare = 1.15;
// Waves are taken where they cost less than this part of a direct convolution: what the model does
// not know should not make a layer slower.
constexpr double kWorthwhile = 0.75;

double wave_cost(const FourierShape& shape, std::int64_t n) {
    const auto tile = n - shape.kernel + 1;
    const auto tiles =
        static_cast<double>(((shape.height + tile - 1) / tile) * ((shape.width + tile - 1) / tile));
    const auto channels = static_cast<double>(shape.channels);
    const auto filters = static_cast<double>(shape.filters);
    const auto transform = transform_products(static_cast<double>(n));
    const auto products = tiles * 4 * static_cast<double>(spectrum_size(n)) * channels * filters +
                          tiles * (channels + filters) * transform * kImageShare +
                          channels * filters * transform * kKernelShare / kBatch;
    return n < kLongWave ? kShortShare * products : products;
}

at::Tensor channels_last(const at::Tensor& x) {
    return x.contiguous(at::MemoryFormat::ChannelsLast);
}

// [C, H, W, O] without gaps, of a kernel [O, C, H, W].
at::Tensor by_channels(const at::Tensor& kernel) {
    return kernel.permute({1, 2, 3, 0}).contiguous();
}

Images images_of(const at::Tensor& x) {
    return {x.const_data_ptr<float>(), x.size(0), x.size(2), x.size(3), x.size(1)};
}

at::Tensor forward(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias,
                   std::int64_t n) {
    at::Tensor y = at::empty({x.size(0), kernel.size(0), x.size(2), x.size(3)},
                             x.options().memory_format(at::MemoryFormat::ChannelsLast));
    const at::Tensor numbers = by_channels(kernel);
    Correlation job;
    job.n = n;
    job.x = images_of(x);
    job.before = (kernel.size(2) - 1) / 2;
    job.shape = {kernel.size(2), kernel.size(1), kernel.size(0), KernelShape::Order::straight};
    job.kernel = numbers.const_data_ptr<float>();
    job.bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
    job.y = y.mutable_data_ptr<float>();
    correlate(job);
    return y;
}

// Of x by the kernel turned round and of the kernel: both are correlations of dy. Written where
// dx and dkernel are defined.
void backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& kernel, std::int64_t n,
              at::Tensor& dx, at::Tensor& dkernel) {
    Correlation job;
    job.n = n;
    job.x = images_of(dy);
    job.before = kernel.size(2) - 1 - (kernel.size(2) - 1) / 2;
    job.shape = {kernel.size(2), kernel.size(0), kernel.size(1), KernelShape::Order::turned};
    job.kernel = kernel.const_data_ptr<float>();
    job.y = dx.defined() ? dx.mutable_data_ptr<float>() : nullptr;
    job.other = x.const_data_ptr<float>();
    job.gradient = dkernel.defined() ? dkernel.mutable_data_ptr<float>() : nullptr;
    correlate(job);
}

// Sums over all pixels, [C]: image by image in float, then of the images in double.
at::Tensor pixel_sums(const at::Tensor& dy) {
    const auto images = dy.size(0), channels = dy.size(1), pixels = dy.size(2) * dy.size(3);
    std::vector<float> sums(static_cast<std::size_t>(images * channels), 0);
    at::parallel_for(0, images, 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) {
            const float* image = dy.const_data_ptr<float>() + i * pixels * channels;
            loops().of_floats.sum({image, pixels, channels}, sums.data() + i * channels);
        }
    });
    std::vector<double> totals(static_cast<std::size_t>(channels), 0);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        totals[i % totals.size()] += static_cast<double>(sums[i]);
    }
    at::Tensor result = at::empty({channels}, at::kFloat);
    for (std::size_t c = 0; c < totals.size(); ++c) {
        result.mutable_data_ptr<float>()[c] = static_cast<float>(totals[c]);
    }
    return result;
}

class ConvolveByWaves : public torch::autograd::Function<ConvolveByWaves> {
  public:
    // Without a bias its place is given to the kernel, as Function takes no undefined tensor.
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& kernel, const at::Tensor& bias, bool biased,
                              std::int64_t n) {
        context->save_for_backward({x, kernel});
        context->saved_data["biased"] = biased;
        context->saved_data["n"] = n;
        return trainer::forward(x, kernel, biased ? bias : at::Tensor(), n);
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor kernel = channels_last(saved[1]);
        const at::Tensor dy = channels_last(gradients[0]);
        at::Tensor dx, dkernel, dbias;
        if (context->needs_input_grad(0)) {
            dx = at::empty_like(x);
        }
        if (context->needs_input_grad(1)) {
            dkernel = at::empty_like(kernel);
        }
        trainer::backward(dy, x, kernel, context->saved_data["n"].toInt(), dx, dkernel);
        if (context->saved_data["biased"].toBool() && context->needs_input_grad(2)) {
            dbias = pixel_sums(dy);
        }
        return {dx, dkernel, dbias, at::Tensor(), at::Tensor()};
    }
};

}  // namespace

std::optional<std::int64_t> wave_length(const FourierShape& shape) {
    if (shape.channels % kFourierLanes != 0 || shape.filters % kFourierLanes != 0 ||
        shape.kernel < 3) {
        return {};
    }
    const auto k = static_cast<double>(shape.kernel);
    double best = kWorthwhile * k * k * static_cast<double>(shape.height * shape.width) *
                  static_cast<double>(shape.channels) * static_cast<double>(shape.filters);
    std::optional<std::int64_t> result;
    const auto first = std::max(kShortestWave, shape.kernel + shape.kernel % 2 + 2);
    for (std::int64_t n = first; n <= kLongestWave; n += 2) {
        const double cost = wave_cost(shape, n);
        if (cost < best) {
            best = cost;
            result = n;
        }
    }
    return result;
}

std::optional<std::int64_t> wave_length(const at::Tensor& x, const models::Conv2d& layer,
                                        at::ScalarType compute) {
    const bool open = x.is_cpu() && x.dim() == 4 && x.scalar_type() == at::kFloat &&
                      compute == at::kFloat && layer.kernel[0] == layer.kernel[1] &&
                      layer.stride == 1 && layer.padding == models::Padding::same &&
                      fourier_loops() != nullptr;
    return open ? wave_length({x.size(2), x.size(3), x.size(1), layer.filters, layer.kernel[0]})
                : std::nullopt;
}

at::Tensor convolve_by_waves(const at::Tensor& x, const LayerTensors& weights, std::int64_t n) {
    const bool biased = weights.size() > 1;
    return ConvolveByWaves::apply(channels_last(x), weights.at(0), weights.at(biased ? 1 : 0),
                                  biased, n);
}

}  // namespace graft::trainer
