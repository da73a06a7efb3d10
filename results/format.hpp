// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/table.hpp"

namespace graft::results {

// For people: aligned, four decimals, "0.9123 ± 0.0042" for a _mean and _sd pair, "floor" for the
// floor beside its AUC, "-" for what is missing. Columns that say nothing are left out: counts of
// diverged and failed that are all zero, floors that are all unknown.
std::string text_table(const Table& table);

// For programs, in full precision. CSV (RFC 4180): a missing number is empty. JSON: a list of
// objects, a missing number is null.
std::string csv_text(const Table& table);
std::string json_text(const Table& table);

// A text in quotes for JSON, escaped.
std::string json_quoted(std::string_view text);
// A number for JSON; null when it is not finite.
std::string json_number(double value);

}  // namespace graft::results
