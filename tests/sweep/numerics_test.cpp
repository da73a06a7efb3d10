// SPDX-License-Identifier: Apache-2.0
#include "sweep/numerics.hpp"

#include "support/catch.hpp"

namespace graft::sweep {

TEST_CASE("numerics name the threads that they were made with") {
    const auto text = numerics_text("cuda NVIDIA H100, 80GB", 12, "AVX2, torch 2.7.1, cuDNN 9");
    CHECK(text == "cuda NVIDIA H100, 80GB, 12 threads, AVX2, torch 2.7.1, cuDNN 9");
    CHECK(threads_of(text) == 12);
    CHECK(threads_of("cpu, 1 thread") == 1);
}

TEST_CASE("numerics without a number of threads name none") {
    CHECK_FALSE(threads_of(""));
    CHECK_FALSE(threads_of("cpu, AVX2, torch 2.7.1"));
    CHECK_FALSE(threads_of("cpu, many threads, AVX2"));
    CHECK_FALSE(threads_of("cpu, 0 threads, AVX2"));
}

}  // namespace graft::sweep
