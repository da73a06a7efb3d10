// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/catch.hpp"
#include "trainer/loops.hpp"

namespace graft::tests {

// What `all` makes with the loops of each instruction set that this machine has is the same.
template <class All>
void check_loops_alike(const All& all) {
    const auto plain = all(trainer::loops_plain());
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        CHECK(all(trainer::loops_avx2()) == plain);
    }
    if (__builtin_cpu_supports("avx512dq")) {
        CHECK(all(trainer::loops_avx512()) == plain);
    }
#endif
}

}  // namespace graft::tests
