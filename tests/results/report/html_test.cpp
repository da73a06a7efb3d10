// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "results/report/page.hpp"
#include "results/report/sample_page.hpp"

namespace report = graft::results::report;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

// Nothing is drawn where only the text around figures matters.
std::string html_without_drawings(const report::Page& page) {
    std::vector<report::Drawing> drawings;
    for (const auto& section : page.sections) {
        for (const auto& block : section.blocks) {
            if (std::holds_alternative<report::Figure>(block)) {
                drawings.push_back({"figure.svg", "<svg/>"});
            }
        }
    }
    return report::html_of(page, drawings);
}

}  // namespace

TEST_CASE("a page holds no text of a trial as HTML or as a script") {
    const std::string html = html_without_drawings(graft::tests::sample_page());
    CHECK(count(html, "alert(1)") >= 2);  // it is there, as text
    CHECK(count(html, "<script>alert") == 0);
    CHECK(count(html, "<b>'x'") == 0);
    CHECK(count(html, "\x1b") == 0);
    CHECK(html.find("<h1>transfer &lt;study&gt; &amp; &quot;more&quot;</h1>") != std::string::npos);
    // Every script ends where the page says: as many begin as end.
    CHECK(count(html, "<script") == count(html, "</script>"));
}

TEST_CASE("a page has one h1, a heading for each section, and ids that come once") {
    report::Page page{"a", "b", {}};
    for (int i = 0; i < 3; ++i) {
        page.sections.push_back({"Same id", "heading", {}});
    }
    const std::string html = html_without_drawings(page);
    CHECK(count(html, "<h1>") == 1);
    CHECK(count(html, "<h2 ") == 3);
    CHECK(count(html, "<section id=\"same-id\" ") == 1);
    CHECK(count(html, "<section id=\"same-id-2\" ") == 1);
    CHECK(count(html, "<a href=\"#same-id-3\">") == 1);
}

TEST_CASE("a section cannot take the place of the page's own parts") {
    const report::Page page{"a", "b", {{"content", "heading", {}}}};
    const std::string html = html_without_drawings(page);
    CHECK(count(html, "id=\"content\"") == 1);
    CHECK(count(html, "id=\"content-2\"") == 1);
}

TEST_CASE("a page asks no network for anything") {
    const std::string html = html_without_drawings(graft::tests::sample_page());
    CHECK(html.find("default-src 'none'") != std::string::npos);
    const auto notice = html.find("Licensed to the Apache Software Foundation");
    REQUIRE(notice != std::string::npos);
    const std::string ours = html.substr(0, notice);
    for (const auto* part : {" src=", "<link", "<img", "@import", "url("}) {
        CHECK(count(ours, part) == 0);
    }
}

TEST_CASE("a large drawing is left out of the page, which says where it is") {
    const report::Page page{"a", "b", {{"s", "s", {graft::tests::line_figure()}}}};
    const std::string large = "<svg>" + std::string(400'000, ' ') + "</svg>";
    const std::string html = report::html_of(page, {{"curves-retina.svg", large}});
    CHECK(html.find("is in the file curves-retina.svg") != std::string::npos);
    CHECK(html.find("<svg>") == std::string::npos);
    CHECK(report::html_of(page, {{"c.svg", "<svg>"}}).find("<svg>") != std::string::npos);
}

TEST_CASE("an id becomes a plain name") {
    CHECK(report::plain_id("Curves retina/1") == "curves-retina-1");
    CHECK(report::plain_id("../x") == "---x");
    CHECK(report::plain_id("") == "figure");
}
