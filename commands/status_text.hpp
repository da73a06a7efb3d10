// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweep/record.hpp"

#include "commands/jobs_text.hpp"
#include "commands/live.hpp"
#include "results/status.hpp"

namespace graft::commands {

// A part of a divided sweep.
struct PartStatus {
    std::string name, directory;
    results::Counts counts;
    std::optional<results::TimeLeft> time_left;
    bool runs = false;
    std::string who;        // holder_line(); empty: it was never started
    std::string host, job;  // of its last start
    JobsView jobs;
};

// What there is to say of a sweep from outside.
struct StatusView {
    std::string directory;  // as the user may type it
    const sweep::Record* record = nullptr;
    std::optional<Holder> holder;
    double journal_age_seconds = 0;  // since the last record was written
    core::WallTime now;
    JobsView jobs;                  // of a batch system; no job: there is none
    std::vector<PartStatus> parts;  // none: it is not divided; else `record` is that of the whole
    std::size_t merged_parts = 0;   // that train no more
};

std::string status_text(const StatusView& view);
std::string status_json(const StatusView& view);

// Whether a process runs it now, and who does, or did, in words.
bool runs(const StatusView& view);
std::string holder_line(const StatusView& view);

}  // namespace graft::commands
