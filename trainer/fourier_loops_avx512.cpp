// SPDX-License-Identifier: Apache-2.0
#define GRAFT_VECTOR_BYTES 64
#include "trainer/fourier_loops.inc"

namespace graft::trainer {

FourierLoops fourier_loops_avx512() {
    return fourier_loops_of_this_source();
}

}  // namespace graft::trainer
