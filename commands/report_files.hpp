// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "results/report/page.hpp"

namespace graft::commands {

// Where the files of a report are.
struct ReportFiles {
    std::filesystem::path page;
    std::vector<std::filesystem::path> figures;  // in their order
};

// Draws a report and writes it: the page, and each figure as SVG into the folder `figures`, which
// is made where it is missing. Every file appears whole, by rename, the page last; other files of
// the folder are left alone. Throws InputError where it cannot be written, NoSpaceError on a full
// disk.
ReportFiles write_report(const results::report::Page& report, const std::filesystem::path& page,
                         const std::filesystem::path& figures);

}  // namespace graft::commands
