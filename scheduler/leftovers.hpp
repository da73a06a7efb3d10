// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/file.hpp"

#include "sweep/record.hpp"

#include "scheduler/observer.hpp"

namespace graft::scheduler {

// What killed trainers could not finish, of an earlier start or of this one: a trial whose end is
// in the journal, and whose result files have not got their plain names, gets them now; its states
// and half-written files go. A file that is gone is told, and no error: the numbers are in the
// journal. Looks at the files only of trials whose last attempt did not end in good order.
void finish_leftovers(const core::fs::path& sweep, const sweep::Record& record, Observer& observer);

// Removes what earlier holders of the sweep were killed at while they wrote it: halves of the files
// coordinator, sweep.toml and ending. For who has just taken the sweep over; an older holder that
// is alive all the same fails at its rename, which is one way to learn that it was superseded.
void remove_half_written(const core::fs::path& sweep);

}  // namespace graft::scheduler
