// SPDX-License-Identifier: Apache-2.0
// The libc calls that change files, defined here and passed on to the real ones.
#undef _FORTIFY_SOURCE
#include "faults/interposed.hpp"

#include <cerrno>
#include <cstdarg>
#include <optional>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace graft::tests {

namespace {

namespace fs = std::filesystem;
using Kind = Operation::Kind;

template <class Function>
Function* real(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

template <class Open>
int opened(const std::string& path, int flags, Open open) {
    const bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if (!is_watched(path) ||
        (!writes && (flags & O_DIRECTORY) == 0 && !fs::is_regular_file(path))) {
        return open();
    }
    if (writes && fails(Kind::open, path)) {
        return -1;
    }
    const int fd = open();
    if (fd >= 0) {
        record({Kind::open, path, "", new_handle(fd), 0, "", (flags & O_TRUNC) != 0});
    }
    return fd;
}

template <class Write>
ssize_t written(int fd, std::optional<off_t> at, const void* data, std::size_t size, Write write) {
    const auto handle = handle_of(fd);
    if (handle == 0) {
        return write(size);
    }
    if (fails(Kind::write, "")) {
        return -1;
    }
    struct stat info {};
    ::fstat(fd, &info);
    const bool appends = (::fcntl(fd, F_GETFL) & O_APPEND) != 0;
    const off_t offset = appends ? info.st_size : at ? *at : ::lseek(fd, 0, SEEK_CUR);
    const auto n = write(size_to_write(size));
    if (n > 0) {
        record({Kind::write, "", "", handle, static_cast<std::uint64_t>(offset),
                std::string(static_cast<const char*>(data), static_cast<std::size_t>(n)), false});
    }
    return n;
}

template <class Call>
int truncated(int fd, off_t length, Call call) {
    const auto handle = handle_of(fd);
    if (handle == 0) {
        return call();
    }
    if (fails(Kind::truncate, "")) {
        return -1;
    }
    const int result = call();
    if (result == 0) {
        record({Kind::truncate, "", "", handle, static_cast<std::uint64_t>(length), "", false});
    }
    return result;
}

template <class Call>
int synced(int fd, Call call) {
    const auto handle = handle_of(fd);
    if (handle == 0) {
        return is_active() ? 0 : call();
    }
    if (fails(Kind::sync, "")) {
        return -1;
    }
    record({Kind::sync, "", "", handle, 0, "", false});
    return 0;
}

// rename and link have both names, unlink and mkdir one.
template <class Call>
int named(Kind kind, const std::string& path, const std::string& to, Call call) {
    if (!is_watched(path)) {
        return call();
    }
    if (fails(kind, path)) {
        return -1;
    }
    const int result = call();
    if (result == 0) {
        record({kind, path, to, 0, 0, "", false});
    }
    return result;
}

}  // namespace

}  // namespace graft::tests

using namespace graft::tests;

extern "C" {

#define MODE_OF(flags)                                          \
    mode_t mode = 0;                                            \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0) {               \
        va_list rest;                                           \
        va_start(rest, flags);                                  \
        mode = static_cast<mode_t>(va_arg(rest, unsigned int)); \
        va_end(rest);                                           \
    }

int open(const char* path, int flags, ...) {
    MODE_OF(flags)
    return opened(absolute(AT_FDCWD, path), flags,
                  [&] { return real<decltype(open)>("open")(path, flags, mode); });
}
int open64(const char* path, int flags, ...) {
    MODE_OF(flags)
    return opened(absolute(AT_FDCWD, path), flags,
                  [&] { return real<decltype(open64)>("open64")(path, flags, mode); });
}
int openat(int directory, const char* path, int flags, ...) {
    MODE_OF(flags)
    return opened(absolute(directory, path), flags,
                  [&] { return real<decltype(openat)>("openat")(directory, path, flags, mode); });
}
int __open_2(const char* path, int flags) {
    return open(path, flags);
}
int __open64_2(const char* path, int flags) {
    return open64(path, flags);
}
ssize_t write(int fd, const void* data, size_t size) {
    return written(fd, std::nullopt, data, size,
                   [&](size_t n) { return real<decltype(write)>("write")(fd, data, n); });
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
    return written(fd, at, data, size,
                   [&](size_t n) { return real<decltype(pwrite)>("pwrite")(fd, data, n, at); });
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
    return written(fd, at, data, size,
                   [&](size_t n) { return real<decltype(pwrite64)>("pwrite64")(fd, data, n, at); });
}
// The first piece alone: a short write, which every caller must expect.
ssize_t writev(int fd, const iovec* pieces, int count) {
    if (handle_of(fd) == 0 || count < 1) {
        return real<decltype(writev)>("writev")(fd, pieces, count);
    }
    return write(fd, pieces[0].iov_base, pieces[0].iov_len);
}
int ftruncate(int fd, off_t length) noexcept {
    return truncated(fd, length,
                     [&] { return real<decltype(ftruncate)>("ftruncate")(fd, length); });
}
int ftruncate64(int fd, off64_t length) noexcept {
    return truncated(fd, length,
                     [&] { return real<decltype(ftruncate64)>("ftruncate64")(fd, length); });
}
int fsync(int fd) {
    return synced(fd, [&] { return real<decltype(fsync)>("fsync")(fd); });
}
int fdatasync(int fd) {
    return synced(fd, [&] { return real<decltype(fdatasync)>("fdatasync")(fd); });
}
int rename(const char* from, const char* to) noexcept {
    return named(Operation::Kind::rename, absolute(AT_FDCWD, from), absolute(AT_FDCWD, to),
                 [&] { return real<decltype(rename)>("rename")(from, to); });
}
int link(const char* from, const char* to) noexcept {
    return named(Operation::Kind::link, absolute(AT_FDCWD, from), absolute(AT_FDCWD, to),
                 [&] { return real<decltype(link)>("link")(from, to); });
}
int unlink(const char* path) noexcept {
    return named(Operation::Kind::unlink, absolute(AT_FDCWD, path), "",
                 [&] { return real<decltype(unlink)>("unlink")(path); });
}
int unlinkat(int directory, const char* path, int flags) noexcept {
    return named(Operation::Kind::unlink, absolute(directory, path), "",
                 [&] { return real<decltype(unlinkat)>("unlinkat")(directory, path, flags); });
}
int mkdir(const char* path, mode_t mode) noexcept {
    return named(Operation::Kind::make_directory, absolute(AT_FDCWD, path), "",
                 [&] { return real<decltype(mkdir)>("mkdir")(path, mode); });
}
// The descriptor is closed in any case, as Linux does it.
int close(int fd) {
    const auto handle = handle_of(fd);
    if (handle == 0) {
        return real<decltype(close)>("close")(fd);
    }
    const bool failing = fails(Operation::Kind::close, "");
    const int error = errno;
    forget_handle(fd);
    record({Operation::Kind::close, "", "", handle, 0, "", false});
    const int result = real<decltype(close)>("close")(fd);
    errno = failing ? error : errno;
    return failing ? -1 : result;
}

}  // extern "C"
