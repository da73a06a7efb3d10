// SPDX-License-Identifier: Apache-2.0
#include "core/memory.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::core {

namespace {

constexpr Seconds kReadEvery{1};
// From the kernel's kill to our finding the process dead.
constexpr Seconds kNoticed{5};
// v1 writes "no limit" as the largest multiple of a page.
constexpr std::uint64_t kNoLimit = std::uint64_t(1) << 62;

// Kernel files: gone or refused means "not known".
std::string text_at(const fs::path& path) {
    try {
        return read_file_if_there(path).value_or("");
    } catch (const Error&) {
        return "";
    }
}

std::optional<std::uint64_t> number(const std::string& text) {
    const auto line = split(text, '\n').front();
    const auto value = parse_int(line);
    return value && *value >= 0 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

// The number after "key " (or "key: ", with spaces) at the beginning of a line.
std::optional<std::uint64_t> counter(const std::string& text, const std::string& key) {
    for (const auto& line : split(text, '\n')) {
        if (line.rfind(key, 0) == 0 && line.size() > key.size() && line[key.size()] == ' ') {
            const auto begin = line.find_first_not_of(' ', key.size());
            const auto end = line.find(' ', begin);
            return begin == std::string::npos ? std::nullopt
                                              : number(line.substr(begin, end - begin));
        }
    }
    return std::nullopt;
}

struct Group {
    fs::path top, directory;  // of the hierarchy, and the process's own
    bool second = true;       // cgroup v2
};

// A container may see its own group's path but not the directories above its own: then the top of
// what it sees is its group.
Group existing(Group group, const std::string& path) {
    std::error_code error;
    group.directory = group.top / fs::path(path).relative_path();
    const bool inside = path != "/" && path.find("/..") == std::string::npos;
    const bool there = inside && fs::is_directory(group.directory, error);
    group.directory = there ? group.directory : group.top;
    return group;
}

// Lines "number:controllers:path"; v2 has the number 0 and no controllers.
std::optional<Group> own_group(const fs::path& root) {
    std::optional<Group> second;
    for (const auto& line : split(text_at(root / "proc/self/cgroup"), '\n')) {
        const auto first_colon = line.find(':');
        const auto colon = line.find(':', first_colon + 1);
        if (first_colon == std::string::npos || colon == std::string::npos) {
            continue;
        }
        const auto path = line.substr(colon + 1);
        const auto controllers = split(line.substr(first_colon + 1, colon - first_colon - 1), ',');
        if (std::find(controllers.begin(), controllers.end(), "memory") != controllers.end()) {
            return existing({root / "sys/fs/cgroup/memory", {}, false}, path);
        }
        if (line.rfind("0::", 0) == 0) {
            second = existing({root / "sys/fs/cgroup", {}, true}, path);
        }
    }
    return second;
}

void lower(std::optional<std::uint64_t>& limit, std::optional<std::uint64_t> other) {
    if (other && *other < kNoLimit && (!limit || *other < *limit)) {
        limit = other;
    }
}

// Files' pages, those of the groups below included (in v1 by other names).
std::optional<std::uint64_t> cache_of(const std::string& statistics, bool second) {
    const auto active = counter(statistics, second ? "active_file" : "total_active_file");
    const auto inactive = counter(statistics, second ? "inactive_file" : "total_inactive_file");
    return active && inactive ? std::optional(*active + *inactive) : std::nullopt;
}

// Limits bind from above: what the job may use is often set two groups higher.
void read_group(const Group& group, Memory& memory) {
    const fs::path& own = group.directory;
    memory.kills = group.second ? counter(text_at(own / "memory.events"), "oom_kill")
                                : counter(text_at(own / "memory.oom_control"), "oom_kill");
    const auto* limit = group.second ? "memory.max" : "memory.limit_in_bytes";
    const auto* used = group.second ? "memory.current" : "memory.usage_in_bytes";
    const auto* peak = group.second ? "memory.peak" : "memory.max_usage_in_bytes";
    for (fs::path at = own;; at = at.parent_path()) {
        const auto before = memory.limit;
        lower(memory.limit, number(text_at(at / limit)));
        if (at == own || memory.limit != before) {
            memory.used = number(text_at(at / used));
            memory.cache = cache_of(text_at(at / "memory.stat"), group.second);
            memory.peak = number(text_at(at / peak));
        }
        if (at == group.top || !at.has_relative_path()) {
            return;
        }
    }
}

void read_host(const fs::path& root, Memory& memory) {
    const auto text = text_at(root / "proc/meminfo");
    const auto total = counter(text, "MemTotal:"), available = counter(text, "MemAvailable:");
    if (total) {
        memory.limit = *total * 1024;
        if (available && *available <= *total) {
            memory.used = (*total - *available) * 1024;
        }
    }
}

}  // namespace

Memory read_memory(const fs::path& root) {
    Memory memory;
    if (const auto group = own_group(root)) {
        read_group(*group, memory);
    }
    if (!memory.limit) {
        memory.peak.reset();
        memory.cache.reset();
        read_host(root, memory);
    }
    if (!memory.kills) {
        memory.kills = counter(text_at(root / "proc/vmstat"), "oom_kill");
    }
    return memory;
}

std::optional<std::uint64_t> available(const Memory& memory) {
    if (!memory.limit || !memory.used) {
        return std::nullopt;
    }
    const auto held = *memory.used - std::min(*memory.used, memory.cache.value_or(0));
    return *memory.limit - std::min(*memory.limit, held);
}

MemoryWatch::MemoryWatch(fs::path root) : root_(std::move(root)), last_(read_memory(root_)) {}

void MemoryWatch::look(Instant now) {
    if (!read_ || now - *read_ >= kReadEvery) {
        read(now);
    }
}

void MemoryWatch::read(Instant now) {
    Memory memory = read_memory(root_);
    if (memory.kills && last_.kills && *memory.kills > *last_.kills) {
        rose_ = now;
    }
    most_used_ = std::max({most_used_, memory.used.value_or(0), memory.peak.value_or(0)});
    last_ = std::move(memory);
    read_ = now;
}

std::optional<std::string> MemoryWatch::killed_for_memory(Instant now) {
    read(now);
    if (!rose_ || now - *rose_ > kNoticed) {
        return std::nullopt;
    }
    Memory told = last_;
    told.used = most_used_ > 0 ? std::optional(most_used_) : std::nullopt;
    return "killed by the kernel; " + text_of(told);
}

std::string text_of(const Memory& memory) {
    if (!memory.limit) {
        return "the limit is not known";
    }
    const auto limit = "the limit is " + bytes_text(*memory.limit);
    return memory.used ? limit + ", and " + bytes_text(*memory.used) + " were in use" : limit;
}

}  // namespace graft::core
