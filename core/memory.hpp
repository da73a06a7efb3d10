// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/file.hpp"

namespace graft::core {

// Memory as the kernel limits and counts it for this process: of its memory cgroup (v2, or v1 as
// older SLURM sets it up) where there is one, else of the whole host. Bytes.
struct Memory {
    std::optional<std::uint64_t> limit;  // the smallest of the group and those above it; the host's
    std::optional<std::uint64_t> used, peak;
    // Of the used, contents of files that the kernel gives back when others want the room.
    std::optional<std::uint64_t> cache;
    // Processes killed for memory so far; none where the kernel does not count them.
    std::optional<std::uint64_t> kills;
};

// `root`: "/", or a directory that stands in its place, with proc and sys as the kernel makes them
// (for tests). What cannot be read is left out.
Memory read_memory(const fs::path& root = "/");

// What can be taken without anything being killed; nothing when that is not known.
std::optional<std::uint64_t> available(const Memory& memory);

// Tells whether a process that was just found killed was killed for memory.
class MemoryWatch {
  public:
    explicit MemoryWatch(fs::path root = "/");
    // Reads at most once a second; to be called at least every few seconds.
    void look(Instant now);
    // After a child was found killed by SIGKILL: what to tell the user, when the kernel has killed
    // a process for memory within the last seconds.
    std::optional<std::string> killed_for_memory(Instant now);

  private:
    void read(Instant now);

    fs::path root_;
    Memory last_;
    std::uint64_t most_used_ = 0;
    std::optional<Instant> read_, rose_;
};

// "the limit is 16.0 GiB, and 15.9 GiB were in use": as far as known.
std::string text_of(const Memory& memory);

}  // namespace graft::core
