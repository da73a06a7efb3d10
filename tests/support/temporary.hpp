// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

namespace graft::tests {

// A new directory under the system's temporary one, removed with everything in it at the end.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::filesystem::path& name) const {
        return path_ / name;
    }

  private:
    std::filesystem::path path_;
};

// The folder of shared images and weights beside the checkout ("../shared", or GRAFT_SHARED);
// nothing when it is absent: the test then calls skip_without_shared().
std::optional<std::filesystem::path> shared_directory();

// Says on standard output that a check was left out because ../shared is absent.
void say_shared_is_absent(const char* what);

}  // namespace graft::tests
