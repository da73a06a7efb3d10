// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "core/file.hpp"

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

namespace graft::results {

// results.cache: what large sweeps have beside their store so that a question need not read the
// whole journal (400 MB for a million epochs). It holds the record as it was at a place of the
// journal, without the rows of epochs, and these rows column by column. It is written when the
// store is, by rename, and may be deleted at any time. Whoever uses it reads the journal from that
// place on, so nothing is missing; where it does not fit the journal (any more) it is not used.
//   "graftrow", format (uint32), bytes of the head (uint32), XXH3 of the head, head, record,
//   column after column: one cell of 8 bytes for each row (epochs.hpp), little-endian
// The head has the checksums of the record and of each column's blocks.
constexpr std::uint32_t kRowCacheFormat = 3;
// Fewer rows than this are not worth a file: the journal is read in less than 0.1 s.
constexpr std::size_t kLeastCachedRows = 20'000;

std::filesystem::path row_cache_path(const std::filesystem::path& sweep);

// Writes it beside the store, where there is space; removes it when the record has fewer rows than
// `least`.
void write_row_cache(const sweep::Record& record, sweep::JournalEnd end,
                     const std::filesystem::path& sweep, std::size_t least = kLeastCachedRows);

// A block of it does not have its checksum, or cannot be read: the journal has it all.
class BadRowCache : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The open cache: rows of trials that the journal says nothing newer about.
class RowCache {
  public:
    struct Head;
    RowCache(const RowCache&) = delete;
    RowCache& operator=(const RowCache&) = delete;
    ~RowCache();

    // How many rows of trial number `trial` are here (0: the record has them, or there are none),
    // and where they begin.
    std::size_t rows_of(std::size_t trial) const {
        return trial < counts_.size() ? counts_[trial] : 0;
    }
    std::size_t first_row(std::size_t trial) const { return firsts_[trial]; }
    // Cells first .. first + count of a column, 8 bytes each. Throws BadRowCache.
    void read(std::size_t column, std::size_t first, std::size_t count, char* into) const;

  private:
    friend struct CachedRecord;
    RowCache(core::ReadFile file, std::unique_ptr<Head> head);
    void read_blocks(std::size_t column, std::size_t first, std::size_t last, char* into) const;
    // Moves the rows of a trial into the record.
    void move_rows(std::size_t trial, sweep::Record& record);

    core::ReadFile file_;
    std::unique_ptr<Head> head_;
    std::uint64_t columns_at_ = 0;
    std::size_t total_ = 0;  // rows in the file
    std::vector<std::size_t> counts_, firsts_;
};

// A sweep as its journal has it now, read by way of its cache.
struct CachedRecord {
    sweep::Record record;  // of the trials in `rows` without their rows
    std::unique_ptr<RowCache> rows;
    sweep::JournalEnd end;

    // Nothing when there is no cache, or none that fits: then read the journal.
    static std::optional<CachedRecord> read(const std::filesystem::path& sweep);
};

}  // namespace graft::results
