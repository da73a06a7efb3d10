// SPDX-License-Identifier: Apache-2.0
#include "results/sql_functions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include <sqlite3.h>

#include "results/statistics/interval.hpp"
#include "results/statistics/summary.hpp"

namespace graft::results {

namespace {

using Values = std::vector<double>;

// Between the two middle ones when there is an even number.
double median(Values& values) {
    if (values.empty()) {
        return NAN;
    }
    const auto middle = values.begin() + std::ssize(values) / 2;
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) {
        return *middle;
    }
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}
double stddev(Values& values) {
    return statistics::summarise(values).sd;
}
double ci_low(Values& values) {
    return statistics::mean_interval(values).low;
}
double ci_high(Values& values) {
    return statistics::mean_interval(values).high;
}

// The group's values so far; SQLite keeps a pointer to them.
Values** place_of(sqlite3_context* context, int bytes) {
    return static_cast<Values**>(sqlite3_aggregate_context(context, bytes));
}

void step(sqlite3_context* context, int, sqlite3_value** arguments) {
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) {
        return;
    }
    Values** place = place_of(context, sizeof(Values*));
    if (!place) {
        sqlite3_result_error_nomem(context);
        return;
    }
    try {
        if (!*place) {
            *place = std::make_unique<Values>().release();
        }
        (*place)->push_back(sqlite3_value_double(arguments[0]));
    } catch (const std::bad_alloc&) {
        sqlite3_result_error_nomem(context);
    }
}

template <double (*Of)(Values&)>
void finish(sqlite3_context* context) {
    Values** place = place_of(context, 0);
    const std::unique_ptr<Values> values(place ? *place : nullptr);
    if (place) {
        *place = nullptr;
    }
    const double value = values ? Of(*values) : NAN;
    if (std::isnan(value)) {
        sqlite3_result_null(context);
    } else {
        sqlite3_result_double(context, value);
    }
}

}  // namespace

int add_sql_functions(sqlite3* database) {
    using Finish = void (*)(sqlite3_context*);
    constexpr std::array<std::pair<const char*, Finish>, 4> functions{
        {{"median", finish<median>},
         {"stddev", finish<stddev>},
         {"ci_low", finish<ci_low>},
         {"ci_high", finish<ci_high>}}};
    for (const auto& [name, end] : functions) {
        constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
        const int code =
            sqlite3_create_function(database, name, 1, flags, nullptr, nullptr, step, end);
        if (code != SQLITE_OK) {
            return code;
        }
    }
    return SQLITE_OK;
}

}  // namespace graft::results
