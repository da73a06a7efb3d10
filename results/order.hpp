// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/group.hpp"
#include "results/table.hpp"

namespace graft::results {

// An order of rows: "column", "column:asc" or "column:desc".
struct Order {
    std::string column;
    bool descending = false;
};

// Without a direction, best first: large AUCs and accuracies, small losses and times. Throws
// InputError for another direction; `option` is how the user gave it ("--sort").
Order order_of(const std::string& text, const std::string& option);

// Puts `rows` in order; rows with equal cells keep their order, and missing numbers come last in
// both directions. With `top` > 0 only so many are kept.
void sort_rows(const Columns& table, const Order& order, std::size_t top,
               std::vector<std::size_t>& rows);

// The first row of each group by this order, in the order of the groups.
std::vector<std::size_t> first_rows(const Columns& table, const Order& order, const Groups& groups);

}  // namespace graft::results
