// SPDX-License-Identifier: Apache-2.0
#include "trainer/dataset.hpp"

#include <numeric>
#include <vector>

#include <ATen/ops/equal.h>

#include "support/catch.hpp"
#include "support/temporary.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using trainer::Dataset;

namespace {

constexpr int kImages = 600;  // three pieces
constexpr std::uint64_t kPixels = std::uint64_t{kImages} * 3 * 8 * 8;

std::vector<std::uint32_t> some() {
    std::vector<std::uint32_t> samples(kImages / 2);
    std::iota(samples.begin(), samples.end(), 100U);
    return samples;
}

}  // namespace

TEST_CASE("pixels are held where they take half of the free memory, and are the same if not") {
    tests::set_up_torch_once();
    const tests::TemporaryDirectory directory;
    tests::write_drawn_dataset(directory / "d.h5", {kImages, 2, 8, 8});
    const Dataset held(directory / "d.h5", "", at::kCPU, [] { return 2 * kPixels; });
    const Dataset read(directory / "d.h5", "", at::kCPU, [] { return 2 * kPixels - 1; });
    CHECK(held.held());
    CHECK_FALSE(read.held());
    CHECK(at::equal(held.images(some()), read.images(some())));
}

TEST_CASE("pixels are let go when other trainers take the memory meanwhile") {
    tests::set_up_torch_once();
    const tests::TemporaryDirectory directory;
    tests::write_drawn_dataset(directory / "d.h5", {kImages, 2, 8, 8});
    // Four trainers that all begin with enough for one of them.
    int asked = 0;
    const Dataset crowded(directory / "d.h5", "", at::kCPU, [&] {
        const std::uint64_t taken = 4 * kPixels * 256 / kImages;
        return asked++ == 0 ? 2 * kPixels : 2 * kPixels - taken;
    });
    CHECK_FALSE(crowded.held());
    CHECK(asked == 2);
    const Dataset alone(directory / "d.h5", "", at::kCPU, [] { return 2 * kPixels; });
    CHECK(at::equal(crowded.images(some()), alone.images(some())));
}
