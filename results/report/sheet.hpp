// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "results/report/page.hpp"

namespace graft::results::report {

// How the numbers of a column are shown; web/tables.js does the same.
enum class Format {
    whole,       // no decimals: every number of the column is an integer
    four,        // four decimals
    significant  // four digits: the column has numbers that four decimals would not show
};
Format format_of(const Column& column);
std::string_view name_of(Format format);

// "0.9123", "12", "1e-5"; "–" for a missing number.
std::string number_text(Format format, double value);

// The first rows of a table as elements of HTML, for readers without scripts and before they run.
std::string table_html(const Table& table, std::string_view caption);

// A text in HTML, also inside a quoted attribute.
std::string html_text(std::string_view text);

}  // namespace graft::results::report
