// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/range.hpp"

#ifdef GRAFT_CUDA
#include <nvtx3/nvToolsExt.h>
#endif

namespace graft::trainer::cuda {

#ifdef GRAFT_CUDA

Range::Range(const char* name) {
    nvtxRangePushA(name);
}
Range::~Range() {
    nvtxRangePop();
}

#else

Range::Range(const char*) {}
Range::~Range() = default;

#endif

}  // namespace graft::trainer::cuda
