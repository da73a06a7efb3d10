// SPDX-License-Identifier: Apache-2.0
#include "gpu/gpu.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/catch.hpp"
#include "trainer/cuda/graph.hpp"
#include "trainer/device.hpp"
#include "trainer/small_study.hpp"

namespace graft::tests {

std::optional<at::Device> gpu() {
    set_up_torch_once();
    static const at::Device device = [] {
        const auto chosen = trainer::choose_device();
        trainer::cuda::use_own_stream(chosen);
        return chosen;
    }();
    if (device.is_cpu()) {
        WARN("no GPU here: skipped (set CUDA_VISIBLE_DEVICES, and build with GRAFT_CUDA)");
        return std::nullopt;
    }
    return device;
}

std::vector<std::uint32_t> numbered(std::uint32_t count) {
    std::vector<std::uint32_t> samples(count);
    std::iota(samples.begin(), samples.end(), 0U);
    return samples;
}

double largest_share(const std::vector<float>& a, const std::vector<float>& b) {
    REQUIRE(a.size() == b.size());
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference = std::max(difference, std::abs(static_cast<double>(a[i]) - b[i]));
        size = std::max(size, std::abs(static_cast<double>(b[i])));
    }
    return difference / size;
}

}  // namespace graft::tests
