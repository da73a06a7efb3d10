// SPDX-License-Identifier: Apache-2.0
#include "commands/report_files.hpp"

#include <catch2/catch.hpp>

#include "core/error.hpp"
#include "core/file.hpp"

#include "support/temporary.hpp"

namespace report = graft::results::report;

namespace {

report::Page small_page() {
    report::HeatChart chart{{"a", "b"}, {1, 2, 3, 4}};
    return {"title", "", {{"s", "S", {report::Figure{"Counts", "counts", "", "", chart}}}}};
}

}  // namespace

TEST_CASE("a report is a page and a drawing for each figure, in folders that are made") {
    const graft::tests::TemporaryDirectory folder;
    const auto files = graft::commands::write_report(small_page(), folder / "out" / "report.html",
                                                     folder / "out" / "figures");
    REQUIRE(files.figures.size() == 1);
    CHECK(files.figures[0] == folder / "out" / "figures" / "counts.svg");
    const std::string svg = graft::core::read_file(files.figures[0]);
    CHECK(svg == report::drawings_of(small_page())[0].svg);
    // The same drawing is in the page, for readers without scripts.
    CHECK(graft::core::read_file(files.page).find(svg) != std::string::npos);
}

TEST_CASE("a report that cannot be written says where") {
    const graft::tests::TemporaryDirectory folder;
    graft::core::write_file(folder / "file", "");
    CHECK_THROWS_AS(graft::commands::write_report(small_page(), folder / "file" / "report.html",
                                                  folder / "figures"),
                    graft::core::InputError);
}

TEST_CASE("a folder in place of the page is told before anything is drawn") {
    const graft::tests::TemporaryDirectory folder;
    graft::core::create_directories(folder / "out");
    CHECK_THROWS_WITH(
        graft::commands::write_report(small_page(), folder / "out", folder / "figures"),
        Catch::Matchers::Contains("it is a directory") &&
            Catch::Matchers::Contains("--output " + (folder / "out" / "report.html").string()));
    CHECK_FALSE(std::filesystem::exists(folder / "figures"));
}
