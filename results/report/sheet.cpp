// SPDX-License-Identifier: Apache-2.0
#include "results/report/sheet.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/text.hpp"

namespace graft::results::report {

namespace {

constexpr std::size_t kFirstRows = 50;  // web/tables.js shows as many at a time
constexpr double kLeastOfFour = 1e-3, kMostOfFour = 1e7;

// "1e-05" is what people write as 1e-5.
std::string without_zeros(std::string text) {
    const auto e = text.find('e');
    std::string digits = text.substr(0, e), power = e == std::string::npos ? "" : text.substr(e);
    if (digits.find('.') != std::string::npos) {
        digits.erase(digits.find_last_not_of('0') + 1);
        digits.erase(digits.find_last_not_of('.') + 1);
    }
    if (!power.empty()) {
        power = fmt::format("e{}", std::stoi(power.substr(1)));
    }
    return digits + power;
}

std::string cell_html(const Column& column, Format format, std::size_t row) {
    if (column.is_text()) {
        return fmt::format("<td>{}</td>", html_text(text_of(column.at(row))));
    }
    const double value = column.number(row);
    return fmt::format("<td class=\"n\" title=\"{}\">{}</td>", html_text(text_of(column.at(row))),
                       number_text(format, value));
}

}  // namespace

Format format_of(const Column& column) {
    bool whole = true, four = true;
    for (std::size_t row = 0; row < column.size(); ++row) {
        const double value = column.number(row), size = std::abs(value);
        if (!std::isfinite(value) || value == 0) {
            continue;
        }
        whole = whole && value == std::floor(value) && size < kMostOfFour * 1e6;
        four = four && size >= kLeastOfFour && size < kMostOfFour;
    }
    return whole ? Format::whole : four ? Format::four : Format::significant;
}

std::string_view name_of(Format format) {
    return format == Format::whole ? "whole" : format == Format::four ? "four" : "significant";
}

std::string number_text(Format format, double value) {
    if (!std::isfinite(value)) {
        return std::isnan(value) ? "–" : value > 0 ? "∞" : "-∞";
    }
    if (format == Format::whole) {
        return fmt::format("{:.0f}", value);
    }
    if (format == Format::four) {
        return fmt::format("{:.4f}", value);
    }
    const double size = std::abs(value);
    return value == 0 ? "0"
           : size < kLeastOfFour || size >= kMostOfFour
               ? without_zeros(fmt::format("{:.3e}", value))
               : without_zeros(fmt::format("{:.{}f}", value,
                                           std::max(0, 3 - int(std::floor(std::log10(size))))));
}

std::string table_html(const Table& table, std::string_view caption) {
    std::string html = "<table><caption class=\"unseen\">" + html_text(caption) + "</caption>\n";
    html += "<thead><tr>";
    std::vector<Format> formats;
    for (const auto& column : table.columns) {
        html += fmt::format("<th scope=\"col\"{}>{}</th>", column.is_text() ? "" : " class=\"n\"",
                            html_text(column.name));
        formats.push_back(format_of(column));
    }
    html += "</tr></thead>\n<tbody>\n";
    for (std::size_t row = 0; row < std::min(table.rows(), kFirstRows); ++row) {
        html += "<tr>";
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            html += cell_html(table.columns[i], formats[i], row);
        }
        html += "</tr>\n";
    }
    return html + "</tbody></table>";
}

std::string html_text(std::string_view text) {
    std::string safe;
    for (const char c : core::printable(text)) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&#39;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

}  // namespace graft::results::report
