// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include <ATen/core/Tensor.h>

#include "trainer/evaluation.hpp"

namespace graft::trainer::cuda {

// Training batches made on a GPU: pixels are gathered, enlarged, augmented and scaled by one
// kernel, with the values that augment.hpp and keyed.hpp define (equal to rounding, for sums are
// other). The host draws for a batch when it is loaded (2 us per image), while the device is busy
// with those before it: between epochs there is nothing to wait for. All tensors of one batch size
// lie in the same place each time, as a CUDA graph wants it.
class Feed {
  public:
    // Where batches come from; labels and means must outlive the feed.
    struct Source {
        at::Tensor pixels;                     // uint8 [N, H, H, 3], on the GPU
        std::span<const std::int32_t> labels;  // [N]
        std::span<const float> means;          // [N * 3]: of the channels, 0..1; for contrast alone
        int size = 0;                          // height and width of the batches, H or more
    };
    // Noise is the last operation, and the build has CUDA.
    static bool can(const sweep::Training& training);
    // Nothing where it cannot, or the pixels are not in a GPU's memory.
    static std::optional<Source> source_of(const Dataset& data, const sweep::Training& training);

    // The recipe must outlive it.
    Feed(Source source, const Recipe& recipe);

    // `order`: the epoch's images, rows of the pixels, which must outlive it; `epoch` their key.
    void begin_epoch(std::span<const std::uint32_t> order, std::uint64_t epoch);
    // `count` images from place `first` of the order become the batch.
    void load(std::size_t first, std::size_t count);

    // Of the batch: [n, 3, size, size] as the network takes them, channels_last, in the recipe's
    // type of computing.
    at::Tensor images() const;
    at::Tensor labels() const;                                  // [n], int64
    at::Tensor dropout(std::int64_t units, double rate) const;  // [n, units]; undefined at rate 0

  private:
    Source source_;
    const Recipe* recipe_;
    std::span<const std::uint32_t> order_;
    std::uint64_t epoch_ = 0;
    std::map<std::size_t, at::Tensor> batch_;  // int64 [n, words], by n
    std::size_t count_ = 0;
};

}  // namespace graft::trainer::cuda
