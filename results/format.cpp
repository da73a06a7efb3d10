// SPDX-License-Identifier: Apache-2.0
#include "results/format.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/text.hpp"

namespace graft::results {

namespace {

constexpr std::size_t kWidestText = 40;

// Characters as a terminal shows them: bytes that continue a UTF-8 sequence take no room.
std::size_t shown_width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

std::string shortened(const std::string& text) {
    if (shown_width(text) <= kWidestText) {
        return text;
    }
    std::size_t end = 0;
    for (std::size_t shown = 0; end < text.size(); ++end) {
        const bool starts = (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U;
        shown += starts ? 1 : 0;
        if (starts && shown == kWidestText) {
            break;
        }
    }
    return text.substr(0, end) + "…";
}

bool is_metric(std::string_view name) {
    return name.find("auc") != std::string_view::npos ||
           name.find("loss") != std::string_view::npos ||
           name.find("accuracy") != std::string_view::npos;
}

// To be copied, so never shortened.
bool is_path(std::string_view name) {
    return name == "checkpoint" || name == "weights" || name == "predictions";
}

std::string number_text(const std::string& column, double value) {
    if (std::isnan(value)) {
        return "-";
    }
    if (is_metric(column)) {
        return fmt::format("{:.4f}", value);
    }
    return column.starts_with("seconds") || column == "images_per_second"
               ? fmt::format("{:.1f}", value)
               : fmt::format("{:.6g}", value);
}

std::string cell_text(const Column& column, std::size_t row) {
    const Cell cell = column.at(row);
    if (const auto* number = std::get_if<double>(&cell)) {
        return number_text(column.name, *number);
    }
    std::string text = text_of(cell);
    if (!is_path(column.name)) {
        text = shortened(text);
    }
    return text.empty() ? "-" : text;
}

// One column of the printed table.
struct Printed {
    std::string header;
    bool left = false;
    std::vector<std::string> cells;
    std::size_t width() const {
        std::size_t widest = shown_width(header);
        for (const auto& cell : cells) {
            widest = std::max(widest, shown_width(cell));
        }
        return widest;
    }
};

template <class Holds>
bool all_rows(const Column& column, Holds holds) {
    for (std::size_t row = 0; row < column.size(); ++row) {
        if (!holds(column.number(row))) {
            return false;
        }
    }
    return true;
}

bool says_nothing(const Column& column) {
    if (column.name == "diverged" || column.name == "failed" || column.name == "stopped") {
        return all_rows(column, [](double n) { return n == 0; });
    }
    return column.name.ends_with("_floor") &&
           all_rows(column, [](double value) { return std::isnan(value); });
}

// Whether mean, sd, low and high of one value begin at column i.
bool summary_at(const Table& table, std::size_t i) {
    const std::string& name = table.columns[i].name;
    if (!name.ends_with("_mean") || i + 4 > table.columns.size()) {
        return false;
    }
    const std::string value = name.substr(0, name.size() - 5);
    return table.columns[i + 1].name == value + "_sd" &&
           table.columns[i + 2].name == value + "_low" &&
           table.columns[i + 3].name == value + "_high";
}

Printed with_interval(const Column& mean, const Column& low, const Column& high) {
    Printed printed{mean.name.substr(0, mean.name.size() - 5), false, {}};
    std::vector<std::string> intervals;
    std::size_t widest = 0;
    for (std::size_t row = 0; row < mean.size(); ++row) {
        const bool known = !std::isnan(low.number(row));
        intervals.push_back(
            known ? fmt::format(" [{}, {}]", cell_text(low, row), cell_text(high, row)) : "");
        widest = std::max(widest, intervals.back().size());
    }
    for (std::size_t row = 0; row < mean.size(); ++row) {
        intervals[row].resize(widest, ' ');
        printed.cells.push_back(cell_text(mean, row) + intervals[row]);
    }
    return printed;
}

Printed as_it_is(const Column& column, const std::string& header) {
    Printed printed{header, column.is_text(), {}};
    for (std::size_t row = 0; row < column.size(); ++row) {
        printed.cells.push_back(cell_text(column, row));
    }
    return printed;
}

std::vector<Printed> printed_columns(const Table& table, Layout layout) {
    std::vector<Printed> printed;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const Column& column = table.columns[i];
        if (layout == Layout::as_it_is) {
            printed.push_back(as_it_is(column, column.name));
        } else if (summary_at(table, i)) {
            printed.push_back(with_interval(column, table.columns[i + 2], table.columns[i + 3]));
            i += 3;
        } else if (!says_nothing(column)) {
            const bool beside = column.name.ends_with("_floor") && !printed.empty() &&
                                column.name == printed.back().header + "_floor";
            printed.push_back(as_it_is(column, beside ? "floor" : column.name));
        }
    }
    return printed;
}

std::string padded(const std::string& text, std::size_t width, bool left) {
    const std::string gap(width - shown_width(text), ' ');
    return left ? text + gap : gap + text;
}

std::string line_of(const std::vector<Printed>& columns, const std::vector<std::size_t>& widths,
                    auto cell) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        line += (i == 0 ? "" : "  ") + padded(cell(columns[i]), widths[i], columns[i].left);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

std::string csv_quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    }
    return quoted + "\"";
}

std::string json_cell(const Cell& cell) {
    if (const auto* number = std::get_if<double>(&cell)) {
        return json_number(*number);
    }
    const auto* integer = std::get_if<std::int64_t>(&cell);
    return integer ? std::to_string(*integer) : json_quoted(std::get<std::string>(cell));
}

}  // namespace

std::string text_table(const Table& table, Layout layout) {
    const auto columns = printed_columns(table, layout);
    std::vector<std::size_t> widths;
    for (const auto& column : columns) {
        widths.push_back(column.width());
    }
    std::string text = line_of(columns, widths, [](const Printed& c) { return c.header; });
    for (std::size_t row = 0; row < table.rows(); ++row) {
        text += line_of(columns, widths, [&](const Printed& c) { return c.cells[row]; });
    }
    return text;
}

std::string csv_text(const Table& table) {
    std::vector<std::string> header;
    for (const auto& name : table.column_names()) {
        header.push_back(csv_quoted(name));
    }
    std::string text = core::join(header, ",") + "\n";
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            text += (i == 0 ? "" : ",") + csv_quoted(text_of(table.columns[i].at(row)));
        }
        text += "\n";
    }
    return text;
}

std::string json_text(const Table& table) {
    std::string text = "[";
    for (std::size_t row = 0; row < table.rows(); ++row) {
        text += row == 0 ? "\n  {" : ",\n  {";
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const Column& column = table.columns[i];
            text +=
                (i == 0 ? "" : ", ") + json_quoted(column.name) + ": " + json_cell(column.at(row));
        }
        text += "}";
    }
    return text + "\n]\n";
}

std::string json_quoted(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

std::string json_number(double value) {
    return std::isfinite(value) ? core::shortest(value) : "null";
}

}  // namespace graft::results
