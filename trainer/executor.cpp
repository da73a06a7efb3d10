// SPDX-License-Identifier: Apache-2.0
#include "trainer/executor.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <variant>

#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros_like.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "trainer/fused_norm.hpp"
#include "trainer/layers.hpp"

namespace graft::trainer {

namespace {

at::Tensor activate(const at::Tensor& x, models::Activation function) {
    switch (function) {
        case models::Activation::relu:
            return at::relu(x);
        case models::Activation::relu6:
            return at::clamp(x, 0, 6);
        case models::Activation::softmax:
            return at::softmax(x, 1);
    }
    throw std::logic_error("unknown activation");
}

at::Tensor activate_in_place(at::Tensor x, models::Activation function) {
    return function == models::Activation::relu ? x.relu_() : x.clamp_(0, 6);
}

// One overload per kind of layer; `inputs` in the order of Layer::inputs.
struct Forward {
    const std::vector<at::Tensor>& inputs;
    const LayerTensors& weights;
    const Mode& mode;
    bool folded;
    bool train;                  // batch norm: with the batch's statistics
    Clip clip;                   // of the batch norm's result
    bool in_place;               // a ReLU writes on its input
    const models::ZeroPad* pad;  // what comes before a depthwise layer, and is done with it
    PackedConvolution* packed;   // of weights that do not change; else null

    const at::Tensor& x() const { return inputs.at(0); }

    at::Tensor operator()(const models::Input&) const {
        throw std::logic_error("the input is a value, not a layer to run");
    }
    at::Tensor operator()(const models::Conv2d& layer) const {
        const at::Tensor y = packed ? convolve_frozen(x(), layer, weights, mode.compute, *packed)
                                    : convolve(x(), layer, weights, mode.compute);
        // Neither a convolution's gradient nor anybody else needs what it made.
        return layer.activation ? activate_in_place(y, *layer.activation) : y;
    }
    at::Tensor operator()(const models::DepthwiseConv2d& layer) const {
        if (pad) {
            return convolve_padded(x(), *pad, layer, weights);
        }
        return packed ? convolve_frozen(x(), layer, weights, mode.compute, *packed)
                      : convolve(x(), layer, weights, mode.compute);
    }
    at::Tensor operator()(const models::BatchNorm& layer) const {
        if (folded) {
            return x();
        }
        if (train && fuses(x())) {
            return norm_and_clip(x(), layer, batch_norm_tensors(layer, weights), mode.bn_momentum,
                                 clip);
        }
        return train ? batch_norm_training(x(), layer, weights, mode.bn_momentum)
                     : batch_norm_inference(x(), layer, weights);
    }
    at::Tensor operator()(const models::Activate& layer) const {
        return in_place ? activate_in_place(x(), layer.function) : activate(x(), layer.function);
    }
    at::Tensor operator()(const models::ZeroPad& layer) const { return zero_pad(x(), layer); }
    at::Tensor operator()(const models::MaxPool& layer) const { return max_pool(x(), layer); }
    at::Tensor operator()(const models::AveragePool& layer) const {
        return average_pool(x(), layer);
    }
    at::Tensor operator()(const models::Concatenate&) const { return at::cat(inputs, 1); }
    at::Tensor operator()(const models::Add&) const {
        at::Tensor sum = inputs.at(0) + inputs.at(1);
        for (std::size_t i = 2; i < inputs.size(); ++i) {
            sum = sum + inputs[i];
        }
        return sum;
    }
    at::Tensor operator()(const models::GlobalAveragePool&) const {
        return at::mean(x(), at::IntArrayRef{2, 3});
    }
    at::Tensor operator()(const models::Dense&) const { return dense(x(), weights, mode.compute); }
    at::Tensor operator()(const models::Dropout&) const {
        return mode.dropout.defined() ? x() * mode.dropout : x();
    }
};

// Batch norm `y = gamma (w x + b - mean) / sqrt(variance + epsilon) + beta` as {w', b'}.
LayerTensors fold(const LayerTensors& convolution, const models::BatchNorm& layer,
                  const LayerTensors& weights) {
    const auto [gamma, beta, mean, variance] = batch_norm_tensors(layer, weights);
    at::Tensor factor = at::rsqrt(variance + layer.epsilon);
    if (gamma.defined()) {
        factor = factor * gamma;
    }
    const at::Tensor bias = convolution.size() > 1 ? convolution[1] : at::zeros_like(mean);
    return {convolution[0] * factor.view({-1, 1, 1, 1}), beta + (bias - mean) * factor};
}

bool read_once(const models::Network& network, int value) {
    return std::count_if(network.layers.begin(), network.layers.end(), [&](const auto& reader) {
               return std::count(reader.inputs.begin(), reader.inputs.end(), value) > 0;
           }) == 1;
}

bool is_convolution(const models::Layer& layer) {
    return std::holds_alternative<models::Conv2d>(layer.kind) ||
           std::holds_alternative<models::DepthwiseConv2d>(layer.kind);
}

bool is_linear_convolution(const models::Layer& layer) {
    const auto* convolution = std::get_if<models::Conv2d>(&layer.kind);
    return is_convolution(layer) && !(convolution && convolution->activation);
}

}  // namespace

std::vector<int> merging_batch_norms(const models::Network& network) {
    std::vector<int> readers(network.layers.size(), 0);
    std::vector<int> merging(network.layers.size(), -1);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        for (const int input : network.layers[i].inputs) {
            const auto source = static_cast<std::size_t>(input);
            const bool alone = ++readers[source] == 1;
            const bool merges = is_linear_convolution(network.layers[source]) &&
                                std::holds_alternative<models::BatchNorm>(network.layers[i].kind);
            merging[source] = alone && merges ? static_cast<int>(i) : -1;
        }
    }
    return merging;
}

Executor::Executor(const models::Network& network, NetworkTensors tensors)
    : network_(&network),
      tensors_(std::move(tensors)),
      last_use_(network.layers.size(), -1),
      folded_(network.layers.size(), false),
      clipped_by_(network.layers.size(), 0),
      padded_for_(network.layers.size(), 0) {
    const int count = static_cast<int>(network.layers.size());
    for (int i = 0; i < count; ++i) {
        for (const int input : network.layers[static_cast<std::size_t>(i)].inputs) {
            last_use_.at(static_cast<std::size_t>(input)) = i;
        }
    }
    last_use_.back() = count;
    for (int i = 0; i < count; ++i) {
        const models::Layer& layer = network.layers[static_cast<std::size_t>(i)];
        const auto* activate = std::get_if<models::Activate>(&layer.kind);
        if (activate && activate->function != models::Activation::softmax &&
            read_once(network, layer.inputs.at(0))) {
            clipped_by_[static_cast<std::size_t>(layer.inputs.at(0))] = i;
        }
        if (std::holds_alternative<models::DepthwiseConv2d>(layer.kind) &&
            read_once(network, layer.inputs.at(0))) {
            padded_for_[static_cast<std::size_t>(layer.inputs.at(0))] = i;
        }
    }
}

int Executor::padded_with(int index, int last, const Live& values, const Mode& mode) const {
    const auto i = static_cast<std::size_t>(index);
    const int reader = padded_for_[i];
    const auto* pad = std::get_if<models::ZeroPad>(&network_->layers[i].kind);
    const bool trained = index >= mode.train_from && mode.weights == Mode::Weights::trained;
    const bool kept = mode.keep && mode.keep->count(index) > 0;
    if (!pad || !trained || kept || reader == 0 || reader >= last) {
        return index;
    }
    const auto r = static_cast<std::size_t>(reader);
    const auto& layer = std::get<models::DepthwiseConv2d>(network_->layers[r].kind);
    const at::Tensor& x = values.at(network_->layers[i].inputs.at(0));
    return pads_itself(x, *pad, layer, tensors_[r], mode.compute) ? reader : index;
}

int Executor::clipped_with(int index, int last, const Live& values, const Mode& mode) const {
    const auto i = static_cast<std::size_t>(index);
    const int activation = clipped_by_[i];
    const bool kept = mode.keep && mode.keep->count(index) > 0;
    const bool trained = index >= mode.train_from && !kept && activation > 0 && activation < last &&
                         std::holds_alternative<models::BatchNorm>(network_->layers[i].kind);
    return trained && fuses(values.at(network_->layers[i].inputs.at(0))) ? activation : index;
}

struct Executor::How {
    int layer = 0, made = 0;  // that is run, and whose value it makes
    Clip clip = Clip::none;
    bool in_place = false;
    int padded_at = 0;  // the layer of zeros that is done with this one, or 0
};

bool Executor::writes_in_place(int index, int first, const Live& values, const Mode& mode) const {
    const auto& layers = network_->layers;
    const int input = layers[static_cast<std::size_t>(index)].inputs.front();
    if (clipped_by_[static_cast<std::size_t>(input)] != index || mode.keep ||
        c10::GradMode::is_enabled() || !values.at(input).is_cpu()) {
        return false;
    }
    // A merged batch norm's value is that of its convolution.
    const auto i = static_cast<std::size_t>(input);
    const int source = folded_[i] ? layers[i].inputs.front() : input;
    const models::Layer& maker = layers[static_cast<std::size_t>(source)];
    return source >= first &&
           (is_convolution(maker) || std::holds_alternative<models::BatchNorm>(maker.kind) ||
            std::holds_alternative<models::Add>(maker.kind));
}

Executor::How Executor::how_at(int index, int first, int last, const Live& values,
                               const Mode& mode) const {
    const int convolved = padded_with(index, last, values, mode);
    if (convolved != index) {
        return {convolved, convolved, Clip::none, false, index};
    }
    const int made = clipped_with(index, last, values, mode);
    const auto& kind = network_->layers[static_cast<std::size_t>(index)].kind;
    return {index, made, made == index ? Clip::none : clip_at(made),
            std::holds_alternative<models::Activate>(kind) &&
                writes_in_place(index, first, values, mode)};
}

at::Tensor Executor::forward(const Live& values, const Mode& mode, const How& how) const {
    const int index = how.layer;
    const auto i = static_cast<std::size_t>(index);
    const models::Layer& layer = network_->layers[i];
    const models::Layer& padded = network_->layers[static_cast<std::size_t>(how.padded_at)];
    std::vector<at::Tensor> inputs;
    for (const int input : how.padded_at > 0 ? padded.inputs : layer.inputs) {
        inputs.push_back(values.at(input));
    }
    const auto kept = packed_.find(index);
    PackedConvolution once;
    PackedConvolution* unkept = mode.weights == Mode::Weights::frozen ? &once : nullptr;
    const Forward forward{inputs,
                          tensors_[i],
                          mode,
                          folded_[i],
                          index >= mode.train_from,
                          how.clip,
                          how.in_place,
                          std::get_if<models::ZeroPad>(&padded.kind),
                          kept == packed_.end() ? unkept : kept->second.get()};
    return std::visit(forward, layer.kind);
}

Clip Executor::clip_at(int activation) const {
    const auto& kind = network_->layers[static_cast<std::size_t>(activation)].kind;
    return clip_of(std::get<models::Activate>(kind).function);
}

Live Executor::run(int first, int last, Live values, const Mode& mode) const {
    const auto needed_at = [&](int value, int position) {
        return last_use_[static_cast<std::size_t>(value)] >= position ||
               (mode.keep && mode.keep->count(value) > 0);
    };
    // Layer 0 is the input: its value is given.
    for (int i = std::max(first, 1); i < last; ++i) {
        if (values.count(i) > 0) {
            continue;  // made with the layer before it
        }
        const How how = how_at(i, first, last, values, mode);
        values[how.made] = forward(values, mode, how);
        std::erase_if(values, [&](const auto& value) { return !needed_at(value.first, i + 1); });
    }
    return values;
}

at::Tensor Executor::logits(int first, Live values, const Mode& mode) const {
    const int softmax = static_cast<int>(network_->layers.size()) - 1;
    // The loss is computed in at least single precision.
    const auto precision = mode.compute == at::kDouble ? at::kDouble : at::kFloat;
    return run(first, softmax, std::move(values), mode).at(softmax - 1).to(precision);
}

Executor Executor::folded(int first, int last) const {
    const c10::AutoGradMode off(false);
    Executor result = *this;
    const auto merging = merging_batch_norms(*network_);
    for (std::size_t source = 0; source < merging.size(); ++source) {
        if (merging[source] < first || merging[source] >= last) {
            continue;
        }
        const auto index = static_cast<std::size_t>(merging[source]);
        const auto& layer = std::get<models::BatchNorm>(network_->layers[index].kind);
        result.tensors_[source] = fold(tensors_[source], layer, tensors_[index]);
        result.folded_[index] = true;
    }
    return result;
}

Executor Executor::packed(int first, int last) const {
    Executor result = *this;
    for (int i = first; i < last; ++i) {
        const auto index = static_cast<std::size_t>(i);
        if (is_convolution(network_->layers[index])) {
            result.packed_[i] = std::make_shared<PackedConvolution>();
        }
    }
    return result;
}

Executor Executor::on(Copies& copies) const {
    Executor other = *this;
    other.tensors_ = copies.of(tensors_);
    for (auto& [layer, packed] : other.packed_) {
        packed = std::make_shared<PackedConvolution>();
    }
    return other;
}

Executor Executor::with_own_statistics(int first) const {
    Executor result = *this;
    for (auto i = static_cast<std::size_t>(first); i < result.tensors_.size(); ++i) {
        if (std::holds_alternative<models::BatchNorm>(network_->layers[i].kind)) {
            LayerTensors& tensors = result.tensors_[i];
            for (std::size_t t = tensors.size() - 2; t < tensors.size(); ++t) {
                tensors[t] = tensors[t].detach().clone();
            }
        }
    }
    return result;
}

}  // namespace graft::trainer
