// SPDX-License-Identifier: Apache-2.0
// report_sample FOLDER [ROWS POINTS]: the sample page and its figures as files, for tests with
// programs that are not ours and for looking at them; with ROWS, a table and panels of that size.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "results/report/sample_page.hpp"

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush()) {
        throw std::runtime_error("cannot write " + path.string());
    }
}

}  // namespace

int main(int count, char** words) {
    try {
        const std::filesystem::path folder = words[1];
        auto page = graft::tests::sample_page();
        if (count > 3) {
            page.sections[2].blocks.push_back(graft::results::report::Sheet{
                "all", "All trials", "", graft::tests::trial_table(std::stoul(words[2]))});
            page.sections[1].blocks.push_back(graft::tests::panel_figure(12, std::stoul(words[3])));
        }
        std::filesystem::create_directories(folder / "figures");
        const auto drawings = graft::results::report::drawings_of(page);
        for (const auto& drawing : drawings) {
            write(folder / "figures" / drawing.file, drawing.svg);
        }
        write(folder / "report.html", graft::results::report::html_of(page, drawings));
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}
