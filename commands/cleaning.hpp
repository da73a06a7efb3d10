// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <string>

#include "core/enum_table.hpp"

#include "commands/clean_plan.hpp"

namespace graft::commands {

// Files and bytes, by kind.
struct Tally {
    struct Part {
        std::size_t files = 0;
        std::uint64_t bytes = 0;
    };
    std::array<Part, core::EnumNames<CleanKind>::names.size()> parts{};
    void add(const CleanItem& item);
    const Part& of(CleanKind kind) const { return parts.at(static_cast<std::size_t>(kind)); }
    Part total() const;
};

// How a cleaning ended. What is freed stays freed, whatever the end.
struct Cleaned {
    Tally freed;
    int exit_code = 0;
    std::string message;  // of all but a good end; what to do next
};

// Frees what the rules say, the sweep being nobody's:
// 1. what needs nothing, before anything is written: so it works on a full disk;
// 2. takes the sweep over, as a start does, so that none can begin;
// 3. of what the plan for the record as it is now says: first what the journal need not tell, then
//    by small groups what it must: recorded and synced, then removed;
// 4. closes the journal, and rebuilds the store when it names what is gone.
// A kill anywhere leaves nothing but litter for the next one. Throws InputError, having changed
// nothing, when another process runs the sweep. `say` gets lines about what happens meanwhile.
Cleaned clean_sweep(const std::filesystem::path& sweep, const CleanRules& rules,
                    const std::function<void(const std::string&)>& say);

}  // namespace graft::commands
