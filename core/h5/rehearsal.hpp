// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "core/process.hpp"

namespace graft::core::h5 {

// HDF5 1.10 crashes on some damaged files, reads others for ever, and asks for whatever memory they
// claim (tests/support/mutants.hpp finds one in 20,000). So a file that comes from others is first
// read in a copy of this process, which it may take with it.
//
// Returns when `read` did there. Throws what it threw (InputError, Refused, all else as
// SystemError) with the same text, and Refused when the copy crashed or went over the limits. The
// caller runs no other threads, or they are idle.
void rehearse(const std::function<void()>& read,
              const CopyLimits& limits = {300, std::uint64_t{8} << 30});

}  // namespace graft::core::h5
