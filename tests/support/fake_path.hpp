// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/file.hpp"

#include "support/temporary.hpp"

namespace graft::tests {

// Programs of our own before those of the machine on PATH, until the end: a fake sbatch, squeue,
// ...
class FakePath {
  public:
    FakePath() : before_(std::getenv("PATH")) {
        ::setenv("PATH", (directory_.path().string() + ":" + before_).c_str(), 1);
    }
    ~FakePath() { ::setenv("PATH", before_.c_str(), 1); }
    FakePath(const FakePath&) = delete;
    FakePath& operator=(const FakePath&) = delete;
    // `text`: of a shell script, without its first line. $HERE in it is this directory.
    void put(const std::string& name, const std::string& text) const {
        core::write_file(directory_ / name,
                         "#!/bin/sh\nHERE='" + directory_.path().string() + "'\n" + text);
        std::filesystem::permissions(directory_ / name, std::filesystem::perms::owner_all);
    }
    // What a script wrote into "$HERE/<name>"; empty when it did not.
    std::string written(const std::string& name) const {
        return core::read_file_if_there(directory_ / name).value_or("");
    }
    const std::filesystem::path& directory() const { return directory_.path(); }
    // Nothing but these programs from now on.
    void only() const { ::setenv("PATH", directory_.path().c_str(), 1); }

  private:
    TemporaryDirectory directory_;
    std::string before_;
};

}  // namespace graft::tests
