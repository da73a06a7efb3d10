// SPDX-License-Identifier: Apache-2.0
#include "trainer/model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ops/zeros.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "trainer/layer_rates.hpp"
#include "trainer/reduction.hpp"

namespace graft::trainer {

Tally::Tally(at::Device device)
    : loss_(at::zeros({1}, at::TensorOptions(at::kDouble).device(device))),
      correct_(at::zeros({1}, at::TensorOptions(at::kLong).device(device))) {}

void Tally::add(const at::Tensor& loss, const at::Tensor& correct, std::int64_t images) {
    loss_.add_(loss.to(at::kDouble) * static_cast<double>(images));
    correct_.add_(correct);
}

void Tally::set(double loss, std::int64_t correct) {
    loss_.fill_(loss);
    correct_.fill_(correct);
}

double Tally::loss() const {
    return loss_.item<double>();
}

std::int64_t Tally::correct() const {
    return correct_.item<std::int64_t>();
}

Tally Tally::copy() const {
    return {loss_.clone(), correct_.clone()};
}

Model::Model(const models::Network& network, const models::Weights& weights, at::Device device)
    : Model(network, to_torch(network, weights, device)) {}

Model::Model(const models::Network& network, NetworkTensors tensors)
    : executor_(network, std::move(tensors)) {}

Cut cut_of(const models::Network& network, const sweep::TrialSpec& spec, sweep::Phase phase) {
    const int frozen = phase == sweep::Phase::warmup ? network.base_layers
                                                     : models::frozen_layers(network, spec.freeze);
    return {frozen, spec->training.frozen_batch_norm};
}

void Model::train_above(Cut cut, double bn_momentum, at::ScalarType compute,
                        const Learning& learning) {
    cut_ = cut;
    learning_ = learning;
    mode_.train_from = cut.own;
    mode_.bn_momentum = bn_momentum;
    mode_.compute = compute;
    const auto rates = layer_rates(network(), learning.update.update.bottom_rate);
    std::vector<at::Tensor> parameters;
    std::vector<double> shares;
    NetworkTensors tensors = executor_.tensors();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const bool own = static_cast<int>(i) >= cut.own;
        const bool trained = static_cast<int>(i) >= cut.trained;
        const auto infos = models::tensors_of(network(), static_cast<int>(i));
        for (std::size_t t = 0; t < infos.size(); ++t) {
            at::Tensor& tensor = tensors[i][t];
            if (own || tensor.requires_grad()) {
                tensor = tensor.detach();
            }
            if (own) {
                tensor = tensor.clone();
            }
            if (trained && infos[t].trainable) {
                parameters.push_back(tensor.requires_grad_(true));
                shares.push_back(rates[i]);
            }
        }
    }
    executor_ = Executor(network(), std::move(tensors));
    optimizer_ = Optimizer(std::move(parameters), std::move(shares), learning.update);
    loss_ = Loss(learning.loss, all_tensors().front().device());
    bottom_.reset();
}

Model::Answer Model::answer(Live values, const at::Tensor& labels, const at::Tensor& dropout) {
    mode_.dropout = dropout;
    const at::Tensor logits = executor_.logits(cut(), std::move(values), mode_);
    return {loss_.mean(logits, labels), logits.detach().argmax(1).eq(labels).sum()};
}

bool Model::train_top(Live values, const at::Tensor& labels, const at::Tensor& dropout,
                      const LossScaler& scaler, Tally& tally) {
    const auto [loss, correct] = answer(std::move(values), labels, dropout);
    {
        const c10::AutoGradMode off(false);
        tally.add(loss.detach(), correct, labels.size(0));
    }
    if (loss.is_cpu() && !std::isfinite(loss.item<double>())) {
        return false;
    }
    scaler.scaled(loss).backward();
    return true;
}

std::vector<at::Tensor> Model::moving_statistics() const {
    std::vector<at::Tensor> moving;
    for (auto i = static_cast<std::size_t>(cut()); i < executor_.tensors().size(); ++i) {
        const auto infos = models::tensors_of(network(), static_cast<int>(i));
        for (std::size_t t = 0; t < infos.size(); ++t) {
            if (!infos[t].trainable) {
                moving.push_back(executor_.tensors()[i][t]);
            }
        }
    }
    return moving;
}

bool Model::train_top(Live values, const at::Tensor& labels, const at::Tensor& dropout,
                      const LossScaler& scaler, Tally& tally, const Divided& divided) {
    const double share = static_cast<double>(labels.size(0)) / static_cast<double>(divided.images);
    Reduction reduction(*divided.exchange);
    const at::Tensor sums = at::zeros({2}, labels.options().dtype(at::kFloat));
    at::Tensor loss;
    if (labels.size(0) > 0) {
        const Answer own = answer(std::move(values), labels, dropout);
        loss = own.loss * share;
        const c10::AutoGradMode off(false);
        sums.select(0, 0).copy_(loss.detach());
        sums.select(0, 1).copy_(own.correct);
    }
    {
        const c10::AutoGradMode off(false);
        std::vector<at::Tensor> shared = moving_statistics();
        for (const at::Tensor& moving : shared) {
            moving.mul_(share);
        }
        shared.push_back(sums);
        reduction.start(shared);
    }
    const bool usable = !sums.is_cpu() || std::isfinite(sums.select(0, 0).item<double>());
    if (usable) {
        GradientSums gradients(reduction, optimizer_.parameters());
        if (loss.defined()) {
            scaler.scaled(loss).backward();
        }
        gradients.complete();
    }
    reduction.finish();
    const c10::AutoGradMode off(false);
    tally.add(sums.select(0, 0), sums.select(0, 1).to(at::kLong), divided.images);
    return usable;
}

Model::Batch Model::forward_backward(const at::Tensor& images, const at::Tensor& labels,
                                     const at::Tensor& dropout, const LossScaler& scaler) {
    if (!bottom_) {
        bottom_.emplace(std::vector<Branch>{branch()});
    }
    Tally tally(images.device());
    bottom_->run(images, mode_.compute, SharedBottom::BatchNorms::merged,
                 [&](std::size_t, Live values) {
                     train_top(std::move(values), labels, dropout, scaler, tally);
                 });
    const std::int64_t count = images.size(0);
    return {tally.loss() / static_cast<double>(count), tally.correct(), count};
}

models::Weights Model::weights() const {
    return to_keras(network(), executor_.tensors());
}

NetworkTensors Model::copy_of_top() const {
    const auto& tensors = executor_.tensors();
    NetworkTensors copies(tensors.size());
    for (auto i = static_cast<std::size_t>(cut()); i < tensors.size(); ++i) {
        for (const at::Tensor& tensor : tensors[i]) {
            copies[i].push_back(tensor.detach().clone());
        }
    }
    return copies;
}

models::Weights Model::weights_of(const NetworkTensors& top) const {
    NetworkTensors tensors = executor_.tensors();
    std::copy(top.begin() + cut(), top.end(), tensors.begin() + cut());
    return to_keras(network(), tensors);
}

std::vector<at::Tensor> Model::all_tensors() const {
    std::vector<at::Tensor> all;
    for (const LayerTensors& tensors : executor_.tensors()) {
        all.insert(all.end(), tensors.begin(), tensors.end());
    }
    return all;
}

}  // namespace graft::trainer
