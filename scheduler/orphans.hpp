// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/file.hpp"

#include "sweep/event.hpp"
#include "sweep/journal.hpp"
#include "sweep/record.hpp"

#include "scheduler/observer.hpp"

namespace graft::scheduler {

// Saves that reached no coordinator, because it died: its ranks leave them in
// <sweep>/orphans/<cohort>.<save>, whole and synced, and the next start takes them into the journal
// before it ends the attempts that the last one left open. So a lost coordinator costs no work of
// the ranks that outlived it.

struct Orphan {
    sweep::Begun begun;  // of the cohort; may be in the journal already
    sweep::SaveRecorded save;
    template <class Archive>
    void fields(Archive& archive) {
        archive(begun, save.time, save.save);
    }
};

void write_orphan(const core::fs::path& sweep, const Orphan& orphan);

// In the order of cohorts and saves. Files that are damaged, or of another build's format, are
// left out, with a line each in `complaints`.
std::vector<Orphan> read_orphans(const core::fs::path& sweep, std::vector<std::string>& complaints);

// What of them may be journalled: the cohort's attempt is still open, the numbers go on from its
// last recorded save without a gap, all trials are its members without a result, and their files
// are `there`. Saves that are recorded already are passed over, all others dropped, saying so.
struct Adoption {
    std::vector<sweep::Event> events;
    std::vector<std::string> lines;
};
Adoption adopt(const sweep::Record& record, const std::vector<Orphan>& orphans,
               const std::function<bool(const sweep::MemberSave&)>& there, core::WallTime now);

// Reads, journals and removes them. False when another start took over meanwhile.
[[nodiscard]] bool adopt_orphans(const core::fs::path& sweep, sweep::Record& record,
                                 sweep::JournalWriter& journal, Observer& observer);

}  // namespace graft::scheduler
