// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "data/prepared.hpp"

#include "trainer/device.hpp"

namespace graft::trainer {

// Pixels as they are stored, uint8 [n, H, W, 3] -> [n, 3, H, W], float32 in 0..1, channels_last.
at::Tensor pixels_as_images(const at::Tensor& pixels, at::Device device);

// A prepared dataset as tensors: all pixels in the device's memory where they take at most half of
// what is free there, else in the host's under the same condition, else read image by image. Pixels
// are verified against their checksums when they are read. Trainers of a node begin together: the
// condition holds for the rest of the pixels until all are there, or they are let go.
class Dataset {
  public:
    // Throws InputError when the pixels are not those of `checksum` (of the journal; empty: any).
    Dataset(const std::filesystem::path& path, const std::string& checksum, at::Device device,
            const std::function<std::uint64_t()>& free_bytes = free_host_bytes);

    // [n, 3, size, size], float32 in 0..1, channels_last, on the device. Images stored smaller are
    // enlarged bilinearly with half-pixel centres (as OpenCV's INTER_LINEAR).
    at::Tensor images(std::span<const std::uint32_t> samples) const;
    // [n], int64, on the device.
    at::Tensor labels(std::span<const std::uint32_t> samples) const;

    const data::Prepared& prepared() const { return prepared_; }
    at::Device device() const { return device_; }
    int classes() const { return static_cast<int>(prepared_.classes.size()); }

    // True when the pixels are in memory.
    bool held() const { return pixels_.defined(); }
    // uint8 [N, H, W, 3], on the device or the host; undefined when they are not held.
    const at::Tensor& pixels() const { return pixels_; }
    // [N * 3]: the mean of each image's channels, 0..1, as images() gives it. Computed when first
    // asked for.
    const std::vector<float>& channel_means() const;

  private:
    void read_all(const std::function<std::uint64_t()>& free_bytes);
    at::Tensor stored(std::span<const std::uint32_t> samples) const;

    data::Prepared prepared_;
    at::Device device_;
    at::Tensor pixels_;
    mutable std::vector<float> channel_means_;
};

}  // namespace graft::trainer
