// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/file.hpp"

#include "sweep/record.hpp"

#include "scheduler/observer.hpp"

namespace graft::scheduler {

// What an earlier start could not finish: a trial whose end is in the journal, and whose result
// files have not got their plain names, gets them now. A file that is gone is told, and no error:
// the numbers are in the journal.
void finish_leftovers(const core::fs::path& sweep, const sweep::Record& record, Observer& observer);

}  // namespace graft::scheduler
