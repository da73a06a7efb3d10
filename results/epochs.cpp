// SPDX-License-Identifier: Apache-2.0
#include "results/epochs.hpp"

#include <algorithm>
#include <bit>
#include <span>

#include "results/row_cache.hpp"
#include "results/tables.hpp"

namespace graft::results {

namespace {

using sweep::EpochRow;
using sweep::Metrics;
using sweep::Phase;
using Kind = EpochColumn::Kind;

template <auto Member>
EpochColumn integer(std::string_view name) {
    return {name, Kind::integer,
            [](const EpochRow& row) { return static_cast<std::uint64_t>(row.*Member); },
            [](EpochRow& row, std::uint64_t cell) {
                row.*Member = static_cast<std::remove_cvref_t<decltype(row.*Member)>>(cell);
            }};
}

template <double EpochRow::*Member>
EpochColumn number(std::string_view name) {
    return {name, Kind::number,
            [](const EpochRow& row) { return std::bit_cast<std::uint64_t>(row.*Member); },
            [](EpochRow& row, std::uint64_t cell) { row.*Member = std::bit_cast<double>(cell); }};
}

template <double Metrics::*Member>
EpochColumn metric(std::string_view name) {
    return {
        name, Kind::number,
        [](const EpochRow& row) { return std::bit_cast<std::uint64_t>(row.validation.*Member); },
        [](EpochRow& row, std::uint64_t cell) {
            row.validation.*Member = std::bit_cast<double>(cell);
        }};
}

EpochColumn phase(std::string_view name) {
    return {name, Kind::phase,
            [](const EpochRow& row) { return static_cast<std::uint64_t>(row.phase); },
            [](EpochRow& row, std::uint64_t cell) { row.phase = static_cast<Phase>(cell); }};
}

// Rows of some trials, in the order of the plan: what each has in the record and in the cache (all
// of them in one of the two).
struct Rows {
    std::span<const sweep::Trial> trials;
    const RowCache* cache = nullptr;
    std::size_t count = 0;

    Rows(std::span<const sweep::Trial> of, const RowCache* beside) : trials(of), cache(beside) {
        for (std::size_t i = 0; i < trials.size(); ++i) {
            count += trials[i].rows.size() + cached(i);
        }
    }
    std::size_t cached(std::size_t trial) const { return cache ? cache->rows_of(trial) : 0; }

    // Calls `here(trial)` for trials whose rows the record has, and `there(first, rows)` for those
    // that the cache has, rows that follow one another in one call.
    void walk(auto here, auto there) const {
        std::size_t first = 0, rows = 0;
        for (std::size_t i = 0; i < trials.size(); ++i) {
            const std::size_t more = cached(i);
            if (more > 0 && first + rows != cache->first_row(i)) {
                there(first, rows);
                first = cache->first_row(i);
                rows = 0;
            }
            rows += more;
            if (!trials[i].rows.empty()) {
                there(first, rows);
                first += rows;
                rows = 0;
                here(trials[i]);
            }
        }
        there(first, rows);
    }
};

// `Cell`: what the column's cells are, eight bytes.
template <class Cell>
std::vector<Cell> cells_of(const Rows& rows, std::size_t index) {
    static_assert(sizeof(Cell) == sizeof(std::uint64_t));
    const auto& column = epoch_cells().at(index);
    std::vector<Cell> cells(rows.count);
    Cell* next = cells.data();
    rows.walk(
        [&](const sweep::Trial& trial) {
            for (const auto& row : trial.rows) {
                *next++ = std::bit_cast<Cell>(column.cell(row));
            }
        },
        [&](std::size_t first, std::size_t count) {
            if (count > 0) {
                rows.cache->read(index, first, count, reinterpret_cast<char*>(next));
                next += count;
            }
        });
    return cells;
}

Column made(const Rows& rows, std::size_t index) {
    const auto& column = epoch_cells().at(index);
    const std::string name(column.name);
    switch (column.kind) {
        case Kind::integer:
            return {name, cells_of<std::int64_t>(rows, index)};
        case Kind::number:
            return {name, cells_of<double>(rows, index)};
        case Kind::phase:
            break;
    }
    const auto& names = core::EnumNames<Phase>::names;
    std::vector<std::uint32_t> codes;
    codes.reserve(rows.count);
    for (const auto cell : cells_of<std::uint64_t>(rows, index)) {
        codes.push_back(
            std::min<std::uint32_t>(static_cast<std::uint32_t>(cell), names.size() - 1));
    }
    return {name, Texts({names.begin(), names.end()}, std::move(codes))};
}

Column trial_names(const Rows& rows) {
    const auto& trials = rows.trials;
    std::vector<std::string> names;
    std::vector<std::uint32_t> codes;
    names.reserve(trials.size());
    codes.reserve(rows.count);
    for (std::size_t i = 0; i < trials.size(); ++i) {
        names.push_back(trials[i].id.text());
        codes.insert(codes.end(), trials[i].rows.size() + rows.cached(i),
                     static_cast<std::uint32_t>(i));
    }
    return {"trial", Texts(std::move(names), std::move(codes))};
}

}  // namespace

const std::array<EpochColumn, kEpochColumns>& epoch_cells() {
    static const std::array<EpochColumn, kEpochColumns> columns{
        phase("phase"),
        integer<&EpochRow::epoch>("epoch"),
        integer<&EpochRow::step>("step"),
        number<&EpochRow::train_loss>("train_loss"),
        number<&EpochRow::train_accuracy>("train_accuracy"),
        metric<&Metrics::loss>("val_loss"),
        metric<&Metrics::accuracy>("val_accuracy"),
        metric<&Metrics::auc>("val_auc"),
        metric<&Metrics::auc_micro>("val_auc_micro"),
        metric<&Metrics::auc_macro>("val_auc_macro"),
        number<&EpochRow::val_auc_reestimated>("val_auc_reestimated"),
        number<&EpochRow::seconds>("seconds"),
        number<&EpochRow::images_per_second>("images_per_second"),
    };
    return columns;
}

namespace {

LazyTable table_of(const Rows& rows) {
    std::vector<LazyTable::Source> sources{{"trial", [rows] { return trial_names(rows); }}};
    for (std::size_t i = 0; i < kEpochColumns; ++i) {
        sources.push_back(
            {std::string(epoch_cells()[i].name), [rows, i] { return made(rows, i); }});
    }
    return {"epochs", rows.count, std::move(sources)};
}

}  // namespace

LazyTable epoch_columns(const sweep::Record& record, const RowCache* cache) {
    return table_of({record.trials(), cache});
}

Table epochs_table(const sweep::Record& record) {
    return epoch_columns(record, nullptr).whole();
}

Table epochs_table(const sweep::Trial& trial) {
    return table_of({{&trial, 1}, nullptr}).whole();
}

}  // namespace graft::results
