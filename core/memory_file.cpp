// SPDX-License-Identifier: Apache-2.0
#include "core/memory_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

#include "core/error.hpp"

namespace graft::core {

Descriptor file_in_memory(std::string_view bytes) {
    Descriptor fd(::memfd_create("graft", MFD_CLOEXEC));
    ssize_t written = 0;
    while (fd && !bytes.empty() && written >= 0) {
        written = ::write(fd.get(), bytes.data(), bytes.size());
        bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    if (!fd || written < 0 || ::lseek(fd.get(), 0, SEEK_SET) != 0) {
        fail_system("cannot make a file in memory ({}). Raise 'ulimit -n', or free memory.",
                    std::strerror(errno));
    }
    return fd;
}

}  // namespace graft::core
