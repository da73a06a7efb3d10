// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "sweep/record.hpp"

#include "commands/jobs_text.hpp"
#include "commands/live.hpp"

namespace graft::commands {

// What there is to say of a sweep from outside.
struct StatusView {
    std::string directory;  // as the user may type it
    const sweep::Record* record = nullptr;
    std::optional<Holder> holder;
    double journal_age_seconds = 0;  // since the last record was written
    core::WallTime now;
    JobsView jobs;  // of a batch system; no job: there is none
};

std::string status_text(const StatusView& view);
std::string status_json(const StatusView& view);

}  // namespace graft::commands
