// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "results/report/page.hpp"

namespace graft::tests {

// A page with every kind of block, and with texts that a page must not take for HTML or script.
results::report::Page sample_page();

// Each kind of chart alone.
results::report::Figure line_figure();
results::report::Figure interval_figure();
results::report::Figure panel_figure(std::size_t panels = 3, std::size_t points = 330);
results::report::Figure heat_figure();

// A table as that of a sweep's trials: 25 columns.
results::Table trial_table(std::size_t rows);

}  // namespace graft::tests
