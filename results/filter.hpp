// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/table.hpp"

namespace graft::results {

enum class Comparison { equal, unequal, less, at_most, greater, at_least };

// One --where: rows whose cell compares so with the value; with = and != several values may stand
// ("any of" and "none of").
struct Filter {
    std::string text;  // as typed
    std::string column;
    Comparison comparison = Comparison::equal;
    std::vector<std::string> values;
};

// "dataset=a,b", "freeze>=50", "init!=random". Throws InputError for anything else.
Filter parse_filter(const std::string& text);

// The rows that pass all filters, in order. Numbers are compared as numbers, also where a column of
// texts holds one ("same" and 1e-4). Throws InputError for an unknown column, or for a text where
// numbers are compared.
std::vector<std::size_t> matching(const Columns& table, const std::vector<Filter>& filters);

// For each filter of a text column with a value that no row has: what to tell the user, with the
// nearest value there is.
std::vector<std::string> unmatched_values(const Columns& table, const std::vector<Filter>& filters);

}  // namespace graft::results
