// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>

#include "core/process.hpp"

namespace graft::commands {

// Shows "progress DONE ALL" lines of a program at work: in place on a terminal, else not at all.
class ProgressLine {
  public:
    // `out`: standard output or error; `name` says what is at work.
    ProgressLine(std::FILE* out, std::string name);
    // Leaves nothing on the terminal.
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    // What the program wrote, in whatever pieces.
    void take(const std::string& bytes);

  private:
    void line(const std::string& text);

    std::FILE* out_;
    std::string name_, rest_;
    bool terminal_, shown_ = false;
};

// Runs a program to its end and shows what it says on its standard output.
core::ExitStatus run_with_progress(core::Spawn spawn, ProgressLine& progress);

// Of a program that has said on standard error what is wrong: throws core::Error with its exit code
// unless it ended well. `what`: "dataset 'x' could not be prepared"; `more`: what to know besides.
void check_ended_well(const core::ExitStatus& status, const std::string& what,
                      const std::string& more = "");

}  // namespace graft::commands
