// SPDX-License-Identifier: Apache-2.0
#include "results/group.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "core/error.hpp"
#include "core/text.hpp"

#include "results/statistics/interval.hpp"
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

void numbers_of(const Column& column, const std::vector<std::size_t>& rows,
                const std::vector<bool>& ended, std::vector<double>& numbers) {
    numbers.clear();
    const auto* doubles = std::get_if<Numbers>(&column.data);
    for (const std::size_t row : rows) {
        if (ended[row]) {
            numbers.push_back(doubles ? (*doubles)[row] : column.number(row));
        }
    }
}

// Trials that stand behind a group, each counted once: in epochs mode a trial has many rows.
Column count(const std::string& name, const Columns& table, const Groups& groups, auto counts) {
    const auto& trials = std::get<Texts>(table.at("trial").data);
    std::vector<std::uint32_t> found;
    return column(name, groups, [&](const std::vector<std::size_t>& rows) {
        found.clear();
        for (const std::size_t row : rows) {
            if (counts(row) && (found.empty() || found.back() != trials.code(row))) {
                found.push_back(trials.code(row));
            }
        }
        if (!std::is_sorted(found.begin(), found.end())) {
            std::sort(found.begin(), found.end());
        }
        return std::unique(found.begin(), found.end()) - found.begin();
    });
}

Column count_of(const std::string& name, const Columns& table, const Groups& groups,
                const Column& value, const std::vector<bool>& ended) {
    return count(name, table, groups,
                 [&](std::size_t row) { return ended[row] && !std::isnan(value.number(row)); });
}

std::vector<Column> count_columns(const Columns& table, const Groups& groups,
                                  const std::vector<std::string>& values,
                                  const std::vector<bool>& ended) {
    const auto& states = std::get<Texts>(table.at("state").data);
    const auto in_state = [&](const char* state) {
        const auto& known = states.values();
        const auto code = std::find(known.begin(), known.end(), state) - known.begin();
        if (code == std::ssize(known)) {
            return column(state, groups, [](const auto&) { return std::int64_t{0}; });
        }
        return count(state, table, groups,
                     [&](std::size_t row) { return states.code(row) == code; });
    };
    return {count_of("n", table, groups, table.at(values.front()), ended),
            count("of", table, groups, [](std::size_t) { return true; }), in_state("diverged"),
            in_state("failed"), in_state("stopped")};
}

Column floor_column(const Column& floor, const Groups& groups) {
    return column(floor.name, groups,
                  [&](const std::vector<std::size_t>& rows) { return floor.number(rows.front()); });
}

// mean, sd, low and high of one value.
std::vector<Column> summary_columns(const Columns& table, const Column& value, const Groups& groups,
                                    const std::vector<bool>& ended) {
    std::vector<Column> columns;
    for (const char* suffix : {"_mean", "_sd", "_low", "_high"}) {
        columns.push_back({value.name + suffix, Numbers{}});
    }
    std::vector<double> numbers;
    for (const auto& rows : groups) {
        numbers_of(value, rows, ended, numbers);
        const auto interval = statistics::mean_interval(numbers, overlap_of(table, rows));
        const auto sd = statistics::summarise(numbers).sd;
        std::size_t i = 0;
        for (const double cell : {interval.estimate, sd, interval.low, interval.high}) {
            std::get<Numbers>(columns[i++].data).push_back(cell);
        }
    }
    return columns;
}

// Cells as small numbers, equal where the cells are; and how many there may be.
struct Codes {
    std::vector<std::uint32_t> of_row;  // of rows[i]
    std::uint64_t count = 0;
};

// By hashing; rows that follow one another are often equal.
Codes codes_of_keys(const std::vector<std::size_t>& rows, auto key_at) {
    Codes codes;
    codes.of_row.reserve(rows.size());
    std::unordered_map<std::uint64_t, std::uint32_t> known;
    std::uint64_t last_key = 0;
    std::uint32_t last = 0;
    for (const std::size_t row : rows) {
        const std::uint64_t key = key_at(row);
        if (codes.of_row.empty() || key != last_key) {
            last = known.try_emplace(key, static_cast<std::uint32_t>(known.size())).first->second;
            last_key = key;
        }
        codes.of_row.push_back(last);
    }
    codes.count = known.size();
    return codes;
}

// Integers that lie close together are their own codes.
Codes codes_of(const Integers& integers, const std::vector<std::size_t>& rows) {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::int64_t most = std::numeric_limits<std::int64_t>::min();
    for (const std::size_t row : rows) {
        least = std::min(least, integers[row]);
        most = std::max(most, integers[row]);
    }
    const auto range = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least);
    if (rows.empty() || range >= rows.size()) {
        return codes_of_keys(
            rows, [&](std::size_t row) { return static_cast<std::uint64_t>(integers[row]); });
    }
    Codes codes{{}, range + 1};
    codes.of_row.reserve(rows.size());
    for (const std::size_t row : rows) {
        codes.of_row.push_back(static_cast<std::uint32_t>(integers[row] - least));
    }
    return codes;
}

Codes codes_of(const Column& column, const std::vector<std::size_t>& rows) {
    if (const auto* integers = std::get_if<Integers>(&column.data)) {
        return codes_of(*integers, rows);
    }
    const auto* texts = std::get_if<Texts>(&column.data);
    if (!texts) {
        return codes_of_keys(rows, [&](std::size_t row) { return key_of(column, row); });
    }
    Codes codes{{}, texts->values().size()};
    codes.of_row.reserve(rows.size());
    for (const std::size_t row : rows) {
        codes.of_row.push_back(texts->code(row));
    }
    return codes;
}

// Divides groups (of row i: group[i] < count) by one more column; numbers are given in the order
// of first rows. Returns how many there are now.
std::uint32_t divide(const Codes& codes, std::vector<std::uint32_t>& group, std::uint64_t count) {
    constexpr auto unknown = ~std::uint32_t{0};
    const std::uint64_t pairs = count * codes.count;
    std::vector<std::uint32_t> direct;
    std::unordered_map<std::uint64_t, std::uint32_t> sparse;
    const bool few = pairs <= std::max<std::uint64_t>(group.size(), 1024);
    direct.resize(few ? pairs : 0, unknown);
    std::uint32_t found = 0;
    for (std::size_t i = 0; i < group.size(); ++i) {
        const auto pair = group[i] * codes.count + codes.of_row[i];
        auto& number = few ? direct[pair] : sparse.try_emplace(pair, unknown).first->second;
        if (number == unknown) {
            number = found++;
        }
        group[i] = number;
    }
    return found;
}

}  // namespace

statistics::Overlap overlap_of(const Columns& table, const std::vector<std::size_t>& rows) {
    const Column* fold = table.find("fold");
    if (!fold) {
        return {};
    }
    const auto& numbers = std::get<Integers>(fold->data);
    const auto& folds = std::get<Integers>(table.at("folds").data);
    std::int64_t first = 0, fewest = 0;
    bool several = false;
    for (const std::size_t row : rows) {
        if (folds[row] > 0) {
            first = first > 0 ? first : numbers[row];
            several = several || numbers[row] != first;
            fewest = fewest > 0 ? std::min(fewest, folds[row]) : folds[row];
        }
    }
    return several ? statistics::overlap_of_folds(fewest) : statistics::Overlap{};
}

Groups group_rows(const Columns& table, const std::vector<std::size_t>& rows,
                  const std::vector<std::string>& by) {
    std::vector<std::uint32_t> group(rows.size(), 0);
    std::uint32_t count = rows.empty() ? 0 : 1;
    for (const auto& name : by) {
        count = divide(codes_of(table.at(name), rows), group, count);
    }
    std::vector<std::size_t> sizes(count);
    for (const auto number : group) {
        ++sizes[number];
    }
    Groups groups(count);
    for (std::size_t i = 0; i < count; ++i) {
        groups[i].reserve(sizes[i]);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        groups[group[i]].push_back(rows[i]);
    }
    return groups;
}

namespace {

Groups divided(const Columns& table, const Groups& groups, const std::string& by) {
    Groups parts;
    for (const auto& rows : groups) {
        for (auto& part : group_rows(table, rows, {by})) {
            parts.push_back(std::move(part));
        }
    }
    return parts;
}

}  // namespace

std::vector<Difference> differences(const Columns& table, const Groups& groups,
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
        // The same images divided by another seed have another fingerprint; those are repetitions.
        const bool by_split = name == "dataset_fingerprint" && table.find("split_seed");
        const Groups looked_at = by_split ? divided(table, parts, "split_seed") : parts;
        const auto group = std::find_if(looked_at.begin(), looked_at.end(), differ);
        if (group == looked_at.end()) {
            continue;
        }
        Difference difference{name, {}};
        for (const auto& part : group_rows(table, *group, {name})) {
            const std::string text = text_of(column.at(part.front()));
            difference.values.push_back(text.empty() ? "none" : text);
        }
        found.push_back(std::move(difference));
        parts = divided(table, parts, name);
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

Table group_table(const Columns& table, const Groups& groups, const std::vector<std::string>& by,
                  const std::vector<std::string>& values, const std::vector<bool>& ended) {
    Table result{"groups", {}};
    std::vector<Column> more;
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
    const Column& n = result.columns.at(by.size());
    for (const auto& value : values) {
        const Column& source = table.at(value);
        for (auto& summary : summary_columns(table, source, groups, ended)) {
            more.push_back(std::move(summary));
        }
        Column own = count_of(value + "_n", table, groups, source, ended);
        if (std::get<Integers>(own.data) != std::get<Integers>(n.data)) {
            more.push_back(std::move(own));
        }
        if (const Column* floor = table.find(value + "_floor")) {
            more.push_back(floor_column(*floor, groups));
        }
    }
    std::move(more.begin(), more.end(), std::back_inserter(result.columns));
    return result;
}

}  // namespace graft::results
