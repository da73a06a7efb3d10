// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/table.hpp"

namespace graft::results {

// How a table is shown to people. `joined`: <value>_mean, _sd, _low and _high in one column,
// "0.9123 [0.9081, 0.9165]", "floor" for the floor beside its AUC, and without columns that say
// nothing: counts of diverged and failed that are all zero, floors that are all unknown.
// `as_it_is`: every column under its name.
enum class Layout { joined, as_it_is };

// Aligned, four decimals of metrics, "-" for what is missing.
std::string text_table(const Table& table, Layout layout = Layout::joined);

// For programs, in full precision. CSV (RFC 4180): a missing number is empty. JSON: a list of
// objects, a missing number is null.
std::string csv_text(const Table& table);
std::string json_text(const Table& table);

// A text in quotes for JSON, escaped.
std::string json_quoted(std::string_view text);
// A number for JSON; null when it is not finite.
std::string json_number(double value);

}  // namespace graft::results
