// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <string>

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

// What was read of one of many files, or what rehearse() would have thrown.
struct CopyRead {
    std::string bytes;
    std::exception_ptr error;
};
// The same for many files, which one copy of this process reads one after the other while this one
// uses what was read: `read(i)` there, i = 0 .. count - 1 in order, then `use(i, what it returned)`
// here. A file that takes the copy with it costs a new copy, which goes on with the next file.
// `limits.seconds` are for each file.
void read_in_copies(std::size_t count, const std::function<std::string(std::size_t)>& read,
                    const std::function<void(std::size_t, CopyRead)>& use,
                    const CopyLimits& limits = {300, std::uint64_t{8} << 30});

}  // namespace graft::core::h5
