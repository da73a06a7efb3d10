// SPDX-License-Identifier: Apache-2.0
#define GRAFT_VECTOR_BYTES 64
#include "trainer/loops.inc"

namespace graft::trainer {

Loops loops_avx512() {
    return loops_of_this_source();
}

}  // namespace graft::trainer
