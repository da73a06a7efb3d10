// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "sweep/record.hpp"

#include "results/table.hpp"

namespace graft::results {

// The tables of a sweep, made from its record: the store writes them and query works on them, so
// both say the same. Rows are in the order of the plan. docs/store.md describes every column.

Table trials_table(const sweep::Record& record);
Table epochs_table(const sweep::Record& record);
Table epochs_table(const sweep::Trial& trial);  // its rows alone
// The same, with columns made when they are asked for; `record` (and `cache`) must live as long.
// `cache`: has the rows of those trials whose rows are not in the record; null: all are there.
class RowCache;
LazyTable trial_columns(const sweep::Record& record, const RowCache* cache);
LazyTable epoch_columns(const sweep::Record& record, const RowCache* cache);

Table attempts_table(const sweep::Record& record);
Table datasets_table(const sweep::Record& record);
Table skipped_table(const sweep::Record& record);
Table provenance_table(const sweep::Record& record);

// All of them, in this order.
using MakeTable = Table (*)(const sweep::Record& record);
inline constexpr std::array<MakeTable, 6> kTableMakers{
    trials_table, epochs_table, attempts_table, datasets_table, skipped_table, provenance_table};

// The columns of /trials that say what was trained, seed excepted: rows that differ in one of them
// are not repetitions of each other.
std::vector<std::string> setting_columns();

}  // namespace graft::results
