// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

#include "results/table.hpp"

namespace graft::results {

// The store: results.h5, derived from the journal and from nothing else. Readers open it at any
// time with plain HDF5; docs/store.md describes it.
constexpr std::int64_t kStoreFormat = 1;

std::filesystem::path store_path(const std::filesystem::path& sweep);

// Writes the whole store to `path`: aside, synced, then renamed over it, so that a reader sees the
// old store or the new one. The replaced file keeps the name results.previous.h5 until the next
// call: a reader on another NFS client still has its file open. Does nothing when the store at
// `path` already covers more of the journal (another publisher was faster).
void write_store(const sweep::Record& record, sweep::JournalEnd end,
                 const std::filesystem::path& path);

// Reads the journal of a sweep and writes its store; again when a later start began meanwhile.
void publish(const std::filesystem::path& sweep);

// How the store at `path` differs from one written now of `record`, in words; nothing when it says
// the same. Throws InputError when it cannot be read.
std::optional<std::string> difference_of_store(const sweep::Record& record, sweep::JournalEnd end,
                                               const std::filesystem::path& path);

// How much of the journal a store covers; nothing when there is no store (or no readable one).
std::optional<sweep::JournalEnd> covered(const std::filesystem::path& path);

// Reads one table of a store into memory and closes the file; tries again when the file is
// replaced meanwhile (ESTALE on NFS). Throws InputError for a store of a newer format, or a damaged
// one.
Table read_table(const std::filesystem::path& path, const std::string& name);

}  // namespace graft::results
