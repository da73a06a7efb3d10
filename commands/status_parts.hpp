// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/status_text.hpp"
#include "commands/whole.hpp"

namespace graft::commands {

// How a sweep of which nothing but its directory is known looks now.
StatusView view_of(const Live& live, const std::string& named, core::WallTime now);
// The same of a divided one: its record is that of the whole, and every part has its line.
// `whole` must outlive the view.
StatusView view_of(const Live& live, const Whole& whole, const std::string& named,
                   core::WallTime now);

// What stands in place of who runs the sweep and how long: a line for each part, and the time left.
std::string parts_text(const StatusView& view);
// "divided into 3 parts, 1 more merged"
std::string divided_line(const StatusView& view);
// The time that the slowest needs, of those that run and know it.
std::optional<results::TimeLeft> slowest_part(const StatusView& view);
// What to type next.
std::string parts_next(const StatusView& view);
// "[{"part": "01", ...}]"; "[]" for a sweep that is not divided.
std::string parts_json(const StatusView& view);

}  // namespace graft::commands
