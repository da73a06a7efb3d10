// SPDX-License-Identifier: Apache-2.0
#include "commands/report_files.hpp"

#include "core/error.hpp"
#include "core/file.hpp"

namespace graft::commands {

ReportFiles write_report(const results::report::Page& report, const std::filesystem::path& page,
                         const std::filesystem::path& figures) {
    if (std::filesystem::is_directory(page)) {
        core::fail_input(
            "cannot write the page '{0}' (it is a directory). Name a file: --output {1}",
            page.string(), (page / "report.html").string());
    }
    const auto drawings = results::report::drawings_of(report);
    ReportFiles files{page, {}};
    if (!drawings.empty()) {
        core::create_directories(figures);
    }
    for (const auto& drawing : drawings) {
        files.figures.push_back(figures / drawing.file);
        core::write_file(files.figures.back(), drawing.svg);
    }
    if (page.has_parent_path()) {
        core::create_directories(page.parent_path());
    }
    core::write_file(page, results::report::html_of(report, drawings));
    return files;
}

}  // namespace graft::commands
