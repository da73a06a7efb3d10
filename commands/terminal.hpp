// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"

#include "scheduler/observer.hpp"

namespace graft::commands {

// What a terminal shows of a running sweep: one line for the sweep, one for each dataset that is
// being prepared, one for each slot. No line is wider than `width` characters; `height` lines at
// most, the last one then says how many slots are not shown.
std::vector<std::string> live_lines(const scheduler::Status& status, std::size_t width,
                                    std::size_t height);

// One line that sums a sweep up, for logs.
std::string summary_line(const scheduler::Status& status);

// Shows a run. On a terminal the live lines are redrawn in place, at most five times a second, and
// lines that stay scroll above them; otherwise there are plain lines only, with a summary every
// minute, and no escape sequence ever. On one screen with a launcher, ranks above 0 show nothing.
class Terminal : public scheduler::Observer {
  public:
    // `out`: standard error of a run; live when it is a terminal.
    explicit Terminal(std::FILE* out);
    // For tests: as given.
    Terminal(std::FILE* out, bool live) : out_(out), live_(live) {}
    // The newest picture stays on the screen.
    ~Terminal() override;
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    void show(const scheduler::Status& status) override { show(status, core::now()); }
    void say(const std::string& line) override;
    void show(const scheduler::Status& status, core::Instant now);

  private:
    void draw();
    void erase();

    std::FILE* out_;
    bool live_;
    std::vector<std::string> lines_;  // the newest picture
    std::size_t drawn_ = 0;           // of its lines on the screen
    std::optional<core::Instant> last_draw_, last_summary_;
};

// The observer of a run: standard error, so that standard output stays free.
std::unique_ptr<scheduler::Observer> make_observer();

}  // namespace graft::commands
