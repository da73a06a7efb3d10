// SPDX-License-Identifier: Apache-2.0
#include "trainer/aside.hpp"

#include "core/file.hpp"

namespace graft::trainer {

void write_aside(const std::filesystem::path& path,
                 const std::function<void(const std::filesystem::path& aside)>& write) {
    const std::filesystem::path aside = path.string() + ".tmp";
    try {
        write(aside);
        core::publish_file(aside, path);
    } catch (...) {
        std::error_code gone;
        std::filesystem::remove(aside, gone);
        throw;
    }
}

}  // namespace graft::trainer
