// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace graft::trainer {

// What training minimises; validation and test know plain cross entropy alone (sweep/metrics.hpp).
struct LossRule {
    double label_smoothing = 0;         // 0 to below 1
    std::vector<double> class_weights;  // by class; empty: 1 each
};

// Of one batch, with p = softmax(logits), K classes, e = label_smoothing, w = class_weights:
//   mean over the images of  w[label] * sum over classes c of -((1 - e) [c = label] + e / K) log
//   p_c
// as keras.losses.CategoricalCrossentropy(label_smoothing = e) and fit(class_weight = w) have it:
// divided by the number of images, where torch divides by the sum of their weights.
class Loss {
  public:
    Loss() = default;  // plain cross entropy
    Loss(const LossRule& rule, at::Device device);

    // logits [N, K], labels [N], int64; the mean [].
    at::Tensor mean(const at::Tensor& logits, const at::Tensor& labels) const;

  private:
    double label_smoothing_ = 0;
    at::Tensor class_weights_;  // [K], float32; undefined: 1 each
};

// N / (K n_c) by class, with n_c of N labels, K the number of classes that have any: as
// sklearn.utils.class_weight.compute_class_weight("balanced"). 0 for a class without labels.
std::vector<double> balanced_weights(std::span<const std::int32_t> labels, std::int32_t classes);

}  // namespace graft::trainer
