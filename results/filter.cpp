// SPDX-License-Identifier: Apache-2.0
#include "results/filter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::results {

namespace {

struct Sign {
    std::string_view text;
    Comparison comparison;
};
// Longer signs first: "<" also starts "<=".
constexpr std::array<Sign, 7> kSigns{{{"!=", Comparison::unequal},
                                      {"<=", Comparison::at_most},
                                      {">=", Comparison::at_least},
                                      {"==", Comparison::equal},
                                      {"=", Comparison::equal},
                                      {"<", Comparison::less},
                                      {">", Comparison::greater}}};

bool ordered(Comparison comparison) {
    return comparison != Comparison::equal && comparison != Comparison::unequal;
}

bool holds(Comparison comparison, double cell, double value) {
    switch (comparison) {
        case Comparison::less:
            return cell < value;
        case Comparison::at_most:
            return cell <= value;
        case Comparison::greater:
            return cell > value;
        case Comparison::at_least:
            return cell >= value;
        default:
            return cell == value;
    }
}

// One filter made ready for one column.
struct Test {
    const Column* column;
    Comparison comparison;
    const std::vector<std::string>* texts;
    std::vector<double> numbers;  // of the texts; NaN where a text is none

    bool passes(double cell) const {
        if (ordered(comparison)) {
            return holds(comparison, cell, numbers.front());
        }
        const bool any = std::find(numbers.begin(), numbers.end(), cell) != numbers.end();
        return any == (comparison == Comparison::equal);
    }
    bool passes(const std::string& cell) const {
        if (!ordered(comparison) && std::find(texts->begin(), texts->end(), cell) != texts->end()) {
            return comparison == Comparison::equal;
        }
        return passes(core::parse_double(cell).value_or(NAN));
    }
};

Test test_of(const Columns& table, const Filter& filter) {
    Test test{&table.at(filter.column), filter.comparison, &filter.values, {}};
    for (const auto& value : filter.values) {
        const auto number = core::parse_double(value);
        if (!number && (ordered(filter.comparison) || !test.column->is_text())) {
            core::fail_input(
                "cannot compare column '{}' with '{}' (it holds numbers). Give a "
                "number, as in --where '{}=1'.",
                filter.column, value, filter.column);
        }
        test.numbers.push_back(number.value_or(NAN));
    }
    return test;
}

void keep_passing(const Test& test, std::vector<std::size_t>& rows) {
    const auto* texts = std::get_if<Texts>(&test.column->data);
    if (!texts) {
        std::erase_if(rows,
                      [&](std::size_t row) { return !test.passes(test.column->number(row)); });
        return;
    }
    std::vector<bool> passes;  // by code: there are few different texts
    for (const auto& value : texts->values()) {
        passes.push_back(test.passes(value));
    }
    std::erase_if(rows, [&](std::size_t row) { return !passes[texts->code(row)]; });
}

}  // namespace

Filter parse_filter(const std::string& text) {
    const std::size_t at = text.find_first_of("!<>=");
    for (const auto& sign : kSigns) {
        if (at == std::string::npos || at == 0 || text.compare(at, sign.text.size(), sign.text)) {
            continue;
        }
        Filter filter{text, text.substr(0, at), sign.comparison, {}};
        const std::string value = text.substr(at + sign.text.size());
        filter.values = ordered(sign.comparison) ? std::vector{value} : core::split(value, ',');
        return filter;
    }
    core::fail_input(
        "cannot read the filter '{}' (expected a column, one of = != < <= > >=, and a "
        "value). Write for example --where 'dataset=retina,cancer' 'freeze>=50'.",
        text);
}

std::vector<std::size_t> matching(const Columns& table, const std::vector<Filter>& filters) {
    std::vector<std::size_t> rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0);
    for (const auto& filter : filters) {
        keep_passing(test_of(table, filter), rows);
    }
    return rows;
}

std::vector<std::string> unmatched_values(const Columns& table,
                                          const std::vector<Filter>& filters) {
    std::vector<std::string> found;
    for (const auto& filter : filters) {
        const Column& column = table.at(filter.column);
        if (!column.is_text() || ordered(filter.comparison)) {
            continue;
        }
        const auto& known = std::get<Texts>(column.data).values();
        for (const auto& value : filter.values) {
            const Filter one{filter.text, filter.column, Comparison::equal, {value}};
            if (!matching(table, {one}).empty()) {
                continue;
            }
            const std::string near = core::nearest(value, known);
            found.push_back(
                fmt::format("no row has {} '{}'.{}", filter.column, value,
                            near.empty() ? "" : fmt::format(" Did you mean '{}'?", near)));
        }
    }
    return found;
}

}  // namespace graft::results
