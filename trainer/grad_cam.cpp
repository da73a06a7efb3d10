// SPDX-License-Identifier: Apache-2.0
#include "trainer/grad_cam.hpp"

#include <ATen/ops/amax.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

namespace graft::trainer {

at::Tensor grad_cam(const Executor& executor, const at::Tensor& images,
                    const std::vector<std::int64_t>& classes) {
    const int pool = executor.network().base_layers;
    Mode mode;
    mode.compute = images.scalar_type();
    at::Tensor features;
    {
        const c10::AutoGradMode off(false);
        features = executor.run(0, pool, {{0, images}}, mode).begin()->second;
    }
    features = features.detach().clone().requires_grad_(true);
    {
        const c10::AutoGradMode on(true);
        const int before = executor.network().layers[static_cast<std::size_t>(pool)].inputs.front();
        const at::Tensor scores = executor.logits(pool, {{before, features}}, mode);
        const at::Tensor chosen = at::tensor(classes).view({-1, 1});
        scores.gather(1, chosen).sum().backward();
    }
    const c10::AutoGradMode off(false);
    const at::Tensor importance = features.grad().mean({2, 3}, true);
    at::Tensor map = at::relu((importance * features).sum(1, true));
    map = map / map.amax({1, 2, 3}, true).clamp_min(1e-12);
    return at::upsample_bilinear2d(map.contiguous(), {images.size(2), images.size(3)}, false);
}

}  // namespace graft::trainer
