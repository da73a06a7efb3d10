// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "results/report/page.hpp"

namespace graft::results::report {

// Descriptions as JSON for the scripts of a page (web/*.js). Every text in them may stand inside an
// element `script`: no "<", and nothing that a browser would not show. Numbers of charts have six
// digits, which is more than a screen has pixels; those of sheets are whole. Missing ones are null.

// {"kind": "lines" | "intervals" | "panels" | "heat", ...}
std::string json_of(const Chart& chart);
// {"name": ..., "columns": [{"name", "format", "values" | "texts" and "codes"}, ...]}
std::string json_of(const Table& table);

// A text as JSON, quoted.
std::string script_quoted(std::string_view text);

}  // namespace graft::results::report
