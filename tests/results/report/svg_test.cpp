// SPDX-License-Identifier: Apache-2.0
#include "results/report/svg.hpp"

#include <catch2/catch.hpp>

#include "results/report/page.hpp"
#include "results/report/sample_page.hpp"

namespace report = graft::results::report;

TEST_CASE("a page and its drawings are equal to the byte whenever they are made") {
    const std::vector<report::Figure> figures{
        graft::tests::line_figure(), graft::tests::interval_figure(), graft::tests::heat_figure(),
        graft::tests::panel_figure(2, 20)};
    report::Page page{"a", "b", {{"s", "s", {}}}};
    page.sections[0].blocks.assign(figures.begin(), figures.end());
    const auto drawings = report::drawings_of(page);
    CHECK(report::html_of(page, drawings) == report::html_of(page));
    REQUIRE(drawings.size() == figures.size());
    // A figure is drawn alike alone and after others.
    CHECK(drawings.back().svg == report::svg_of(figures.back()));
}

TEST_CASE("many figures, drawn by several pens, are each the one drawn alone, in order") {
    report::Page page{"a", "b", {{"s", "s", {}}}};
    for (int i = 0; i < 8; ++i) {
        page.sections[0].blocks.emplace_back(graft::tests::line_figure());
        page.sections[0].blocks.emplace_back(graft::tests::heat_figure());
    }
    const auto drawings = report::drawings_of(page);
    REQUIRE(drawings.size() == 16);
    const auto line = report::svg_of(graft::tests::line_figure());
    const auto heat = report::svg_of(graft::tests::heat_figure());
    for (std::size_t i = 0; i < 16; ++i) {
        CHECK((drawings[i].svg == (i % 2 == 0 ? line : heat)));
    }
}

TEST_CASE("figures of one id have files of their own") {
    const report::Page page{
        "a", "b", {{"s", "s", {graft::tests::heat_figure(), graft::tests::heat_figure()}}}};
    const auto drawings = report::drawings_of(page);
    REQUIRE(drawings.size() == 2);
    CHECK(drawings[0].file == "confusion-retina.svg");
    CHECK(drawings[1].file == "confusion-retina-2.svg");
}

TEST_CASE("figures with nothing in them are drawn, empty") {
    report::Pen pen;
    for (const report::Chart& chart :
         {report::Chart(report::LineChart{}), report::Chart(report::IntervalChart{}),
          report::Chart(report::PanelChart{}), report::Chart(report::HeatChart{}),
          report::Chart(report::LineChart{{}, {}, {{"empty", {}}, {"none", {{1, NAN}}}}}),
          report::Chart(report::PanelChart{{{"empty", "", {{"none", {}}}}}})}) {
        CHECK(pen.svg_of({"id", "title", "caption", "alt", chart}).starts_with("<svg "));
    }
}
