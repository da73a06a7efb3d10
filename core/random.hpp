// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace graft::core {

// Counter-based random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy
// as 1, 2, 3", SC 2011; the Random123 library). A stream is named by a key; the n-th draw of a
// stream is a pure function of (key, n), so there is no generator state to save, and streams
// never influence one another.
//
// One block of four draws of Philox 4x32 with 10 rounds.
std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter,
                                    const std::array<std::uint32_t, 2>& key);

// The stream of draws that a key names.
class RandomStream {
  public:
    // `purpose` names what is drawn ("init/conv1/kernel", "order", "augment"); the numbers say
    // for what (seed, epoch, sample).
    RandomStream(std::string_view purpose, std::uint64_t seed, std::uint64_t a = 0,
                 std::uint64_t b = 0);

    std::uint32_t next_u32();
    std::uint64_t next_u64();
    // Uniform in [0, 1): 24 random bits, exact in float.
    float uniform();
    float uniform(float low, float high) { return low + (high - low) * uniform(); }
    // Uniform in [0, 1): 53 random bits.
    double uniform_double();
    // Uniform in 0 .. n-1 without bias (Lemire's method); n > 0.
    std::uint64_t below(std::uint64_t n);
    // Standard normal (Box-Muller in double precision).
    double normal();

  private:
    std::array<std::uint32_t, 4> counter_{};
    std::array<std::uint32_t, 2> key_{};
    std::array<std::uint32_t, 4> block_{};
    int used_ = 4;
    bool has_spare_ = false;
    double spare_ = 0;
};

// 0 .. n-1 in an order drawn from the stream (Fisher-Yates).
std::vector<std::uint32_t> permutation(std::uint32_t n, RandomStream& stream);

}  // namespace graft::core
