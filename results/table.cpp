// SPDX-License-Identifier: Apache-2.0
#include "results/table.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::results {

void Texts::add(std::string_view text) {
    // Rows of one trial follow one another, so most texts equal the one before.
    if (!codes_.empty() && values_[codes_.back()] == text) {
        codes_.push_back(codes_.back());
        return;
    }
    if (index_.size() != values_.size()) {
        for (std::uint32_t code = 0; code < values_.size(); ++code) {
            index_.emplace(values_[code], code);
        }
    }
    const auto [place, added] =
        index_.try_emplace(std::string(text), static_cast<std::uint32_t>(values_.size()));
    if (added) {
        values_.emplace_back(text);
    }
    codes_.push_back(place->second);
}

std::size_t Column::size() const {
    return std::visit([](const auto& cells) { return cells.size(); }, data);
}

Cell Column::at(std::size_t row) const {
    if (const auto* integers = std::get_if<Integers>(&data)) {
        return (*integers)[row];
    }
    if (const auto* numbers = std::get_if<Numbers>(&data)) {
        return (*numbers)[row];
    }
    return std::get<Texts>(data).at(row);
}

double Column::number(std::size_t row) const {
    if (const auto* integers = std::get_if<Integers>(&data)) {
        return static_cast<double>((*integers)[row]);
    }
    if (const auto* numbers = std::get_if<Numbers>(&data)) {
        return (*numbers)[row];
    }
    return NAN;
}

int Column::compare(std::size_t a, std::size_t b) const {
    if (const auto* texts = std::get_if<Texts>(&data)) {
        return texts->code(a) == texts->code(b) ? 0 : texts->at(a).compare(texts->at(b));
    }
    const double x = number(a);
    const double y = number(b);
    if (std::isnan(x) || std::isnan(y)) {
        return static_cast<int>(std::isnan(x)) - static_cast<int>(std::isnan(y));
    }
    return x < y ? -1 : static_cast<int>(x > y);
}

const Column* Table::find(std::string_view column) const {
    for (const auto& candidate : columns) {
        if (candidate.name == column) {
            return &candidate;
        }
    }
    return nullptr;
}

const Column& Columns::at(std::string_view column) const {
    if (const Column* found = find(column)) {
        return *found;
    }
    const std::string near = core::nearest(column, column_names());
    core::fail_input("unknown column '{}' ({} has none of that name). {}Columns: {}.", column, name,
                     near.empty() ? "" : fmt::format("Did you mean '{}'? ", near),
                     core::join(column_names()));
}

std::vector<std::string> Table::column_names() const {
    std::vector<std::string> names;
    for (const auto& column : columns) {
        names.push_back(column.name);
    }
    return names;
}

LazyTable::LazyTable(std::string table, std::size_t rows, std::vector<Source> sources)
    : Columns(std::move(table)),
      rows_(rows),
      sources_(std::move(sources)),
      made_(sources_.size()) {}

const Column* LazyTable::find(std::string_view column) const {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        if (sources_[i].name == column) {
            if (!made_[i]) {
                made_[i] = std::make_shared<const Column>(sources_[i].make());
            }
            return made_[i].get();
        }
    }
    return nullptr;
}

std::vector<std::string> LazyTable::column_names() const {
    std::vector<std::string> names;
    for (const auto& source : sources_) {
        names.push_back(source.name);
    }
    return names;
}

Table LazyTable::whole() const {
    Table table{name, {}};
    for (const auto& source : sources_) {
        table.columns.push_back(source.make());
    }
    return table;
}

LazyTable LazyTable::with(std::vector<Source> more) const {
    auto sources = sources_;
    std::move(more.begin(), more.end(), std::back_inserter(sources));
    return {name, rows_, std::move(sources)};
}

Column gather(const Column& source, const std::vector<std::size_t>& rows) {
    const auto pick = [&](auto of) { return column(source.name, rows, of); };
    if (const auto* integers = std::get_if<Integers>(&source.data)) {
        return pick([&](std::size_t row) { return (*integers)[row]; });
    }
    if (const auto* numbers = std::get_if<Numbers>(&source.data)) {
        return pick([&](std::size_t row) { return (*numbers)[row]; });
    }
    const auto& texts = std::get<Texts>(source.data);
    std::vector<std::uint32_t> codes;
    codes.reserve(rows.size());
    for (const std::size_t row : rows) {
        codes.push_back(texts.code(row));
    }
    return {source.name, Texts(texts.values(), std::move(codes))};
}

std::string text_of(const Cell& cell) {
    if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
        return std::to_string(*integer);
    }
    if (const auto* number = std::get_if<double>(&cell)) {
        return std::isnan(*number) ? std::string() : core::shortest(*number);
    }
    return std::get<std::string>(cell);
}

}  // namespace graft::results
