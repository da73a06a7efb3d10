// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/enum_table.hpp"

#include "sweep/record.hpp"

#include "results/keep_weights.hpp"

namespace graft::commands {

// What `graft clean` frees, decided from the record and a listing alone. The rule behind all of it:
// a file goes only when no process, running, starting or to come, can need it, whether or not this
// one has the sweep to itself. So no attempt that is to come can have made the file, and what the
// record names is unnamed in the journal first.

// A plain file below a sweep's directory.
struct FoundFile {
    std::string name;         // relative to that directory
    std::uint64_t bytes = 0;  // that its removal gives back
    double age_seconds = 0;   // since it was last written
};

enum class CleanKind {
    superseded,
    states,
    weights,
    half_written,
    store,
    orphans,
    requests,
    launch,
    scratch,
    logs,
};
std::string_view title_of(CleanKind kind);

// What must be done before a file is removed.
enum class Needs {
    nothing,
    sweep,   // no coordinator may run, nor start
    record,  // as before, and the journal says that it is freed
};

struct CleanItem {
    CleanKind kind = CleanKind::superseded;
    Needs needs = Needs::nothing;
    FoundFile file;
    // With Needs::record: whose it is, and what the journal says.
    sweep::TrialId trial = {};
    sweep::Freed freed = sweep::Freed::weights;
};

struct CleanRules {
    results::WeightRule weights;
    bool left_out = false;  // also weights of trials that are left out of the sweep
    bool logs = false;      // also logs of trainers all of whose attempts ended well
};

// What else there is to know.
struct Surroundings {
    std::string host;                         // ours
    std::function<bool(std::int64_t)> runs;   // a process of that id, on this host
    std::set<sweep::TrialId> weights_in_use;  // trials of the sweep start from them
    std::set<sweep::TrialId> asked_again;     // by a retry that is not answered yet
};

struct CleanPlan {
    std::vector<CleanItem> items;
    std::vector<std::string> notes;  // what is kept, why, and what would free it
};

// Throws InputError as results::weights_to_free does.
CleanPlan clean_plan(const sweep::Record& record, const std::vector<FoundFile>& files,
                     const CleanRules& rules, const Surroundings& around);

}  // namespace graft::commands

template <>
struct graft::core::EnumNames<graft::commands::CleanKind> {
    static constexpr std::array<std::string_view, 10> names{
        "superseded", "states",   "weights", "half_written", "store",
        "orphans",    "requests", "launch",  "scratch",      "logs"};
};
