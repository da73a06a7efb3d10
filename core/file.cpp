// SPDX-License-Identifier: Apache-2.0
#include "core/file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/copy.hpp"
#include "core/error.hpp"

namespace graft::core {

void fail_file(std::string_view what, const fs::path& path, int error) {
    const std::string start =
        fmt::format("cannot {} '{}' ({})", what, path.string(), std::strerror(error));
    switch (error) {
        case ENOSPC:
        case EDQUOT:
            throw NoSpaceError(start + ". Free space there, or choose another directory.");
        case ENOENT:
        case ENOTDIR:
        case EISDIR:
            throw InputError(start + ". Check the path.");
        case EACCES:
        case EPERM:
        case EROFS:
            throw InputError(start + ". Check its permissions, or choose another place.");
        default:
            throw SystemError(start + ". Check the disk and the system log.");
    }
}

namespace {

template <class Call>
auto checked(std::string_view what, const fs::path& path, Call call) {
    while (true) {
        const auto result = call();
        if (result >= 0) {
            return result;
        }
        if (errno != EINTR) {
            fail_file(what, path, errno);
        }
    }
}

Descriptor open_file(const fs::path& path, int flags, std::string_view what) {
    return Descriptor(
        checked(what, path, [&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); }));
}

void write_all(int fd, const fs::path& path, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n =
            checked("write", path, [&] { return ::write(fd, bytes.data(), bytes.size()); });
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

void sync_descriptor(int fd, const fs::path& path) {
    checked("sync", path, [&] { return ::fsync(fd); });
}

// Some file systems (SMB among them) sync no directories, and say that the call is not valid; on a
// read-only one there is nothing to sync.
void sync_open_directory(const Descriptor& fd, const fs::path& path) {
    checked("sync", path, [&] {
        const int result = ::fsync(fd.get());
        return result != 0 && (errno == EINVAL || errno == EROFS) ? 0 : result;
    });
}

std::string read_all(const Descriptor& fd, const fs::path& path) {
    std::string bytes;
    struct stat info {};
    checked("look up", path, [&] { return ::fstat(fd.get(), &info); });
    // Far beyond a journal of a million trials; memory for a hole of a terabyte is not asked for.
    constexpr off_t most = off_t{16} << 30;
    if (info.st_size > most) {
        fail_input(
            "cannot read '{}' ({} bytes, more than any file of its kind has). Check the path.",
            path.string(), info.st_size);
    }
    bytes.reserve(static_cast<std::size_t>(info.st_size));  // it may grow meanwhile
    char piece[65536];
    while (true) {
        const auto n = checked("read", path, [&] { return ::read(fd.get(), piece, sizeof piece); });
        if (n == 0) {
            return bytes;
        }
        bytes.append(piece, static_cast<std::size_t>(n));
    }
}

fs::path directory_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// As sync_directory(), but one that may be entered and not read cannot be synced, and need not be
// ours.
void sync_names(const fs::path& directory) {
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno != EACCES) {
        fail_file("open directory", directory, errno);
    }
    if (fd >= 0) {
        sync_open_directory(Descriptor(fd), directory);
    }
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = other.release();
    }
    return *this;
}

int Descriptor::release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
}

void Descriptor::close() {
    if (fd_ >= 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

std::string read_some(const Descriptor& fd) {
    char piece[65536];
    const auto n = checked("read", "pipe", [&] { return ::read(fd.get(), piece, sizeof piece); });
    return {piece, static_cast<std::size_t>(n)};
}

Descriptor open_to_hold(const fs::path& path) {
    return open_file(path, O_RDONLY, "open");
}

std::string read_file(const fs::path& path) {
    return read_all(open_file(path, O_RDONLY, "open"), path);
}

std::optional<std::string> read_file_if_there(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        fail_file("open", path, errno);
    }
    return read_all(Descriptor(fd), path);
}

void write_file(const fs::path& path, std::string_view bytes) {
    const fs::path aside = path.string() + fmt::format(".{}.tmp", ::getpid());
    try {
        Descriptor fd = open_file(aside, O_WRONLY | O_CREAT | O_TRUNC, "create");
        write_all(fd.get(), aside, bytes);
        sync_descriptor(fd.get(), aside);
        // The descriptor is gone even when this fails, so it is not tried again.
        if (::close(fd.release()) != 0) {
            fail_file("close", aside, errno);
        }
        checked("rename", aside, [&] { return ::rename(aside.c_str(), path.c_str()); });
    } catch (...) {
        ::unlink(aside.c_str());  // on a full disk it would hold the space that is missing
        throw;
    }
    sync_directory(directory_of(path));
}

void copy_file(const fs::path& from, const fs::path& to) {
    constexpr std::size_t piece_bytes = std::size_t{1} << 20;
    const Descriptor source = open_file(from, O_RDONLY, "open");
    Descriptor copy = open_file(to, O_WRONLY | O_CREAT | O_TRUNC, "create");
    std::string piece(piece_bytes, '\0');
    while (true) {
        const auto n =
            checked("read", from, [&] { return ::read(source.get(), piece.data(), piece_bytes); });
        if (n == 0) {
            break;
        }
        write_all(copy.get(), to, std::string_view(piece).substr(0, static_cast<std::size_t>(n)));
    }
    if (::close(copy.release()) != 0) {
        fail_file("close", to, errno);
    }
}

void link_or_copy_file(const fs::path& from, const fs::path& to) {
    remove_file(to);
    std::error_code no_links;
    fs::create_hard_link(from, to, no_links);
    if (no_links) {
        core::copy_file(from, to);
    }
}

void publish_file(const fs::path& written, const fs::path& path) {
    sync_file(written);
    checked("rename", written, [&] { return ::rename(written.c_str(), path.c_str()); });
    sync_directory(directory_of(path));
}

Aside::~Aside() {
    if (!published_) {
        ::unlink(aside_.c_str());
    }
}

void Aside::publish() {
    publish_file(aside_, path_);
    published_ = true;
}

void create_directories(const fs::path& path) {
    const fs::path parent = directory_of(path);
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        // Whoever made it may have been killed before the sync below.
        sync_names(parent);
        return;
    }
    if (parent != path) {
        core::create_directories(parent);
    }
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) {
        fail_file("create directory", path, errno);
    }
    if (!fs::is_directory(path, ignored)) {
        fail_file("create directory", path, ENOTDIR);
    }
    sync_names(parent);
}

void remove_file(const fs::path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        fail_file("remove", path, errno);
    }
}

void remove_tree(const fs::path& path) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) {
        fail_file("remove", path, error.value());
    }
}

void sync_directory(const fs::path& path) {
    sync_open_directory(open_file(path, O_RDONLY | O_DIRECTORY, "open directory"), path);
}

void sync_file(const fs::path& path) {
    sync_descriptor(open_file(path, O_RDONLY, "open").get(), path);
}

std::uint64_t free_bytes(const fs::path& path) {
    struct statvfs info {};
    checked("look up the file system of", path, [&] { return ::statvfs(path.c_str(), &info); });
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

std::optional<AppendFile> AppendFile::create(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) {
        if (errno == EEXIST) {
            return std::nullopt;
        }
        fail_file("create", path, errno);
    }
    AppendFile file(path, Descriptor(fd));
    sync_directory(directory_of(path));
    return file;
}

Descriptor open_to_append(const fs::path& path) {
    return open_file(path, O_WRONLY | O_CREAT | O_APPEND, "create");
}

void append_to_file(const fs::path& path, std::string_view bytes) {
    write_all(open_to_append(path).get(), path, bytes);
}

void AppendFile::append_and_sync(std::string_view bytes) {
    if (broken_) {
        fail_system("cannot write '{}' (an earlier write failed). Start again.", path_.string());
    }
    broken_ = true;  // until both calls have returned well
    write_all(fd_.get(), path_, bytes);
    checked("sync", path_, [&] { return ::fdatasync(fd_.get()); });
    broken_ = false;
}

ReadFile::ReadFile(const fs::path& path) : path_(path), fd_(open_file(path, O_RDONLY, "open")) {
    struct stat info {};
    checked("look up", path, [&] { return ::fstat(fd_.get(), &info); });
    size_ = static_cast<std::uint64_t>(info.st_size);
}

void ReadFile::read_at(std::uint64_t offset, void* into, std::size_t count) const {
    auto* next = static_cast<char*>(into);
    while (count > 0) {
        const auto n = checked("read", path_, [&] {
            return ::pread(fd_.get(), next, count, static_cast<off_t>(offset));
        });
        if (n == 0) {
            fail_system("'{}' ends before byte {} (damaged or cut off). Make the file again.",
                        path_.string(), offset + count);
        }
        next += n;
        offset += static_cast<std::uint64_t>(n);
        count -= static_cast<std::size_t>(n);
    }
}

}  // namespace graft::core
