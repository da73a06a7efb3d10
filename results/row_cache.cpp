// SPDX-License-Identifier: Apache-2.0
#include "results/row_cache.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/error.hpp"
#include "core/hash.hpp"

#include "results/epochs.hpp"

namespace graft::results {

namespace fs = std::filesystem;

struct RowCache::Head {
    std::int64_t segment = 0;
    std::uint64_t offset = 0;
    std::string start_id;  // of that segment
    std::uint64_t record_bytes = 0, record_sum = 0;
    std::vector<std::uint32_t> counts;  // rows of each trial
    std::vector<std::uint64_t> sums;    // of each block of each column
    template <class Archive>
    void fields(Archive& archive) {
        archive(segment, offset, start_id, record_bytes, record_sum, counts, sums);
    }
    std::size_t rows() const {
        std::size_t sum = 0;
        for (const auto count : counts) {
            sum += count;
        }
        return sum;
    }
};

namespace {

constexpr std::string_view kMagic = "graftrow";
constexpr std::size_t kCell = sizeof(std::uint64_t);
constexpr std::size_t kBlock = 4096;  // cells
// Magic, format, bytes of the head, its checksum.
constexpr std::size_t kFixedBytes = 8 + 2 * sizeof(std::uint32_t) + sizeof(std::uint64_t);

std::size_t blocks_of(std::size_t rows) {
    return (rows + kBlock - 1) / kBlock;
}

std::string column_bytes(const sweep::Record& record, const EpochColumn& column, std::size_t rows) {
    std::string bytes(rows * kCell, '\0');
    char* to = bytes.data();
    for (const auto& trial : record.trials()) {
        for (const auto& row : trial.rows) {
            const std::uint64_t cell = column.cell(row);
            std::memcpy(to, &cell, kCell);
            to += kCell;
        }
    }
    return bytes;
}

std::string cache_bytes(const sweep::Record& record, sweep::JournalEnd end) {
    const std::string snapshot = record.bytes_without_rows();
    RowCache::Head head{end.segment,
                        end.bytes,
                        record.starts().back().started.start_id,
                        snapshot.size(),
                        core::checksum(snapshot),
                        {},
                        {}};
    for (const auto& trial : record.trials()) {
        head.counts.push_back(static_cast<std::uint32_t>(trial.rows.size()));
    }
    std::string columns;
    columns.reserve(head.rows() * kCell * kEpochColumns);
    for (const auto& column : epoch_cells()) {
        const std::string bytes = column_bytes(record, column, head.rows());
        for (std::size_t at = 0; at < bytes.size(); at += kBlock * kCell) {
            head.sums.push_back(core::checksum(std::string_view(bytes).substr(at, kBlock * kCell)));
        }
        columns += bytes;
    }
    const std::string encoded = core::encode(head);
    return std::string(kMagic) + core::encode(kRowCacheFormat) +
           core::encode(static_cast<std::uint32_t>(encoded.size())) +
           core::encode(core::checksum(encoded)) + encoded + snapshot + columns;
}

std::string bytes_at(const core::ReadFile& file, std::uint64_t offset, std::size_t count) {
    if (offset > file.size() || count > file.size() - offset) {
        throw BadRowCache("it is shorter than it says");
    }
    std::string bytes(count, '\0');
    file.read_at(offset, bytes.data(), count);
    return bytes;
}

// Nothing for a cache of another format.
std::unique_ptr<RowCache::Head> read_head(const core::ReadFile& file, std::uint64_t& head_bytes) {
    const std::string fixed = bytes_at(file, 0, kFixedBytes);
    std::array<std::uint32_t, 2> format_and_bytes{};
    std::uint64_t sum = 0;
    std::memcpy(format_and_bytes.data(), fixed.data() + kMagic.size(), sizeof format_and_bytes);
    std::memcpy(&sum, fixed.data() + kFixedBytes - sizeof sum, sizeof sum);
    if (!fixed.starts_with(kMagic) || format_and_bytes[0] != kRowCacheFormat) {
        return nullptr;
    }
    head_bytes = format_and_bytes[1];
    const std::string bytes = bytes_at(file, kFixedBytes, head_bytes);
    if (core::checksum(bytes) != sum) {
        throw BadRowCache("its head is damaged");
    }
    return std::make_unique<RowCache::Head>(core::decode<RowCache::Head>(bytes));
}

}  // namespace

fs::path row_cache_path(const fs::path& sweep) {
    return sweep / "results.cache";
}

void write_row_cache(const sweep::Record& record, sweep::JournalEnd end, const fs::path& sweep,
                     std::size_t least) {
    const fs::path path = row_cache_path(sweep);
    std::size_t rows = 0;
    for (const auto& trial : record.trials()) {
        rows += trial.rows.size();
    }
    std::error_code error;
    if (rows < least && fs::exists(path, error)) {
        core::remove_file(path);
    }
    // The newest segment may be one that nobody began: then no start stands for the place.
    if (rows < least || end.bytes == 0) {
        return;
    }
    try {
        core::write_file(path, cache_bytes(record, end));
    } catch (const core::Error&) {
        // No space, say: without it questions read the journal, which has it all.
    }
}

RowCache::RowCache(core::ReadFile file, std::unique_ptr<Head> head)
    : file_(std::move(file)), head_(std::move(head)) {
    std::size_t first = 0;
    for (const auto count : head_->counts) {
        counts_.push_back(count);
        firsts_.push_back(first);
        first += count;
    }
    total_ = first;
    if (head_->sums.size() != blocks_of(total_) * kEpochColumns) {
        throw BadRowCache("its head does not fit its rows");
    }
}

RowCache::~RowCache() = default;

// Rows first .. last: whole blocks, but for the last one of the column.
void RowCache::read_blocks(std::size_t column, std::size_t first, std::size_t last,
                           char* into) const {
    try {
        file_.read_at(columns_at_ + (column * total_ + first) * kCell, into,
                      (last - first) * kCell);
    } catch (const core::Error& error) {
        throw BadRowCache(error.what());
    }
    const std::size_t sums = column * blocks_of(total_);
    for (std::size_t at = first; at < last; at += kBlock) {
        const std::string_view block(into + (at - first) * kCell,
                                     std::min(kBlock, last - at) * kCell);
        if (core::checksum(block) != head_->sums[sums + at / kBlock]) {
            throw BadRowCache("a block is damaged");
        }
    }
}

void RowCache::read(std::size_t column, std::size_t first, std::size_t count, char* into) const {
    std::vector<char> part(kBlock * kCell);
    for (const std::size_t end = first + count; first < end;) {
        const std::size_t block = first / kBlock * kBlock;
        const std::size_t block_end = std::min(block + kBlock, total_);
        // A few at once, while they are in the processor's cache to be summed up.
        std::size_t last = std::min(first + 16 * kBlock, end);
        last = last == total_ ? last : last / kBlock * kBlock;
        if (block == first && last >= block_end) {
            read_blocks(column, first, last, into);
        } else {
            read_blocks(column, block, block_end, part.data());
            last = std::min(block_end, end);
            std::memcpy(into, part.data() + (first - block) * kCell, (last - first) * kCell);
        }
        into += (last - first) * kCell;
        first = last;
    }
}

void RowCache::move_rows(std::size_t trial, sweep::Record& record) {
    std::vector<sweep::EpochRow> rows(counts_[trial]);
    std::vector<std::uint64_t> cells(rows.size());
    for (std::size_t column = 0; column < kEpochColumns; ++column) {
        read(column, firsts_[trial], rows.size(), reinterpret_cast<char*>(cells.data()));
        for (std::size_t row = 0; row < rows.size(); ++row) {
            epoch_cells()[column].put(rows[row], cells[row]);
        }
    }
    record.give_rows(trial, std::move(rows));
    counts_[trial] = 0;
}

namespace {

// Trials of which the events tell rows: these go on from those that the record has.
std::vector<sweep::TrialId> trials_with_rows(const std::vector<sweep::Event>& events) {
    std::vector<sweep::TrialId> ids;
    for (const auto& event : events) {
        if (const auto* saved = std::get_if<sweep::SaveRecorded>(&event)) {
            for (const auto& member : saved->save.members) {
                ids.push_back(member.trial);
            }
        }
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

}  // namespace

std::optional<CachedRecord> CachedRecord::read(const fs::path& sweep) {
    std::error_code error;
    if (!fs::exists(row_cache_path(sweep), error)) {
        return std::nullopt;
    }
    try {
        core::ReadFile file(row_cache_path(sweep));
        std::uint64_t head_bytes = 0;
        auto head = read_head(file, head_bytes);
        if (!head) {
            return std::nullopt;
        }
        auto tail = sweep::read_tail(sweep, {head->segment, head->offset}, head->start_id);
        const auto bytes = bytes_at(file, kFixedBytes + head_bytes, head->record_bytes);
        if (!tail || core::checksum(bytes) != head->record_sum) {
            return std::nullopt;
        }
        CachedRecord cached{sweep::Record::from_bytes(bytes), nullptr, tail->end};
        if (cached.record.trials().size() != head->counts.size()) {
            return std::nullopt;
        }
        const auto columns_at = kFixedBytes + head_bytes + head->record_bytes;
        cached.rows.reset(new RowCache(std::move(file), std::move(head)));
        cached.rows->columns_at_ = columns_at;
        const auto& trials = cached.record.trials();
        for (const auto& id : trials_with_rows(tail->events)) {
            if (const auto* trial = cached.record.find(id)) {
                cached.rows->move_rows(static_cast<std::size_t>(trial - trials.data()),
                                       cached.record);
            }
        }
        for (const auto& event : tail->events) {
            cached.record.apply(event);
        }
        return cached;
    } catch (const BadRowCache&) {
    } catch (const core::DecodeError&) {
    } catch (const core::Error&) {
    }
    return std::nullopt;  // whoever reads the whole journal hears what is wrong
}

}  // namespace graft::results
