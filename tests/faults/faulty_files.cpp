// SPDX-License-Identifier: Apache-2.0
// The libc calls that change files, defined here and passed on to the real ones.
// As a shared object for LD_PRELOAD it is told by the environment what shall fail:
//   GRAFT_FAULTS="KIND:INDEX[+]:ERRNO:/directory", such as "write:17+:ENOSPC:/data/sweep"
#undef _FORTIFY_SOURCE
#include "faults/faulty_files.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

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

struct Fault {
    std::optional<Kind> kind;  // none: of any
    std::uint64_t index = 0;
    int error = 0;
    bool for_good = false;
};

// One per process: the calls that it sees have no object to belong to.
struct Layer {
    std::mutex mutex;
    bool active = false;
    bool records = false;
    bool busy = false;  // in an act of a test
    std::string below;
    std::optional<Fault> fault;
    std::optional<Kind> fails_for_good;
    bool short_writes = false;
    std::optional<Fault> act_at;
    std::function<void()> act;
    std::uint64_t count = 0;
    std::map<Kind, std::uint64_t> counts;
    std::map<int, std::uint64_t> handles;  // of open descriptors
    std::uint64_t last_handle = 0;
    std::vector<Operation> trace;
    std::string failed;
};

Layer& layer() {
    static auto* the_layer = new Layer;  // calls come in until the very end of the process
    return *the_layer;
}

const std::map<std::string, Kind>& kinds() {
    static const auto* names = new std::map<std::string, Kind>{
        {"open", Kind::open},     {"write", Kind::write},          {"truncate", Kind::truncate},
        {"sync", Kind::sync},     {"rename", Kind::rename},        {"link", Kind::link},
        {"unlink", Kind::unlink}, {"mkdir", Kind::make_directory}, {"close", Kind::close}};
    return *names;
}

std::string name_of(Kind kind) {
    for (const auto& [name, known] : kinds()) {
        if (known == kind) {
            return name;
        }
    }
    return "mark";
}

std::string absolute(int directory, const char* path) {
    if (path[0] == '/') {
        return fs::path(path).lexically_normal().string();
    }
    const std::string base =
        directory == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/" + std::to_string(directory);
    char at[4096];
    const auto n = ::readlink(base.c_str(), at, sizeof at);
    return n < 0 ? path
                 : (fs::path(std::string(at, static_cast<std::size_t>(n))) / path)
                       .lexically_normal()
                       .string();
}

bool is_watched(const std::string& path) {
    const Layer& l = layer();
    return l.active && !l.busy && path.compare(0, l.below.size(), l.below) == 0;
}

bool hits(const Fault& fault, Kind kind) {
    Layer& l = layer();
    return (!fault.kind || *fault.kind == kind) &&
           fault.index == (fault.kind ? l.counts[kind] : l.count);
}

// An act may throw: as if the process were killed there.
void run_act(std::unique_lock<std::mutex>& lock) {
    struct Busy {
        explicit Busy(std::unique_lock<std::mutex>& held) : lock(held) {
            layer().busy = true;
            lock.unlock();
        }
        ~Busy() {
            lock.lock();
            layer().busy = false;
        }
        std::unique_lock<std::mutex>& lock;
    };
    const auto act = std::exchange(layer().act, nullptr);
    const Busy busy(lock);
    act();
}

// Counts an operation; true when it shall fail, with errno set.
bool fails(Kind kind, const std::string& path) {
    Layer& l = layer();
    std::unique_lock lock(l.mutex);
    if (l.act && hits(*l.act_at, kind)) {
        run_act(lock);
    }
    const bool now = l.fault && hits(*l.fault, kind);
    const bool still = l.fails_for_good == kind;
    ++l.count;
    ++l.counts[kind];
    if (!now && !still) {
        return false;
    }
    if (l.fault->for_good) {
        l.fails_for_good = kind;
    }
    if (l.failed.empty()) {
        l.failed = name_of(kind) + " '" + path + "'";
    }
    errno = l.fault->error;
    return true;
}

void record(Operation operation) {
    Layer& l = layer();
    const std::lock_guard lock(l.mutex);
    if (l.records) {
        l.trace.push_back(std::move(operation));
    }
}

std::uint64_t handle_of(int fd) {
    Layer& l = layer();
    const std::lock_guard lock(l.mutex);
    const auto found = l.busy ? l.handles.end() : l.handles.find(fd);
    return found == l.handles.end() ? 0 : found->second;
}

std::uint64_t new_handle(int fd) {
    Layer& l = layer();
    const std::lock_guard lock(l.mutex);
    return l.handles[fd] = ++l.last_handle;
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
    const auto n = write(layer().short_writes && size > 1 ? size / 2 : size);
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
        return layer().active ? 0 : call();
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

// "write:17+:ENOSPC:/data/sweep"
void take_from_environment() __attribute__((constructor));
void take_from_environment() {
    const char* text = std::getenv("GRAFT_FAULTS");
    if (!text) {
        return;
    }
    char kind[16], error[16], below[4096];
    unsigned long index = 0;
    char more[2] = "";
    if (std::sscanf(text, "%15[a-z]:%lu%1[+]:%15[A-Z]:%4095s", kind, &index, more, error, below) !=
            5 &&
        std::sscanf(text, "%15[a-z]:%lu:%15[A-Z]:%4095s", kind, &index, error, below) != 4) {
        std::fprintf(stderr, "GRAFT_FAULTS: cannot read '%s'\n", text);
        std::abort();
    }
    const std::map<std::string, int> errors{{"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EIO", EIO}};
    Layer& l = layer();
    l.below = below;
    l.fault = Fault{kinds().at(kind), index, errors.at(error), more[0] == '+'};
    l.active = true;
}

}  // namespace

FaultyFiles::FaultyFiles(const fs::path& below) {
    Layer& l = layer();
    const std::lock_guard lock(l.mutex);
    l.below = fs::absolute(below).lexically_normal().string();
    l.active = l.records = true;
}

FaultyFiles::~FaultyFiles() {
    Layer& l = layer();
    const std::lock_guard lock(l.mutex);
    l.active = l.records = l.short_writes = false;
    l.fault.reset();
    l.fails_for_good.reset();
    l.act = nullptr;
    l.count = 0;
    l.counts.clear();
    l.handles.clear();
    l.trace.clear();
    l.failed.clear();
}

void FaultyFiles::fail(std::uint64_t index, int error, bool for_good) {
    layer().fault = Fault{std::nullopt, index, error, for_good};
}

void FaultyFiles::fail(Kind kind, std::uint64_t index, int error, bool for_good) {
    layer().fault = Fault{kind, index, error, for_good};
}

void FaultyFiles::write_short() {
    layer().short_writes = true;
}

void FaultyFiles::before(Kind kind, std::uint64_t index, std::function<void()> act) {
    layer().act_at = Fault{kind, index, 0, false};
    layer().act = std::move(act);
}

void FaultyFiles::mark(const std::string& text) {
    record({Kind::mark, text, "", 0, 0, "", false});
}

std::vector<Operation> FaultyFiles::trace() const {
    const std::lock_guard lock(layer().mutex);
    return layer().trace;
}

std::uint64_t FaultyFiles::count() const {
    return layer().count;
}

std::string FaultyFiles::failed() const {
    return layer().failed;
}

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
    {
        const std::lock_guard lock(layer().mutex);
        layer().handles.erase(fd);
    }
    record({Operation::Kind::close, "", "", handle, 0, "", false});
    const int result = real<decltype(close)>("close")(fd);
    errno = failing ? error : errno;
    return failing ? -1 : result;
}

}  // extern "C"
