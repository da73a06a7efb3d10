// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include <ATen/core/Tensor.h>

#include "trainer/evaluation.hpp"

namespace graft::trainer::cuda {

// Training batches made on a GPU: pixels are gathered, enlarged, augmented and scaled by one
// kernel, with the values that augment.hpp and keyed.hpp define (equal to rounding, for sums are
// other). What the host draws, it draws once per epoch; a batch costs one small copy on the device.
// All tensors of one batch size lie in the same place each time, as a CUDA graph wants it.
class Feed {
  public:
    // The pixels are in a GPU's memory, and noise is the last operation, as in the recipe. Without
    // CUDA in the build: never.
    static bool fits(const Dataset& data, const sweep::Training& training);

    // Both must outlive it.
    Feed(const Dataset& data, const Recipe& recipe);

    // `order`: the epoch's images; `epoch` their key.
    void begin_epoch(std::span<const std::uint32_t> order, std::uint64_t epoch);
    // `count` images from place `first` of the order become the batch.
    void load(std::size_t first, std::size_t count);

    // Of the batch: [n, 3, size, size] as the network takes them, channels_last, in the recipe's
    // type of computing.
    at::Tensor images() const;
    at::Tensor labels() const;                                  // [n], int64
    at::Tensor dropout(std::int64_t units, double rate) const;  // [n, units]; undefined at rate 0

  private:
    const Dataset* data_;
    const Recipe* recipe_;
    at::Tensor epoch_;                         // int64 [images of the epoch, words]
    std::map<std::size_t, at::Tensor> batch_;  // int64 [n, words], by n
    std::size_t count_ = 0;
};

}  // namespace graft::trainer::cuda
