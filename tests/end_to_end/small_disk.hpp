// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <sched.h>

#include "support/catch.hpp"
#include "support/program.hpp"

namespace graft::tests {

// True when this process may mount; says so when it may not. Its mounts are its own from then on,
// and go with it.
inline bool may_mount() {
    static const bool may =
        ::unshare(CLONE_NEWNS) == 0 && ran({"mount", "--make-rprivate", "/"}).code == 0;
    if (!may) {
        WARN("left out: needs root, to mount file systems");
    }
    return may;
}

// A file system in memory, mounted at a directory that is made for it.
class SmallDisk {
  public:
    // `options` as for mount: "size=2m", "size=2m,ro"
    SmallDisk(std::filesystem::path at, const std::string& options) : at_(std::move(at)) {
        std::filesystem::create_directories(at_);
        const auto mounted = ran({"mount", "-t", "tmpfs", "-o", options, "tmpfs", at_.string()});
        INFO(mounted.output);
        REQUIRE(mounted.code == 0);
    }
    ~SmallDisk() { ran({"umount", "-l", at_.string()}); }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    void change(const std::string& options) const {
        const auto changed = ran({"mount", "-o", "remount," + options, at_.string()});
        INFO(changed.output);
        REQUIRE(changed.code == 0);
    }

  private:
    std::filesystem::path at_;
};

}  // namespace graft::tests
