// SPDX-License-Identifier: Apache-2.0
#include "trainer/precision.hpp"

#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

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

bool unscale_gradients(const std::vector<at::Tensor>& parameters, LossScale& scale) {
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& parameter : parameters) {
        gradients.push_back(parameter.grad());
    }
    const auto options = gradients.front().options();
    at::Tensor overflow = at::zeros({1}, options);
    at::_amp_foreach_non_finite_check_and_unscale_(gradients, overflow,
                                                   at::full({1}, 1 / scale.scale, options));
    if (overflow.item<float>() > 0) {
        scale.scale /= 2;
        scale.good_steps = 0;
        return false;
    }
    if (++scale.good_steps == LossScale::kGrowAfter) {
        scale.scale *= 2;
        scale.good_steps = 0;
    }
    return true;
}

}  // namespace graft::trainer
