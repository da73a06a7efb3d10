// SPDX-License-Identifier: Apache-2.0
#include "trainer/tensors.hpp"

#include <stdexcept>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>

namespace graft::trainer {

namespace {

// The permutation from Keras' layout to torch's, reference: Keras' channels_last kernels.
std::vector<std::int64_t> permutation_of(const models::TensorInfo& info) {
    if (info.name == "depthwise_kernel") {
        return {2, 3, 0, 1};
    }
    if (info.shape.size() == 4) {
        return {3, 2, 0, 1};
    }
    if (info.shape.size() == 2) {
        return {1, 0};
    }
    return {};
}

at::MemoryFormat format_of(const at::Tensor& tensor) {
    return tensor.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

}  // namespace

NetworkTensors Copies::of(const NetworkTensors& tensors) {
    NetworkTensors result;
    for (const LayerTensors& layer : tensors) {
        LayerTensors& its = result.emplace_back();
        for (const at::Tensor& tensor : layer) {
            at::Tensor& copy = made_[tensor.unsafeGetTensorImpl()];
            if (!copy.defined()) {
                originals_.push_back(tensor);
                copy = tensor.detach().to(device_, /*non_blocking=*/false, /*copy=*/true);
            }
            its.push_back(copy);
        }
    }
    return result;
}

at::Tensor uploaded(const at::Tensor& values, at::Device device) {
    return device.is_cpu() ? values : values.pin_memory().to(device, /*non_blocking=*/true);
}

std::vector<float> host_floats(const at::Tensor& values) {
    const at::Tensor host = values.detach().to(at::kCPU, at::kFloat).contiguous();
    const float* data = host.const_data_ptr<float>();
    return {data, data + host.numel()};
}

at::Tensor from_floats(const std::vector<float>& values, const std::vector<std::int64_t>& shape,
                       at::Device device) {
    // from_blob takes no const pointer; the clone below is the only reader.
    const at::Tensor view = at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat);
    return device.is_cpu() ? view.clone() : view.to(device);
}

at::Tensor to_torch(const models::HostTensor& tensor, const models::TensorInfo& info,
                    at::Device device) {
    if (tensor.shape != info.shape) {
        throw std::logic_error("weights of '" + info.name + "' do not fit the network");
    }
    at::Tensor result = from_floats(tensor.values, tensor.shape, device);
    const auto order = permutation_of(info);
    if (!order.empty()) {
        result = result.permute(order);
    }
    // clone(): of a kernel with one row, column or channel, contiguous() would be a view only.
    return result.clone(format_of(result));
}

models::HostTensor to_keras(const at::Tensor& tensor, const models::TensorInfo& info) {
    at::Tensor result = tensor.detach();
    const auto order = permutation_of(info);
    if (!order.empty()) {
        std::vector<std::int64_t> back(order.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
        }
        result = result.permute(back);
    }
    return {info.shape, host_floats(result)};
}

LayerTensors to_torch(const models::Network& network, int layer,
                      const std::vector<models::HostTensor>& weights, at::Device device) {
    const auto infos = models::tensors_of(network, layer);
    LayerTensors tensors;
    for (std::size_t t = 0; t < infos.size(); ++t) {
        tensors.push_back(to_torch(weights.at(t), infos[t], device));
    }
    return tensors;
}

NetworkTensors to_torch(const models::Network& network, const models::Weights& weights,
                        at::Device device) {
    NetworkTensors tensors;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        tensors.push_back(to_torch(network, static_cast<int>(i), weights.tensors.at(i), device));
    }
    return tensors;
}

std::vector<models::HostTensor> to_keras(const models::Network& network, int layer,
                                         const LayerTensors& tensors) {
    const auto infos = models::tensors_of(network, layer);
    std::vector<models::HostTensor> weights;
    for (std::size_t t = 0; t < infos.size(); ++t) {
        weights.push_back(to_keras(tensors.at(t), infos[t]));
    }
    return weights;
}

models::Weights to_keras(const models::Network& network, const NetworkTensors& tensors) {
    models::Weights weights;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        weights.tensors.push_back(to_keras(network, static_cast<int>(i), tensors[i]));
    }
    return weights;
}

}  // namespace graft::trainer
