// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "commands/merge_plan.hpp"
#include "commands/study.hpp"

namespace graft::commands {

// What becomes of a sweep's parts when their results were taken.
enum class AfterMerge {
    keep,      // those train on that have trials without a result
    dissolve,  // all end: such trials are the sweep's own again
};

struct MergeRequest {
    std::filesystem::path into;  // the sweep's directory
    // Sweeps, and parts of theirs; none: the sweep's own parts, which come with `dissolve`, too.
    std::vector<std::filesystem::path> from;
    const Study* plan = nullptr;  // plans a sweep that was never started; null: it was
    AfterMerge after = AfterMerge::keep;
};

// What was done with one source.
struct MergedSource {
    std::filesystem::path directory;
    bool started = false;
    MergePlan plan;
    std::size_t taken = 0;                     // of plan.taken
    std::vector<MergePlan::Conflict> damaged;  // of plan.taken, with what is wrong with their files
};

struct Merged {
    std::vector<MergedSource> sources;
    std::vector<std::string> ended;  // parts that train no more
    std::size_t given_back = 0;      // trials without a result that dissolved parts had
    std::size_t given_back_begun = 0;
    std::size_t left = 0;                 // parts that go on
    std::size_t results = 0, trials = 0;  // of the sweep, at the end
    int exit_code = 0;
    std::string message;  // of all but a good end; what to do next
};

// Takes finished trials of other sweeps into one that nobody runs:
// 1. reads the sources, which may run meanwhile; takes the sweep over, as a start does;
// 2. of each trial that the plan takes: its files beside their names, checked against the record,
//    synced and renamed; then, by small groups, its events in a segment of the journal;
// 3. ends parts that have nothing left to train, closes the journal, and rebuilds the store.
// A kill anywhere leaves nothing but files that the record does not name yet; the same call again
// completes it. Sources are only read. Throws InputError, having changed nothing, when a source
// cannot be read or the sweep is being run. `say` gets lines about what happens meanwhile.
Merged merge_sweeps(const MergeRequest& request,
                    const std::function<void(const std::string&)>& say);

}  // namespace graft::commands
