// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/network.hpp"
#include "models/weights.hpp"

namespace graft::trainer {

// A layer's weights on a device in torch's layouts, float32, in the order of models::tensors_of:
// conv kernel [out, in, kh, kw], depthwise kernel [channels, 1, kh, kw] (both channels_last in
// memory), dense kernel [out, in], vectors [n].
using LayerTensors = std::vector<at::Tensor>;
// One entry per layer of a network; empty for layers without weights.
using NetworkTensors = std::vector<LayerTensors>;

at::Tensor to_torch(const models::HostTensor& tensor, const models::TensorInfo& info,
                    at::Device device);
models::HostTensor to_keras(const at::Tensor& tensor, const models::TensorInfo& info);

// All layers, or one.
NetworkTensors to_torch(const models::Network& network, const models::Weights& weights,
                        at::Device device);
LayerTensors to_torch(const models::Network& network, int layer,
                      const std::vector<models::HostTensor>& weights, at::Device device);
// All layers, or one.
models::Weights to_keras(const models::Network& network, const NetworkTensors& tensors);
std::vector<models::HostTensor> to_keras(const models::Network& network, int layer,
                                         const LayerTensors& tensors);

// Copies of tensors on a device. One that was copied before is that copy again: what several
// networks share they share there, too.
class Copies {
  public:
    explicit Copies(at::Device device) : device_(device) {}

    NetworkTensors of(const NetworkTensors& tensors);

  private:
    at::Device device_;
    std::map<const void*, at::Tensor> made_;  // by the original's TensorImpl
    std::vector<at::Tensor> originals_;       // which keep their places while this lives
};

// `values` of the host on a device. A GPU gets them in its turn: nothing waits for it.
at::Tensor uploaded(const at::Tensor& values, at::Device device);
// Copies `values` (any device, any layout) to the host, in the tensor's logical order.
std::vector<float> host_floats(const at::Tensor& values);
// A tensor of `shape` with a copy of `values`.
at::Tensor from_floats(const std::vector<float>& values, const std::vector<std::int64_t>& shape,
                       at::Device device);

}  // namespace graft::trainer
