// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "core/process.hpp"

namespace graft::commands {

// Shows "progress DONE ALL" lines of programs at work, added up: in place on a terminal, else not
// at all.
class ProgressLine {
  public:
    // `out`: standard output or error; `name` says what is at work.
    ProgressLine(std::FILE* out, std::string name);
    // Leaves nothing on the terminal.
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    // What program number `program` wrote, in whatever pieces.
    void take(std::size_t program, const std::string& bytes);

  private:
    struct Said {
        std::string rest;  // of a line that is not whole yet
        std::int64_t done = 0, all = 0;
    };
    void show();

    std::FILE* out_;
    std::string name_;
    std::map<std::size_t, Said> said_;
    bool terminal_, shown_ = false;
};

// Runs programs beside each other, to the end of all, and shows what they say on their standard
// output. Their statuses are in the order of `spawns`.
std::vector<core::ExitStatus> run_with_progress(std::vector<core::Spawn> spawns,
                                                ProgressLine& progress);

// Of a program that has said on standard error what is wrong: throws core::Error with its exit code
// unless it ended well. `what`: "dataset 'x' could not be prepared"; `more`: what to know besides.
void check_ended_well(const core::ExitStatus& status, const std::string& what,
                      const std::string& more = "");

}  // namespace graft::commands
