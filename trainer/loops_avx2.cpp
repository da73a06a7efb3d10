// SPDX-License-Identifier: Apache-2.0
#define GRAFT_VECTOR_BYTES 32
#include "trainer/loops.inc"

namespace graft::trainer {

Loops loops_avx2() {
    return loops_of_this_source();
}

}  // namespace graft::trainer
