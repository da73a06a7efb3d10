// SPDX-License-Identifier: Apache-2.0
#include "results/report/sheet.hpp"

#include <cmath>

#include <catch2/catch.hpp>

namespace report = graft::results::report;
using report::Format;

namespace {

Format format_of_numbers(graft::results::Numbers numbers) {
    return report::format_of({"column", std::move(numbers)});
}

}  // namespace

TEST_CASE("numbers of a column have four decimals unless that would hide some of them") {
    CHECK(format_of_numbers({0.5, NAN, 0.0}) == Format::four);
    CHECK(format_of_numbers({1, 2, NAN, 0}) == Format::whole);
    CHECK(format_of_numbers({0.5, 1e-5}) == Format::significant);
    CHECK(format_of_numbers({0.5, 2e7}) == Format::significant);
    CHECK(report::format_of({"column", graft::results::Integers{7}}) == Format::whole);
}

TEST_CASE("numbers are shown as people write them") {
    CHECK(report::number_text(Format::four, 0.91234567) == "0.9123");
    CHECK(report::number_text(Format::four, NAN) == "–");
    CHECK(report::number_text(Format::whole, 1e6) == "1000000");
    CHECK(report::number_text(Format::significant, 1e-5) == "1e-5");
    CHECK(report::number_text(Format::significant, 0.00012346) == "1.235e-4");
    CHECK(report::number_text(Format::significant, 0.05) == "0.05");
    CHECK(report::number_text(Format::significant, 12.3456) == "12.35");
    CHECK(report::number_text(Format::significant, 123456.7) == "123457");
    CHECK(report::number_text(Format::significant, 2.5e7) == "2.5e7");
    CHECK(report::number_text(Format::significant, 0) == "0");
}

TEST_CASE("without scripts a table shows its first fifty rows") {
    graft::results::Integers integers(60);
    const graft::results::Table table{"t", {{"<count>", integers}}};
    const std::string html = report::table_html(table, "a & b");
    std::size_t rows = 0;
    for (auto at = html.find("<tr>"); at != std::string::npos; at = html.find("<tr>", at + 1)) {
        ++rows;
    }
    CHECK(rows == 51);
    CHECK(html.find("<th scope=\"col\" class=\"n\">&lt;count&gt;</th>") != std::string::npos);
    CHECK(html.find("a &amp; b") != std::string::npos);
}

TEST_CASE("HTML gets no character that means something to it") {
    CHECK(report::html_text("<a href=\"x\">'&'") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;");
}
