// SPDX-License-Identifier: Apache-2.0
#include "results/epochs.hpp"

#include <bit>
#include <memory>

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

// Rows in the order of the plan: how many each trial has in the record and in the cache (all of
// them in one of the two).
struct Rows {
    const sweep::Record* record;
    const RowCache* cache;
    std::size_t count = 0;

    // Calls `here(trial)` for trials whose rows the record has, and `there(first, rows)` for those
    // that the cache has, rows that follow one another in one call.
    void walk(auto here, auto there) const {
        std::size_t first = 0, rows = 0;
        const auto& trials = record->trials();
        for (std::size_t i = 0; i < trials.size(); ++i) {
            const std::size_t cached = cache ? cache->rows_of(i) : 0;
            if (cached > 0 && first + rows != cache->first_row(i)) {
                there(first, rows);
                first = cache->first_row(i);
                rows = 0;
            }
            rows += cached;
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

std::vector<std::uint64_t> cells_of(const Rows& rows, std::size_t index) {
    const auto& column = epoch_cells().at(index);
    std::vector<std::uint64_t> cells;
    cells.reserve(rows.count);
    rows.walk(
        [&](const sweep::Trial& trial) {
            for (const auto& row : trial.rows) {
                cells.push_back(column.cell(row));
            }
        },
        [&](std::size_t first, std::size_t count) {
            if (count > 0) {
                rows.cache->read(index, first, count, cells);
            }
        });
    return cells;
}

Column phases(std::string name, const std::vector<std::uint64_t>& cells) {
    const auto& names = core::EnumNames<Phase>::names;
    std::vector<std::uint32_t> codes;
    codes.reserve(cells.size());
    for (const auto cell : cells) {
        codes.push_back(static_cast<std::uint32_t>(cell));
    }
    return {std::move(name), Texts({names.begin(), names.end()}, std::move(codes))};
}

// The cells as numbers of another type of the same size.
template <class Cells>
Column recast(std::string name, const std::vector<std::uint64_t>& cells) {
    Cells numbers;
    numbers.reserve(cells.size());
    for (const auto cell : cells) {
        numbers.push_back(std::bit_cast<typename Cells::value_type>(cell));
    }
    return {std::move(name), std::move(numbers)};
}

Column made(const Rows& rows, std::size_t index) {
    const auto& column = epoch_cells().at(index);
    const auto cells = cells_of(rows, index);
    const std::string name(column.name);
    switch (column.kind) {
        case Kind::phase:
            return phases(name, cells);
        case Kind::integer:
            return recast<Integers>(name, cells);
        case Kind::number:
            break;
    }
    return recast<Numbers>(name, cells);
}

Column trial_names(const Rows& rows) {
    const auto& trials = rows.record->trials();
    std::vector<std::string> names;
    std::vector<std::uint32_t> codes;
    names.reserve(trials.size());
    codes.reserve(rows.count);
    for (std::size_t i = 0; i < trials.size(); ++i) {
        names.push_back(trials[i].id.value);
        const std::size_t cached = rows.cache ? rows.cache->rows_of(i) : 0;
        codes.insert(codes.end(), trials[i].rows.size() + cached, static_cast<std::uint32_t>(i));
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

LazyTable epoch_columns(const sweep::Record& record, const RowCache* cache) {
    Rows rows{&record, cache, 0};
    for (std::size_t i = 0; i < record.trials().size(); ++i) {
        rows.count += record.trials()[i].rows.size() + (cache ? cache->rows_of(i) : 0);
    }
    std::vector<LazyTable::Source> sources{{"trial", [rows] { return trial_names(rows); }}};
    for (std::size_t i = 0; i < kEpochColumns; ++i) {
        sources.push_back(
            {std::string(epoch_cells()[i].name), [rows, i] { return made(rows, i); }});
    }
    return {"epochs", rows.count, std::move(sources)};
}

Table epochs_table(const sweep::Record& record) {
    return epoch_columns(record, nullptr).whole();
}

Table epochs_table(const sweep::Trial& trial) {
    Table table{"epochs",
                {column("trial", trial.rows, [&](const EpochRow&) { return trial.id.value; })}};
    for (const auto& one : epoch_cells()) {
        std::vector<std::uint64_t> cells;
        for (const auto& row : trial.rows) {
            cells.push_back(one.cell(row));
        }
        const std::string name(one.name);
        table.columns.push_back(one.kind == Kind::phase     ? phases(name, cells)
                                : one.kind == Kind::integer ? recast<Integers>(name, cells)
                                                            : recast<Numbers>(name, cells));
    }
    return table;
}

}  // namespace graft::results
