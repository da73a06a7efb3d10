// SPDX-License-Identifier: Apache-2.0
#include "trainer/fourier_loops.hpp"

#include <optional>

namespace graft::trainer {

namespace {

std::optional<FourierLoops> choose() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        return fourier_loops_avx512();
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return fourier_loops_avx2();
    }
#endif
    return {};
}

}  // namespace

const FourierLoops* fourier_loops() {
    static const std::optional<FourierLoops> chosen = choose();
    return chosen ? &*chosen : nullptr;
}

}  // namespace graft::trainer
