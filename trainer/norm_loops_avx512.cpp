// SPDX-License-Identifier: Apache-2.0
#define GRAFT_VECTOR_BYTES 64
#include "trainer/norm_loops.inc"

namespace graft::trainer {

NormLoops<float> float_loops_avx512() {
    return loops_of_this_source<float>();
}
NormLoops<double> double_loops_avx512() {
    return loops_of_this_source<double>();
}

}  // namespace graft::trainer
