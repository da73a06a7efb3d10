// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace graft::results::report {

// What a page carries along, kept in the program (assets.S): so the program stays one file.
std::string_view echarts_script();  // Apache ECharts, with its licence notice at the head
std::string_view chart_script();    // web/look.js ... charts.js
std::string_view measure_script();  // web/measure.js
std::string_view page_script();     // web/tips.js ... page.js
std::string_view page_style();      // web/page.css

}  // namespace graft::results::report
