// SPDX-License-Identifier: Apache-2.0
// These tests sync nothing for real, so their files lie in memory where that can be had.
#include <cstdlib>

#include <unistd.h>

namespace {

[[maybe_unused]] const bool in_memory =
    ::access("/dev/shm", W_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", 0) == 0;

}  // namespace
