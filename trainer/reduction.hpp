// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "trainer/exchange.hpp"

namespace graft::trainer {

// What a replica does of a batch: images [first, first + count).
struct Share {
    std::int64_t first = 0, count = 0;
};
// The share of replica `index` of `replicas`: equal but for one image. Batch norm wants two images
// at least, so of a short batch fewer replicas take part, and the last have none. Batches of no
// more than one image are the first replica's.
Share share_of(std::int64_t images, int index, int replicas);

// Sums over the replicas of a trial, in the order of the replicas, whoever computes them: every
// replica adds one part of all numbers and gives it to the others (a reduce-scatter and an
// all-gather, as in Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms", 2009: each
// replica sends and receives 2 (n - 1) / n of the numbers). So the bits depend on the values and
// on how many replicas there are, not on NCCL's choice of rings and trees for a machine's links.
class Reduction {
  public:
    // The exchange must outlive it.
    explicit Reduction(Exchange& exchange) : exchange_(exchange) {}

    // float32 tensors of any layout, of the same shapes in every replica; each gets the sum, in
    // place: on a processor at once, on a GPU beside what the device is given from now on, until
    // finish(). Nobody may touch them meanwhile.
    void start(const std::vector<at::Tensor>& values);
    void finish();

  private:
    Exchange& exchange_;
    std::vector<std::vector<at::Tensor>> under_way_;  // kept alive for the device
};

// Sums the gradients of parameters while the backward pass goes on: as soon as those of one bucket
// are there, they are on their way. Buckets are filled from the last parameter to the first, which
// is about the order in which gradients come.
class GradientSums {
  public:
    // Watches the parameters' gradients until it is destroyed. Larger buckets cost less for each
    // byte, smaller ones begin earlier: Li et al., "PyTorch Distributed" (VLDB 2020, figure 7) saw
    // ResNet50 (98 MB) fastest with 10 to 25 MB between nodes. Within one, links are faster, and
    // MobileNet has 13 MB in all. Not measured here.
    static constexpr std::int64_t kBucketBytes = std::int64_t{8} << 20;
    GradientSums(Reduction& reduction, const std::vector<at::Tensor>& parameters,
                 std::int64_t bucket_bytes = kBucketBytes);
    ~GradientSums();
    GradientSums(const GradientSums&) = delete;
    GradientSums& operator=(const GradientSums&) = delete;

    // After the backward pass, or in place of one: gradients that did not come are zero.
    void complete();

    std::size_t buckets() const { return buckets_.size(); }

  private:
    class Hook;
    struct Bucket {
        std::vector<at::Tensor> parameters;
        std::size_t missing = 0;  // gradients
    };
    void came(std::size_t bucket);
    void start_complete_ones();

    Reduction& reduction_;
    std::vector<Bucket> buckets_;
    std::size_t next_ = 0;  // bucket to be started: all replicas keep to this order
};

}  // namespace graft::trainer
