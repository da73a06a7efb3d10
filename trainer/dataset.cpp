// SPDX-License-Identifier: Apache-2.0
#include "trainer/dataset.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "core/error.hpp"

#include "trainer/tensors.hpp"

namespace graft::trainer {

namespace {

at::Tensor index_tensor(std::span<const std::uint32_t> samples, at::Device device) {
    std::vector<std::int64_t> indices(samples.begin(), samples.end());
    const auto count = static_cast<std::int64_t>(indices.size());
    return uploaded(at::from_blob(indices.data(), {count}, at::kLong).clone(), device);
}

}  // namespace

at::Tensor pixels_as_images(const at::Tensor& pixels, at::Device device) {
    // [n, H, W, 3] in memory is [n, 3, H, W] in channels_last.
    return pixels.to(device).permute({0, 3, 1, 2}).to(at::kFloat).mul_(1.0 / 255);
}

Dataset::Dataset(const std::filesystem::path& path, const std::string& checksum, at::Device device,
                 const std::function<std::uint64_t()>& free_bytes)
    : prepared_(path), device_(device) {
    if (!checksum.empty() && prepared_.pixels_checksum != checksum) {
        core::fail_input(
            "prepared file '{}' has the pixels {} (this sweep began with {}). Prepare it again "
            "with "
            "the images that the sweep began with, or start another sweep.",
            path.string(), prepared_.pixels_checksum, checksum);
    }
    read_all(free_bytes);
    const std::uint64_t bytes = prepared_.count() * prepared_.image_bytes();
    if (held() && !device_.is_cpu() && bytes <= free_device_bytes(device_) / 2) {
        pixels_ = pixels_.to(device_);
    }
}

void Dataset::read_all(const std::function<std::uint64_t()>& free_bytes) {
    const std::int64_t side = prepared_.stored_size;
    const std::uint64_t count = prepared_.count();
    at::Tensor pixels;
    for (std::uint64_t first = 0; first < count; first += data::kImagesPerChecksum) {
        if ((count - first) * prepared_.image_bytes() > free_bytes() / 2) {
            return;
        }
        if (!pixels.defined()) {
            pixels = at::empty({static_cast<std::int64_t>(count), side, side, 3}, at::kByte);
        }
        auto* into = pixels.mutable_data_ptr<std::uint8_t>();
        const auto piece = std::min(data::kImagesPerChecksum, count - first);
        prepared_.read_images(first, piece, into + first * prepared_.image_bytes());
    }
    pixels_ = std::move(pixels);
}

at::Tensor Dataset::stored(std::span<const std::uint32_t> samples) const {
    if (pixels_.defined()) {
        return pixels_.index_select(0, index_tensor(samples, pixels_.device()));
    }
    const std::int64_t side = prepared_.stored_size;
    at::Tensor result =
        at::empty({static_cast<std::int64_t>(samples.size()), side, side, 3}, at::kByte);
    auto* into = result.mutable_data_ptr<std::uint8_t>();
    for (const auto sample : samples) {
        prepared_.read_images(sample, 1, into);
        into += prepared_.image_bytes();
    }
    return result;
}

at::Tensor Dataset::images(std::span<const std::uint32_t> samples) const {
    at::Tensor images = pixels_as_images(stored(samples), device_);
    if (prepared_.stored_size < prepared_.size) {
        images = at::upsample_bilinear2d(images, {prepared_.size, prepared_.size}, false);
    }
    return images;
}

const std::vector<float>& Dataset::channel_means() const {
    constexpr std::size_t kPiece = 256;
    while (channel_means_.size() < 3 * prepared_.count()) {
        const std::size_t first = channel_means_.size() / 3;
        std::vector<std::uint32_t> piece(std::min<std::size_t>(kPiece, prepared_.count() - first));
        std::iota(piece.begin(), piece.end(), static_cast<std::uint32_t>(first));
        const auto means = host_floats(at::mean(images(piece), at::IntArrayRef{2, 3}));
        channel_means_.insert(channel_means_.end(), means.begin(), means.end());
    }
    return channel_means_;
}

at::Tensor Dataset::labels(std::span<const std::uint32_t> samples) const {
    std::vector<std::int64_t> labels;
    for (const auto sample : samples) {
        labels.push_back(prepared_.labels.at(sample));
    }
    const auto count = static_cast<std::int64_t>(labels.size());
    return uploaded(at::from_blob(labels.data(), {count}, at::kLong).clone(), device_);
}

}  // namespace graft::trainer
