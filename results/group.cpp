// SPDX-License-Identifier: Apache-2.0
#include "results/group.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "core/error.hpp"
#include "core/text.hpp"

#include "results/statistics/summary.hpp"

namespace graft::results {

namespace {

// Equal cells, equal keys (missing numbers are equal here).
std::uint64_t key_of(const Column& column, std::size_t row) {
    if (const auto* texts = std::get_if<Texts>(&column.data)) {
        return texts->code(row);
    }
    const double number = column.number(row);
    return std::bit_cast<std::uint64_t>(std::isnan(number) ? double(NAN) : number + 0.0);
}

std::vector<double> numbers_of(const Column& column, const std::vector<std::size_t>& rows,
                               const std::vector<bool>& ended) {
    std::vector<double> numbers;
    for (const std::size_t row : rows) {
        if (ended[row]) {
            numbers.push_back(column.number(row));
        }
    }
    return numbers;
}

// Trials that stand behind a group, each counted once: in epochs mode a trial has many rows.
Column count(const std::string& name, const Table& table, const Groups& groups, auto counts) {
    const auto& trials = std::get<Texts>(table.at("trial").data);
    return column(name, groups, [&](const std::vector<std::size_t>& rows) {
        std::vector<std::uint32_t> found;
        for (const std::size_t row : rows) {
            if (counts(row)) {
                found.push_back(trials.code(row));
            }
        }
        std::sort(found.begin(), found.end());
        return std::unique(found.begin(), found.end()) - found.begin();
    });
}

std::vector<Column> count_columns(const Table& table, const Groups& groups,
                                  const std::vector<std::string>& values,
                                  const std::vector<bool>& ended) {
    const auto& states = std::get<Texts>(table.at("state").data);
    const Column& first = table.at(values.front());
    const auto in_state = [&](std::string_view state) {
        return [&states, state](std::size_t row) { return states.at(row) == state; };
    };
    return {count("n", table, groups,
                  [&](std::size_t row) { return ended[row] && !std::isnan(first.number(row)); }),
            count("of", table, groups, [](std::size_t) { return true; }),
            count("diverged", table, groups, in_state("diverged")),
            count("failed", table, groups, in_state("failed"))};
}

Column floor_column(const Column& floor, const Groups& groups) {
    return column(floor.name, groups,
                  [&](const std::vector<std::size_t>& rows) { return floor.number(rows.front()); });
}

}  // namespace

Groups group_rows(const Table& table, const std::vector<std::size_t>& rows,
                  const std::vector<std::string>& by) {
    // Each column divides the groups so far; numbers are given in the order of first rows.
    std::vector<std::uint64_t> group(rows.size(), 0);
    std::uint64_t count = rows.empty() ? 0 : 1;
    for (const auto& name : by) {
        const Column& column = table.at(name);
        std::vector<std::unordered_map<std::uint64_t, std::uint64_t>> parts(count);
        count = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto [place, is_new] =
                parts[group[i]].try_emplace(key_of(column, rows[i]), count);
            count += is_new ? 1 : 0;
            group[i] = place->second;
        }
    }
    Groups groups(count);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        groups[group[i]].push_back(rows[i]);
    }
    return groups;
}

std::vector<Difference> differences(const Table& table, const Groups& groups,
                                    const std::vector<std::string>& columns) {
    std::vector<Difference> found;
    Groups parts = groups;
    for (const auto& name : columns) {
        const Column& column = table.at(name);
        const auto differ = [&](const std::vector<std::size_t>& rows) {
            const auto first = key_of(column, rows.front());
            return std::any_of(rows.begin(), rows.end(),
                               [&](std::size_t row) { return key_of(column, row) != first; });
        };
        const auto group = std::find_if(parts.begin(), parts.end(), differ);
        if (group == parts.end()) {
            continue;
        }
        Difference difference{name, {}};
        for (const auto& part : group_rows(table, *group, {name})) {
            const std::string text = text_of(column.at(part.front()));
            difference.values.push_back(text.empty() ? "none" : text);
        }
        found.push_back(std::move(difference));
        Groups smaller;
        for (const auto& rows : parts) {
            for (auto& part : group_rows(table, rows, {name})) {
                smaller.push_back(std::move(part));
            }
        }
        parts = std::move(smaller);
    }
    return found;
}

void fail_unlike(const std::vector<Difference>& found, const std::vector<std::string>& group_by) {
    std::vector<std::string> texts;
    std::vector<std::string> by = group_by;
    for (const auto& difference : found) {
        auto values = difference.values;
        if (values.size() > 6) {
            values.resize(6);
            values.emplace_back("...");
        }
        texts.push_back(fmt::format("{} ({})", difference.column, core::join(values)));
        by.push_back(difference.column);
    }
    const auto& first = found.front();
    core::fail_input(
        "cannot average rows that differ in {} (they are no repetitions of each other). Divide "
        "them: --group-by {}; or choose one: --where '{}={}'.",
        core::join(texts, " and in "), core::join(by, ","), first.column, first.values.front());
}

Table group_table(const Table& table, const Groups& groups, const std::vector<std::string>& by,
                  const std::vector<std::string>& values, const std::vector<bool>& ended) {
    Table result{"groups", {}};
    std::vector<std::size_t> firsts;
    for (const auto& rows : groups) {
        firsts.push_back(rows.front());
    }
    for (const auto& name : by) {
        result.columns.push_back(gather(table.at(name), firsts));
    }
    for (auto& counts : count_columns(table, groups, values, ended)) {
        result.columns.push_back(std::move(counts));
    }
    for (const auto& value : values) {
        const Column& source = table.at(value);
        const auto part = [&](const char* suffix, double statistics::Summary::*member) {
            return column(value + suffix, groups, [&](const std::vector<std::size_t>& rows) {
                return statistics::summarise(numbers_of(source, rows, ended)).*member;
            });
        };
        result.columns.push_back(part("_mean", &statistics::Summary::mean));
        result.columns.push_back(part("_sd", &statistics::Summary::sd));
        if (const Column* floor = table.find(value + "_floor")) {
            result.columns.push_back(floor_column(*floor, groups));
        }
    }
    return result;
}

}  // namespace graft::results
