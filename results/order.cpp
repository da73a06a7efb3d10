// SPDX-License-Identifier: Apache-2.0
#include "results/order.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace graft::results {

namespace {

// Whether one row comes before another; equal ones by their numbers, so that there is one order.
class Before {
  public:
    Before(const Column& column, bool descending) : column_(&column), descending_(descending) {}

    bool operator()(std::size_t a, std::size_t b) const {
        const bool a_missing = missing(a), b_missing = missing(b);
        if (a_missing || b_missing) {
            return a_missing == b_missing ? a < b : b_missing;
        }
        const int order = column_->compare(a, b);
        return order == 0 ? a < b : (order < 0) != descending_;
    }

  private:
    bool missing(std::size_t row) const {
        return !column_->is_text() && std::isnan(column_->number(row));
    }

    const Column* column_;
    bool descending_;
};

}  // namespace

Order order_of(const std::string& text, const std::string& option) {
    const std::size_t colon = text.find(':');
    const std::string column = text.substr(0, colon);
    if (colon == std::string::npos) {
        const bool large_is_good = column.find("auc") != std::string::npos ||
                                   column.find("accuracy") != std::string::npos ||
                                   column == "images_per_second";
        return {column, large_is_good};
    }
    const std::string direction = text.substr(colon + 1);
    if (direction != "asc" && direction != "desc") {
        core::fail_input(
            "unknown direction '{}' in {} '{}' (expected asc or desc). Write for "
            "example {} {}:desc.",
            direction, option, text, option, column);
    }
    return {column, direction == "desc"};
}

void sort_rows(const Columns& table, const Order& order, std::size_t top,
               std::vector<std::size_t>& rows) {
    const Before before(table.at(order.column), order.descending);
    if (top > 0 && top < rows.size()) {
        const auto end = rows.begin() + static_cast<std::ptrdiff_t>(top);
        std::partial_sort(rows.begin(), end, rows.end(), before);
        rows.resize(top);
    } else {
        std::sort(rows.begin(), rows.end(), before);
    }
}

std::vector<std::size_t> first_rows(const Columns& table, const Order& order,
                                    const Groups& groups) {
    const Before before(table.at(order.column), order.descending);
    std::vector<std::size_t> firsts;
    for (const auto& rows : groups) {
        firsts.push_back(*std::min_element(rows.begin(), rows.end(), before));
    }
    return firsts;
}

}  // namespace graft::results
