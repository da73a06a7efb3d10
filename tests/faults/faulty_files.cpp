// SPDX-License-Identifier: Apache-2.0
// What the interposed calls ask before they act, and what tests and the environment tell them.
// As a shared object for LD_PRELOAD it is told by the environment what shall fail:
//   GRAFT_FAULTS="KIND:INDEX[+]:ERRNO:/directory", such as "write:17+:ENOSPC:/data/sweep"
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "faults/interposed.hpp"

namespace graft::tests {

namespace {

namespace fs = std::filesystem;
using Kind = Operation::Kind;

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

void forget_handle(int fd) {
    const std::lock_guard lock(layer().mutex);
    layer().handles.erase(fd);
}

bool is_active() {
    return layer().active;
}

std::size_t size_to_write(std::size_t size) {
    return layer().short_writes && size > 1 ? size / 2 : size;
}

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
