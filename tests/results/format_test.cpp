// SPDX-License-Identifier: Apache-2.0
#include "results/format.hpp"

#include <cmath>

#include "support/catch.hpp"

namespace graft::results {

namespace {

Table sample() {
    const std::vector<int> rows{0, 1};
    const auto numbers = [&](const char* name, double first, double second) {
        return column(name, rows, [=](int row) { return row == 0 ? first : second; });
    };
    return {"groups",
            {column("network", rows,
                    [](int row) { return std::string(row == 0 ? "mobilenet" : "a \"b\",\nc"); }),
             column("n", rows, [](int row) { return 10 - row * 9; }),
             column("failed", rows, [](int) { return 0; }),
             numbers("val_auc_mean", 0.91234567, 0.5), numbers("val_auc_sd", 0.0123, NAN),
             numbers("val_auc_low", 0.9035, NAN), numbers("val_auc_high", 0.9211, NAN),
             numbers("val_auc_floor", 0.5, 0.5), numbers("test_auc_floor", NAN, NAN)}};
}

}  // namespace

TEST_CASE("tables for people are aligned and leave out what says nothing") {
    Table table = sample();
    table.columns.front() = column("network", std::vector<int>{0, 1}, [](int row) {
        return std::string(row == 0 ? "mobilenet" : "é");
    });
    CHECK(text_table(table) ==
          "network     n                  val_auc   floor\n"
          "mobilenet  10  0.9123 [0.9035, 0.9211]  0.5000\n"
          "é           1  0.5000                   0.5000\n");
}

TEST_CASE(
    "tables are shown as they are when that is asked for, whatever their columns are called") {
    const std::vector<int> rows{0};
    const Table table{"sql",
                      {column("x_mean", rows, [](int) { return 0.5; }),
                       column("failed", rows, [](int) { return 0; })}};
    CHECK(text_table(table, Layout::as_it_is) == "x_mean  failed\n   0.5       0\n");
    CHECK(text_table(table) == "x_mean\n   0.5\n");
}

TEST_CASE("a path is never cut") {
    const std::string path(60, 'p');
    const Table table{"t", {column("checkpoint", std::vector<int>{0}, [&](int) { return path; })}};
    CHECK(text_table(table) == "checkpoint\n" + path + "\n");
}

TEST_CASE("a long text is cut between characters") {
    std::string text;
    for (int i = 0; i < 50; ++i) {
        text += "é";
    }
    const Table table{"t", {column("message", std::vector<int>{0}, [&](int) { return text; })}};
    const std::string printed = text_table(table);
    CHECK(printed == "message\n" + text.substr(0, 2 * 39) + "…\n");
}

TEST_CASE("CSV keeps full precision and quotes what must be quoted") {
    CHECK(csv_text(sample()) ==
          "network,n,failed,val_auc_mean,val_auc_sd,val_auc_low,val_auc_high,val_auc_floor,"
          "test_auc_floor\n"
          "mobilenet,10,0,0.91234567,0.0123,0.9035,0.9211,0.5,\n"
          "\"a \"\"b\"\",\nc\",1,0,0.5,,,,0.5,\n");
}

TEST_CASE("JSON keeps full precision, missing numbers are null") {
    CHECK(json_text(sample()) ==
          "[\n  {\"network\": \"mobilenet\", \"n\": 10, \"failed\": 0, \"val_auc_mean\": "
          "0.91234567, \"val_auc_sd\": 0.0123, \"val_auc_low\": 0.9035, \"val_auc_high\": 0.9211, "
          "\"val_auc_floor\": 0.5, \"test_auc_floor\": null},\n"
          "  {\"network\": \"a \\\"b\\\",\\u000ac\", \"n\": 1, \"failed\": 0, \"val_auc_mean\": "
          "0.5, \"val_auc_sd\": null, \"val_auc_low\": null, \"val_auc_high\": null, "
          "\"val_auc_floor\": 0.5, \"test_auc_floor\": null}\n]\n");
    CHECK(json_text({"empty", {}}) == "[\n]\n");
}

}  // namespace graft::results
