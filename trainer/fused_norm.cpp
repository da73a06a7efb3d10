// SPDX-License-Identifier: Apache-2.0
#include "trainer/fused_norm.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "trainer/cuda/norm.hpp"

namespace graft::trainer {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// x in channels_last as rows, and their division into pieces, which depends on the shape alone.
struct Rows {
    std::int64_t rows, channels, piece;

    explicit Rows(const at::Tensor& x)
        : rows(x.numel() / x.size(1)), channels(x.size(1)), piece(piece_rows(x.size(1))) {}

    std::int64_t pieces() const { return (rows + piece - 1) / piece; }
    std::int64_t first(std::int64_t index) const { return index * piece; }
    std::int64_t count(std::int64_t index) const { return std::min(piece, rows - first(index)); }

    template <typename T>
    Piece<T> at(std::int64_t index, const T* x) const {
        return {x + first(index) * channels, count(index), channels};
    }
    // work(index) for every piece, on the threads of the process.
    template <typename Work>
    void for_each(const Work& work) const {
        at::parallel_for(0, pieces(), 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                work(i);
            }
        });
    }
};

at::Tensor per_channel(const at::Tensor& x) {
    return at::empty({x.size(1)}, x.options().memory_format(at::MemoryFormat::Contiguous));
}

// What the backward pass needs besides x, [C] each.
struct Statistics {
    at::Tensor mean, inverse, scale, shift;  // inverse: 1 / sqrt(variance + epsilon)
};

// Mean and biased variance: those of the pieces, joined in double as in Chan, Golub and LeVeque,
// "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
template <typename T>
void batch_statistics(const at::Tensor& x, std::vector<double>& mean,
                      std::vector<double>& variance) {
    const Rows rows(x);
    const auto channels = static_cast<std::size_t>(rows.channels);
    const auto pieces = static_cast<std::size_t>(rows.pieces());
    std::vector<T> means(pieces * channels), squares(pieces * channels);
    const T* data = x.const_data_ptr<T>();
    rows.for_each([&](std::int64_t i) {
        const auto place = static_cast<std::size_t>(i) * channels;
        batch_sums(rows.at(i, data), means.data() + place, squares.data() + place);
    });
    mean.assign(channels, 0);
    variance.assign(channels, 0);
    const auto total = static_cast<double>(rows.rows);
    const auto for_all = [&](const auto& work) {
        for (std::size_t i = 0; i < pieces; ++i) {
            const auto count = static_cast<double>(rows.count(static_cast<std::int64_t>(i)));
            for (std::size_t c = 0; c < channels; ++c) {
                work(i * channels + c, c, count);
            }
        }
    };
    for_all([&](std::size_t at, std::size_t c, double count) {
        mean[c] += static_cast<double>(means[at]) * (count / total);
    });
    for_all([&](std::size_t at, std::size_t c, double count) {
        const double off = static_cast<double>(means[at]) - mean[c];
        variance[c] += (static_cast<double>(squares[at]) + off * off * count) / total;
    });
}

// Of one batch norm, while its step lasts.
struct Norm {
    const BatchNormTensors& tensors;
    double epsilon, momentum;
    Clip clip;
};

// Statistics of the batch; the moving ones are moved.
template <typename T>
Statistics statistics_of(const at::Tensor& x, const Norm& norm) {
    std::vector<double> mean, variance;
    batch_statistics<T>(x, mean, variance);
    Statistics result{per_channel(x), per_channel(x), per_channel(x), per_channel(x)};
    const auto to = [](const at::Tensor& tensor) { return tensor.mutable_data_ptr<T>(); };
    const auto& [gamma, beta, moving_mean, moving_variance] = norm.tensors;
    const T* scale = gamma.defined() ? gamma.const_data_ptr<T>() : nullptr;
    const T* shift = beta.const_data_ptr<T>();
    for (std::size_t c = 0; c < mean.size(); ++c) {
        const double inverse = 1 / std::sqrt(variance[c] + norm.epsilon);
        const double factor = scale ? scale[c] * inverse : inverse;
        to(result.mean)[c] = static_cast<T>(mean[c]);
        to(result.inverse)[c] = static_cast<T>(inverse);
        to(result.scale)[c] = static_cast<T>(factor);
        to(result.shift)[c] = static_cast<T>(shift[c] - mean[c] * factor);
        const auto move = [&](const at::Tensor& moving, double batch) {
            T& value = to(moving)[c];
            value = static_cast<T>(value * norm.momentum + batch * (1 - norm.momentum));
        };
        move(moving_mean, mean[c]);
        move(moving_variance, variance[c]);
    }
    return result;
}

template <typename T>
at::Tensor forward(const at::Tensor& x, const Statistics& statistics, Clip clip) {
    at::Tensor y = at::empty_like(x);
    const Rows rows(x);
    const Affine<T> affine{statistics.scale.const_data_ptr<T>(),
                           statistics.shift.const_data_ptr<T>(), clip};
    const T* from = x.const_data_ptr<T>();
    T* to = y.mutable_data_ptr<T>();
    rows.for_each([&](std::int64_t i) {
        affine_clip(rows.at(i, from), affine, to + rows.first(i) * rows.channels);
    });
    return y;
}

struct Gradients {
    at::Tensor x, gamma, beta;
};

// With dz the gradient of z = gamma xhat + beta:
//   dbeta = sum dz;  dgamma = sum dz xhat;
//   dx = gamma inverse (dz - mean(dz) - xhat mean(dz xhat))
// (Ioffe and Szegedy 2015, section 3).
template <typename T>
Gradients backward(const at::Tensor& x, const at::Tensor& dy, const Statistics& statistics,
                   Clip clip, bool of_x) {
    const Rows rows(x);
    const auto channels = static_cast<std::size_t>(rows.channels);
    const auto pieces = static_cast<std::size_t>(rows.pieces());
    std::vector<T> dz(pieces * channels), products(pieces * channels);
    const T* values = x.const_data_ptr<T>();
    const T* gradient = dy.const_data_ptr<T>();
    const T* mean = statistics.mean.const_data_ptr<T>();
    const T* inverse = statistics.inverse.const_data_ptr<T>();
    const T* scale = statistics.scale.const_data_ptr<T>();
    const Affine<T> affine{scale, statistics.shift.const_data_ptr<T>(), clip};
    rows.for_each([&](std::int64_t i) {
        const auto place = static_cast<std::size_t>(i) * channels;
        gradient_sums(rows.at(i, values), affine, gradient + rows.first(i) * rows.channels, mean,
                      dz.data() + place, products.data() + place);
    });
    std::vector<double> dz_sum(channels), product_sum(channels);
    for (std::size_t at = 0; at < dz.size(); at += channels) {
        for (std::size_t c = 0; c < channels; ++c) {
            dz_sum[c] += static_cast<double>(dz[at + c]);
            product_sum[c] += static_cast<double>(products[at + c]);
        }
    }
    Gradients result{of_x ? at::empty_like(x) : at::Tensor(), per_channel(x), per_channel(x)};
    std::vector<T> slope(channels), offset(channels);
    const auto total = static_cast<double>(rows.rows);
    for (std::size_t c = 0; c < channels; ++c) {
        result.gamma.mutable_data_ptr<T>()[c] = static_cast<T>(product_sum[c] * inverse[c]);
        result.beta.mutable_data_ptr<T>()[c] = static_cast<T>(dz_sum[c]);
        const double share = scale[c] / total;
        slope[c] = static_cast<T>(share * product_sum[c] * inverse[c] * inverse[c]);
        offset[c] = static_cast<T>(share * dz_sum[c]);
    }
    if (of_x) {
        T* to = result.x.mutable_data_ptr<T>();
        rows.for_each([&](std::int64_t i) {
            const auto place = rows.first(i) * rows.channels;
            input_gradient(rows.at(i, values), affine, gradient + place,
                           Centred<T>{mean, slope.data(), offset.data()}, to + place);
        });
    }
    return result;
}

// work.operator()<T>() with T the type of x.
template <typename Work>
auto in_type_of(const at::Tensor& x, const Work& work) {
    return x.scalar_type() == at::kDouble ? work.template operator()<double>()
                                          : work.template operator()<float>();
}

class NormAndClip : public torch::autograd::Function<NormAndClip> {
  public:
    // Without gamma its place is given to beta, which then has two gradients to add: one of them is
    // left out.
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& /*gamma*/, const at::Tensor& /*beta*/,
                              const Norm& norm) {
        return in_type_of(x, [&]<typename T>() {
            const Statistics statistics = statistics_of<T>(x, norm);
            context->save_for_backward(
                {x, statistics.mean, statistics.inverse, statistics.scale, statistics.shift});
            context->saved_data["clip"] = static_cast<std::int64_t>(norm.clip);
            context->saved_data["scaled"] = norm.tensors.gamma.defined();
            return trainer::forward<T>(x, statistics, norm.clip);
        });
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
        const Statistics statistics{saved[1], saved[2], saved[3], saved[4]};
        const auto clip = static_cast<Clip>(context->saved_data["clip"].toInt());
        const Gradients result = in_type_of(x, [&]<typename T>() {
            return trainer::backward<T>(x, dy, statistics, clip, context->needs_input_grad(0));
        });
        const bool scaled = context->saved_data["scaled"].toBool();
        return {result.x, scaled ? result.gamma : at::Tensor(), result.beta, at::Tensor()};
    }
};

cuda::After after(Clip clip) {
    switch (clip) {
        case Clip::relu:
            return cuda::After::relu;
        case Clip::relu6:
            return cuda::After::relu6;
        case Clip::none:
            break;
    }
    return cuda::After::nothing;
}

}  // namespace

bool fuses(const at::Tensor& x) {
    if (x.is_cuda()) {
        return cuda::can_norm(x);
    }
    return x.device().is_cpu() && x.dim() == 4 &&
           (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble);
}

at::Tensor norm_and_clip(const at::Tensor& x, const models::BatchNorm& layer,
                         const BatchNormTensors& tensors, double momentum, Clip clip) {
    if (x.is_cuda()) {
        return cuda::norm_training(x, {tensors.gamma, tensors.beta, tensors.mean, tensors.variance},
                                   momentum, layer.epsilon, after(clip));
    }
    const Norm norm{tensors, layer.epsilon, momentum, clip};
    return NormAndClip::apply(x.contiguous(at::MemoryFormat::ChannelsLast),
                              tensors.gamma.defined() ? tensors.gamma : tensors.beta, tensors.beta,
                              norm);
}

Clip clip_of(models::Activation activation) {
    switch (activation) {
        case models::Activation::relu:
            return Clip::relu;
        case models::Activation::relu6:
            return Clip::relu6;
        case models::Activation::softmax:
            break;
    }
    throw std::logic_error("softmax does not clip");
}

}  // namespace graft::trainer
