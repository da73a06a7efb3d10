// SPDX-License-Identifier: Apache-2.0
#include "trainer/model.hpp"

#include <cmath>

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

namespace graft::trainer {

Model::Model(const models::Network& network, const models::Weights& weights, at::Device device)
    : whole_(network, to_torch(network, weights, device)), merged_(whole_) {}

void Model::train_above(int cut, double bn_momentum, at::ScalarType compute) {
    cut_ = cut;
    mode_.train_from = cut;
    mode_.bn_momentum = bn_momentum;
    mode_.compute = compute;
    std::vector<at::Tensor> parameters;
    const auto& tensors = whole_.tensors();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const auto infos = models::tensors_of(network(), static_cast<int>(i));
        for (std::size_t t = 0; t < infos.size(); ++t) {
            at::Tensor tensor = tensors[i][t];
            tensor.mutable_grad().reset();
            tensor.requires_grad_(infos[t].trainable && static_cast<int>(i) >= cut);
            if (tensor.requires_grad()) {
                parameters.push_back(tensor);
            }
        }
    }
    adam_ = Adam(std::move(parameters));
    merge_bottom();
}

void Model::merge_bottom() {
    merged_ = whole_.folded(cut_);
}

Model::Batch Model::forward_backward(const at::Tensor& images, const at::Tensor& labels,
                                     const at::Tensor& dropout, const LossScaler& scaler) {
    mode_.dropout = dropout;
    Live live{{0, images}};
    {
        const c10::AutoGradMode off(false);
        live = merged_.run(0, cut_, std::move(live), mode_);
    }
    const at::Tensor logits = merged_.logits(cut_, std::move(live), mode_);
    const at::Tensor loss = at::cross_entropy_loss(logits, labels);
    Batch batch;
    batch.loss = loss.item<double>();
    batch.images = images.size(0);
    batch.correct = logits.detach().argmax(1).eq(labels).sum().item<std::int64_t>();
    if (std::isfinite(batch.loss)) {
        scaler.scaled(loss).backward();
    }
    return batch;
}

models::Weights Model::weights() const {
    return to_keras(network(), whole_.tensors());
}

void Model::set_weights(const models::Weights& weights) {
    const c10::AutoGradMode off(false);
    const auto& tensors = whole_.tensors();
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const auto infos = models::tensors_of(network(), static_cast<int>(i));
        for (std::size_t t = 0; t < infos.size(); ++t) {
            tensors[i][t].detach().copy_(to_torch(weights.tensors.at(i).at(t), infos[t], at::kCPU));
        }
    }
    merge_bottom();
}

std::vector<at::Tensor> Model::all_tensors() const {
    std::vector<at::Tensor> all;
    for (const LayerTensors& tensors : whole_.tensors()) {
        all.insert(all.end(), tensors.begin(), tensors.end());
    }
    return all;
}

}  // namespace graft::trainer
