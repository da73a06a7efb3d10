// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace graft::tests {

// Nothing where there is no GPU, or the build has no CUDA: the test is then skipped, and says so.
std::optional<at::Device> gpu();

// 0 .. count - 1, as keys of samples.
std::vector<std::uint32_t> numbered(std::uint32_t count);

// The largest difference, as a share of b's largest value.
double largest_share(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace graft::tests
