// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace graft::results {

// A column of texts, each different text kept once: a million epoch rows name few trials.
class Texts {
  public:
    Texts() = default;
    // `values` are all different; each code is the index of one of them.
    Texts(std::vector<std::string> values, std::vector<std::uint32_t> codes)
        : values_(std::move(values)), codes_(std::move(codes)) {}
    void add(std::string_view text);
    void reserve(std::size_t rows) { codes_.reserve(rows); }
    std::size_t size() const { return codes_.size(); }
    const std::string& at(std::size_t row) const { return values_[codes_[row]]; }
    // Equal codes, equal texts.
    std::uint32_t code(std::size_t row) const { return codes_[row]; }
    const std::vector<std::string>& values() const { return values_; }
    const std::vector<std::uint32_t>& codes() const { return codes_; }

  private:
    std::vector<std::string> values_;
    std::vector<std::uint32_t> codes_;
    std::unordered_map<std::string, std::uint32_t> index_;  // of values_, once one is added
};

using Integers = std::vector<std::int64_t>;
using Numbers = std::vector<double>;  // missing: NaN

// One cell, for printing and comparing.
using Cell = std::variant<std::int64_t, double, std::string>;

struct Column {
    std::string name;
    std::variant<Integers, Numbers, Texts> data;

    std::size_t size() const;
    bool is_text() const { return std::holds_alternative<Texts>(data); }
    Cell at(std::size_t row) const;
    // The cell as a number; NaN for a text.
    double number(std::size_t row) const;
    // Negative, zero or positive; missing numbers come last.
    int compare(std::size_t a, std::size_t b) const;
};

// Columns of equal length, found by their names.
class Columns {
  public:
    Columns() = default;
    explicit Columns(std::string table) : name(std::move(table)) {}
    Columns(const Columns&) = default;
    Columns(Columns&&) = default;
    Columns& operator=(const Columns&) = default;
    Columns& operator=(Columns&&) = default;
    virtual ~Columns() = default;

    virtual std::size_t rows() const = 0;
    virtual const Column* find(std::string_view column) const = 0;
    virtual std::vector<std::string> column_names() const = 0;
    // Throws InputError naming the nearest column.
    const Column& at(std::string_view column) const;

    std::string name;
};

// What the store holds and what query answers with.
class Table : public Columns {
  public:
    Table() = default;
    Table(std::string table, std::vector<Column> list)
        : Columns(std::move(table)), columns(std::move(list)) {}

    std::size_t rows() const override { return columns.empty() ? 0 : columns.front().size(); }
    const Column* find(std::string_view column) const override;
    std::vector<std::string> column_names() const override;

    std::vector<Column> columns;
};

// Makes each column when it is first asked for: a question needs few of them.
class LazyTable : public Columns {
  public:
    struct Source {
        std::string name;
        std::function<Column()> make;
    };
    LazyTable(std::string table, std::size_t rows, std::vector<Source> sources);

    std::size_t rows() const override { return rows_; }
    const Column* find(std::string_view column) const override;
    std::vector<std::string> column_names() const override;
    Table whole() const;
    // The same with more columns after its own.
    LazyTable with(std::vector<Source> more) const;

  private:
    std::size_t rows_;
    std::vector<Source> sources_;
    mutable std::vector<std::shared_ptr<const Column>> made_;
};

// The column whose cells are `value(row)` for each of `rows`; its type follows from that of
// `value`: integers and bool, floating point, or text.
template <class Rows, class Value>
Column column(std::string name, const Rows& rows, Value value) {
    using Result = std::remove_cvref_t<decltype(value(*rows.begin()))>;
    const auto fill = [&](auto data, auto add) {
        data.reserve(rows.size());
        for (const auto& row : rows) {
            add(data, value(row));
        }
        return Column{std::move(name), std::move(data)};
    };
    if constexpr (std::integral<Result>) {
        return fill(Integers{}, [](auto& data, Result v) { data.push_back(v); });
    } else if constexpr (std::floating_point<Result>) {
        return fill(Numbers{}, [](auto& data, Result v) { data.push_back(v); });
    } else {
        return fill(Texts{}, [](auto& data, const Result& v) { data.add(v); });
    }
}

// The column at other rows: row i of the result is row rows[i] of `source`.
Column gather(const Column& source, const std::vector<std::size_t>& rows);

// As it is typed in a filter and written to CSV: full precision, empty for a missing number.
std::string text_of(const Cell& cell);

}  // namespace graft::results
