// SPDX-License-Identifier: Apache-2.0
#include "core/large_pages.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace graft::core {

void prefer_large_pages(std::size_t bytes) {
    // The heap in one piece, none of it given back or mapped by itself.
    constexpr int whole = std::numeric_limits<int>::max();
    ::mallopt(M_MMAP_THRESHOLD, whole);
    ::mallopt(M_TRIM_THRESHOLD, whole);
    ::mallopt(M_TOP_PAD, static_cast<int>(std::min<std::size_t>(bytes, whole)));
    const std::vector<char> first(std::size_t{1} << 20U);
    constexpr std::uintptr_t large = std::uintptr_t{1} << 21U;
    const auto begin = (reinterpret_cast<std::uintptr_t>(first.data()) + large - 1) / large * large;
    const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
    if (begin < end) {
        // A wish: nothing is wrong when it is refused.
        static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE));
    }
}

}  // namespace graft::core
