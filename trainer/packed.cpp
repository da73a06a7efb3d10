// SPDX-License-Identifier: Apache-2.0
#include "trainer/packed.hpp"

#include <optional>

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/mkldnn_reorder_conv2d_weight.h>
#include <c10/core/GradMode.h>

namespace graft::trainer {

namespace {

// What LibTorch compiles models to; it takes kernels in oneDNN's layout and images in channels_last
// (aten/src/ATen/native/mkldnn/Conv.cpp). Called with boxed arguments, which fit lists of plain and
// of symbolic numbers: LibTorch's versions differ in that.
const std::optional<c10::OperatorHandle>& pointwise() {
    static const auto found =
        c10::Dispatcher::singleton().findSchema({"mkldnn::_convolution_pointwise", ""});
    return found;
}

}  // namespace

bool PackedConvolution::takes(const at::Tensor& x, at::ScalarType compute) {
    return x.is_cpu() && x.scalar_type() == at::kFloat && compute == at::kFloat && x.dim() == 4 &&
           at::hasMKLDNN() && at::globalContext().userEnabledMkldnn() && pointwise().has_value();
}

at::Tensor PackedConvolution::run(const at::Tensor& x, const Convolution& how,
                                  const LayerTensors& weights) {
    const c10::AutoGradMode off(false);
    const std::vector<std::int64_t> padding{how.row_padding, how.column_padding};
    const std::vector<std::int64_t> stride{how.stride, how.stride}, dilation{1, 1};
    if (used_ && !kernel_.defined()) {
        kernel_ = at::mkldnn_reorder_conv2d_weight(weights.at(0).detach().to_mkldnn(), padding,
                                                   stride, dilation, how.groups, x.sizes());
    }
    // Its ReLU is not asked for: that makes zeros of values that are not numbers.
    torch::jit::Stack stack;
    stack.emplace_back(x.contiguous(at::MemoryFormat::ChannelsLast));
    stack.emplace_back(used_ ? kernel_ : weights.at(0).detach());
    stack.emplace_back(weights.size() > 1 ? c10::IValue(weights[1].detach()) : c10::IValue());
    stack.emplace_back(padding);
    stack.emplace_back(stride);
    stack.emplace_back(dilation);
    stack.emplace_back(how.groups);
    stack.emplace_back("none");
    stack.emplace_back(c10::List<std::optional<at::Scalar>>());
    stack.emplace_back();  // no algorithm
    pointwise()->callBoxed(stack);
    used_ = true;
    return stack.at(0).toTensor();
}

}  // namespace graft::trainer
