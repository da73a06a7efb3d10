// SPDX-License-Identifier: Apache-2.0
#include "trainer/precision.hpp"

#include <ATen/ops/_amp_update_scale.h>
#include <ATen/ops/zeros.h>
#include <ATen/TensorOperators.h>

#include "core/error.hpp"

namespace graft::trainer {

at::ScalarType compute_type(sweep::Precision precision, at::Device device) {
    switch (precision) {
        case sweep::Precision::float32:
        case sweep::Precision::tf32:
            return at::kFloat;
        case sweep::Precision::bfloat16:
            return at::kBFloat16;
        case sweep::Precision::float16:
            break;
    }
    if (device.is_cpu()) {
        throw core::InputError(
            "precision 'float16' cannot be trained here (a processor has no float16 arithmetic). "
            "Give the trial a GPU, or set precision to float32 or bfloat16.");
    }
    return at::kHalf;
}

LossScaler::LossScaler(at::ScalarType compute, at::Device device) {
    if (compute == at::kHalf) {
        const auto floats = at::TensorOptions(at::kFloat).device(device);
        scale_.emplace(cuda::StepScale{at::zeros({1}, floats), at::zeros({1}, floats)});
        good_steps_ = at::zeros({1}, floats.dtype(at::kInt));
        set({});
    }
}

at::Tensor LossScaler::scaled(const at::Tensor& loss) const {
    return scale_ ? loss * scale_->scale.squeeze(0) : loss;
}

void LossScaler::update() {
    if (scale_) {
        at::_amp_update_scale_(scale_->scale, good_steps_, scale_->overflow, 2, 0.5,
                               LossScale::kGrowAfter);
    }
}

LossScale LossScaler::value() const {
    return scale_ ? LossScale{scale_->scale.item<float>(), good_steps_.item<std::int32_t>()}
                  : LossScale{};
}

void LossScaler::set(const LossScale& value) {
    if (scale_) {
        scale_->scale.fill_(value.scale);
        good_steps_.fill_(value.good_steps);
    }
}

}  // namespace graft::trainer
