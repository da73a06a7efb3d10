// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft::core {

// The only door to open, write, fsync, rename and pread. Every return code is checked: ENOSPC and
// EDQUOT throw NoSpaceError, everything else a file system says throws InputError when the user can
// mend it (missing, no permission, read-only) and SystemError otherwise.

namespace fs = std::filesystem;

// Throws what a failed call's errno means: "cannot `what` 'path' (No space left on device). ...".
[[noreturn]] void fail_file(std::string_view what, const fs::path& path, int error);

// Owner of one descriptor; closes it.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { close(); }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release();
    void close();

  private:
    int fd_ = -1;
};

// What can be read now from a pipe or socket, waiting for at least one byte; empty at its end.
std::string read_some(const Descriptor& fd);

// Keeps a file's contents reachable although its name goes.
Descriptor open_to_hold(const fs::path& path);

std::string read_file(const fs::path& path);
// Nothing when the file does not exist.
std::optional<std::string> read_file_if_there(const fs::path& path);

// Writes "<path>.<pid>.tmp", syncs it, renames it over `path` and syncs the directory: readers see
// the old file or the whole new one.
void write_file(const fs::path& path, std::string_view bytes);
// Syncs an already written file and its directory, and renames it to `path`.
void publish_file(const fs::path& written, const fs::path& path);

// A file that something else than this door writes (HDF5), beside its name until publish(); removed
// when it goes without: on a full disk it would hold the space that is missing.
class Aside {
  public:
    explicit Aside(fs::path path) : Aside(path, path.string() + ".tmp") {}
    Aside(fs::path path, fs::path aside) : path_(std::move(path)), aside_(std::move(aside)) {}
    ~Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;
    const fs::path& path() const { return aside_; }
    void publish();

  private:
    fs::path path_, aside_;
    bool published_ = false;
};

// Makes what is missing on the way; when it returns, a power cut does not undo it.
void create_directories(const fs::path& path);
// Removes a file; a missing one is no error.
void remove_file(const fs::path& path);
// Removes a directory with everything in it; a missing one is no error.
void remove_tree(const fs::path& path);
void sync_directory(const fs::path& path);
void sync_file(const fs::path& path);
std::uint64_t free_bytes(const fs::path& path);

// A file that only grows, made by exactly one process.
class AppendFile {
  public:
    // Creates the file with O_EXCL; nothing when it exists already.
    static std::optional<AppendFile> create(const fs::path& path);
    // Writes everything and syncs it. After an error the file takes no further writes.
    void append_and_sync(std::string_view bytes);
    const fs::path& path() const { return path_; }

  private:
    AppendFile(fs::path path, Descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    fs::path path_;
    Descriptor fd_;
    bool broken_ = false;
};

// A descriptor for another process's output: what is written goes to the end of the file, which is
// made where it is missing.
Descriptor open_to_append(const fs::path& path);
// Puts bytes at the end of such a file, without a sync: for logs.
void append_to_file(const fs::path& path, std::string_view bytes);

// Random access for reading (pread: a failing disk is an error here, not a SIGBUS).
class ReadFile {
  public:
    explicit ReadFile(const fs::path& path);
    // Reads exactly `count` bytes at `offset`; throws SystemError when they are not there.
    void read_at(std::uint64_t offset, void* into, std::size_t count) const;
    std::uint64_t size() const { return size_; }
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
    Descriptor fd_;
    std::uint64_t size_ = 0;
};

}  // namespace graft::core
