// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace graft::tests {

// The file calls of libc, interposed: faulty_files.cpp defines them, and whatever is linked with it
// (HDF5 and the C++ library included) calls those first. While a FaultyFiles lives, calls below its
// directory are recorded, fail as asked, and no sync reaches the disk, which would only take time.
// README.md has what each power is for.

struct Operation {
    enum class Kind {
        open,  // for writing, or of a directory
        write,
        truncate,
        sync,
        rename,
        link,
        unlink,
        make_directory,
        close,
        mark,  // set by a test: "now this is acknowledged"
    };
    Kind kind = Kind::mark;
    std::string path;          // absolute; the old name of rename and link, the text of a mark
    std::string to;            // the new name of rename and link
    std::uint64_t handle = 0;  // one per open: of open, write, truncate, sync, close
    std::uint64_t offset = 0;  // of write; the new length of truncate
    std::string data;          // of write
    bool empties = false;      // open: what the file held goes (O_TRUNC)
};

class FaultyFiles {
  public:
    explicit FaultyFiles(const std::filesystem::path& below);
    ~FaultyFiles();
    FaultyFiles(const FaultyFiles&) = delete;
    FaultyFiles& operator=(const FaultyFiles&) = delete;

    // The operation of this index (0-based, of all that can fail) fails with `error`, and with
    // `for_good` all of its kind after it, too.
    void fail(std::uint64_t index, int error, bool for_good = false);
    // The same, counting only operations of this kind.
    void fail(Operation::Kind kind, std::uint64_t index, int error, bool for_good = false);
    // Every write of more than one byte takes only half of it.
    void write_short();
    // Calls `act` before the operation of this kind and index; what it does is not recorded.
    void before(Operation::Kind kind, std::uint64_t index, std::function<void()> act);

    void mark(const std::string& text);
    // What happened so far, failed operations left out; and how many could have failed.
    std::vector<Operation> trace() const;
    std::uint64_t count() const;
    // The operation that was made to fail first; "" when none was: "write '/path'".
    std::string failed() const;
};

}  // namespace graft::tests
