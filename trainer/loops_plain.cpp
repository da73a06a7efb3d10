// SPDX-License-Identifier: Apache-2.0
#define GRAFT_VECTOR_BYTES 16
#include "trainer/loops.inc"

namespace graft::trainer {

Loops loops_plain() {
    return loops_of_this_source();
}

}  // namespace graft::trainer
