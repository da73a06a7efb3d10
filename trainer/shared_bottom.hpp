// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "trainer/executor.hpp"

namespace graft::trainer {

// A network whose layers from `cut` on are its own; those below are frozen and the same, bit for
// bit, as those of every branch of the cohort with a deeper cut.
struct Branch {
    Executor executor;
    int cut = 0;
};

// What one branch does with the values alive at its cut.
using Top = std::function<void(std::size_t branch, Live values)>;

// The frozen layers of several branches, run once for all of them. Every branch gets, to the bit,
// what its own layers would have given:
//   merged   of a branch alone, with the batch norms below its cut merged into their convolutions
//   bare     of a branch alone, as it stands
// A convolution below a cut whose batch norm is above it differs from the merged one that deeper
// branches use. That batch norm is its only reader, so every other value at the cut is the same:
// such a convolution is run for the branch with the branch's own tensors, bare while it trains,
// merged with its own batch norm (by the branch's executor) when it is scored.
class SharedBottom {
  public:
    // At least one branch.
    explicit SharedBottom(std::vector<Branch> branches);

    enum class BatchNorms : std::uint8_t { merged, bare };
    // Scaled images [N, 3, H, W] through the bottom, without gradients; `top` is called for each
    // branch, the shallowest cut first, in the caller's own mode: values of one branch at a time
    // are alive, and those that deeper ones still need.
    void run(const at::Tensor& images, at::ScalarType compute, BatchNorms batch_norms,
             const Top& top) const;

    const std::vector<Branch>& branches() const { return branches_; }
    // Their indices, the shallowest cut first.
    const std::vector<std::size_t>& order() const { return order_; }
    // The same with copies of all tensors, for another device or thread. Those that are shared stay
    // so.
    SharedBottom on(at::Device device) const;
    // The same bottom under other tops; one for each branch.
    SharedBottom with_tops(std::vector<Executor> tops) const;

  private:
    struct Walk;
    void prepare();

    std::vector<Branch> branches_;
    std::vector<std::size_t> order_;
    Executor merged_;  // of the deepest branch
    // Convolutions that branches run themselves, while the bottom is merged.
    std::map<int, std::vector<std::size_t>> own_;
};

}  // namespace graft::trainer
