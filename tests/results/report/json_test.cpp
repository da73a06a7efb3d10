// SPDX-License-Identifier: Apache-2.0
#include "results/report/json.hpp"

#include <cmath>

#include <catch2/catch.hpp>

namespace report = graft::results::report;

TEST_CASE("a text as JSON can end no script and holds what a browser shows") {
    CHECK(report::script_quoted("</script><!--") == "\"\\u003c/script>\\u003c!--\"");
    CHECK(report::script_quoted("a \"b\" \\ c") == "\"a \\\"b\\\" \\\\ c\"");
    CHECK(report::script_quoted("tr\xc3\xa4ge \xf0\x9f\x98\x80") ==
          "\"tr\xc3\xa4ge \xf0\x9f\x98\x80\"");
    // A byte that is no UTF-8 is replaced: nothing could read the page otherwise.
    CHECK(report::script_quoted("a\xff") == "\"a\xef\xbf\xbd\"");
}

TEST_CASE("a line chart as JSON has its columns, and only those with something in them") {
    report::LineChart chart;
    chart.x.label = "epoch";
    chart.y.low = 0.5;
    chart.series = {{"a", {{1, 0.25}, {2, NAN}}, 3, true}};
    CHECK(report::json_of(report::Chart(chart)) ==
          R"({"kind":"lines","x":{"label":"epoch","low":null,"high":null},)"
          R"("y":{"label":"","low":0.5,"high":null},"series":[{"name":"a","colour":3,)"
          R"("dashed":true,"x":[1,2],"y":[0.25,null]}],"references":[]})");
}

TEST_CASE("an interval chart as JSON has categories, intervals, bounds and labels") {
    report::IntervalChart chart;
    chart.x.categories = {"<one>"};
    chart.y.logarithmic = true;
    chart.series = {{"a", {{0, 2, 1, 4, report::Bound::none, "n"}}, 0},
                    {"b", {{0, 2, NAN, NAN, report::Bound::at_most}}, 1}};
    chart.references = {{"equal", 1}};
    CHECK(report::json_of(report::Chart(chart)) ==
          R"({"kind":"intervals","x":{"label":"","categories":["\u003cone>"],"low":null,)"
          R"("high":null},"y":{"label":"","log":true,"low":null,"high":null},"series":[)"
          R"({"name":"a","colour":0,"x":[0],"y":[2],"low":[1],"high":[4],"label":["n"]},)"
          R"({"name":"b","colour":1,"x":[0],"y":[2],"bound":[-1]}],)"
          R"("references":[{"name":"equal","y":1}]})");
}

TEST_CASE("panels and counts as JSON") {
    const report::PanelChart panels{{{"title", "note", {{"a", {{1, 2}}}}}}};
    CHECK(report::json_of(report::Chart(panels)) ==
          R"({"kind":"panels","panels":[{"title":"title","note":"note","series":[)"
          R"({"name":"a","colour":0,"x":[1],"y":[2]}]}]})");
    const report::HeatChart heat{{"a", "b"}, {1, 2, 3, 40000000000}};
    CHECK(report::json_of(report::Chart(heat)) ==
          R"({"kind":"heat","names":["a","b"],"counts":[1,2,3,40000000000]})");
}

TEST_CASE("a table as JSON keeps numbers whole and each text once") {
    graft::results::Texts texts;
    for (const auto* text : {"x", "y", "x"}) {
        texts.add(text);
    }
    const graft::results::Table table{"t",
                                      {{"text", texts},
                                       {"number", graft::results::Numbers{0.1, NAN, 1.0 / 3}},
                                       {"count", graft::results::Integers{1, 2, 3}}}};
    CHECK(report::json_of(table) ==
          R"({"name":"t","columns":[{"name":"text","texts":["x","y"],"codes":[0,1,0]},)"
          R"({"name":"number","format":"four","values":[0.1,null,0.3333333333333333]},)"
          R"({"name":"count","format":"whole","values":[1,2,3]}]})");
}
