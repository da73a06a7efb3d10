// SPDX-License-Identifier: Apache-2.0
#include "trainer/loops.hpp"

namespace graft::trainer {

namespace {

Loops choose() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        return loops_avx512();
    }
    if (__builtin_cpu_supports("avx2")) {
        return loops_avx2();
    }
#endif
    return loops_plain();
}

}  // namespace

const Loops& loops() {
    static const Loops chosen = choose();
    return chosen;
}

}  // namespace graft::trainer
