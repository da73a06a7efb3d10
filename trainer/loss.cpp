// SPDX-License-Identifier: Apache-2.0
#include "trainer/loss.hpp"

#include <algorithm>

#include <ATen/core/Reduction.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/TensorOperators.h>

#include "trainer/tensors.hpp"

namespace graft::trainer {

Loss::Loss(const LossRule& rule, at::Device device) : label_smoothing_(rule.label_smoothing) {
    if (!rule.class_weights.empty()) {
        const std::vector<float> weights(rule.class_weights.begin(), rule.class_weights.end());
        class_weights_ = from_floats(weights, {static_cast<std::int64_t>(weights.size())}, device);
    }
}

at::Tensor Loss::mean(const at::Tensor& logits, const at::Tensor& labels) const {
    if (label_smoothing_ == 0 && !class_weights_.defined()) {
        return at::cross_entropy_loss(logits, labels);
    }
    // By image: torch's own mean of smoothed losses selects by a mask, for which a GPU's host
    // waits.
    at::Tensor losses =
        at::cross_entropy_loss(logits, labels, {}, at::Reduction::None, -100, label_smoothing_);
    if (class_weights_.defined()) {
        losses = losses * class_weights_.to(losses.scalar_type()).index_select(0, labels);
    }
    return losses.mean();
}

std::vector<double> balanced_weights(std::span<const std::int32_t> labels, std::int32_t classes) {
    std::vector<double> counts(static_cast<std::size_t>(classes));
    for (const auto label : labels) {
        ++counts.at(static_cast<std::size_t>(label));
    }
    const auto present = classes - std::count(counts.begin(), counts.end(), 0);
    std::vector<double> weights;
    for (const double count : counts) {
        weights.push_back(count > 0 ? static_cast<double>(labels.size()) /
                                          (static_cast<double>(present) * count)
                                    : 0);
    }
    return weights;
}

}  // namespace graft::trainer
