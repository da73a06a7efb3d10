// SPDX-License-Identifier: Apache-2.0
#include "data/csv.hpp"

#include "data/files.hpp"

#include "support/catch.hpp"

using namespace graft;
using Fields = std::vector<std::string>;

TEST_CASE("a table with quotes, CRLF, a byte order mark and blank lines is read") {
    const auto table = data::parse_csv(
        "\xEF\xBB\xBFid,label\r\n\r\n\"a,\"\"1\"\"\",  x \r\n\"two\nlines\" ,\"\"\n b ,", "t.csv");
    REQUIRE(table.header == Fields{"id", "label"});
    REQUIRE(table.rows.size() == 3);
    CHECK(table.rows[0].fields == Fields{"a,\"1\"", "x"});
    CHECK(table.rows[1].fields == Fields{"two\nlines", ""});
    CHECK(table.rows[1].line == 4);
    CHECK(table.rows[2].fields == Fields{"b", ""});
    CHECK(table.rows[2].line == 6);
}

TEST_CASE("a wrong table is refused with file and line") {
    const auto message = [](const std::string& text) {
        return tests::input_error([&] { data::parse_csv(text, "t.csv"); });
    };
    CHECK_THAT(message("a,b\n1,2\n3\n"), ContainsSubstring("t.csv:3: 1 fields (the header has 2)"));
    CHECK_THAT(message("a,b\n\"1,2\n"), ContainsSubstring("t.csv:2: a quote is not closed"));
    CHECK_THAT(message("a,b\n\"1\"x,2\n"),
               ContainsSubstring("t.csv:2: text after a closing quote"));
    CHECK_THAT(message("\n\n"), ContainsSubstring("'t.csv' is empty"));
}

TEST_CASE("an unknown column is answered with the nearest and all") {
    const auto table = data::parse_csv("id_code,diagnosis\n", "t.csv");
    CHECK(table.column("diagnosis") == 1);
    CHECK_THAT(tests::input_error([&] { table.column("diagnose"); }),
               ContainsSubstring("Did you mean 'diagnosis'? Its columns: id_code, diagnosis."));
}

TEST_CASE("a table with zero bytes is refused: names would be cut off there") {
    const auto message = [](std::string_view text) {
        return tests::input_error([&] { data::parse_csv(text, "t.csv"); });
    };
    CHECK_THAT(message(std::string_view("id,label\na\0b,1\n", 15)),
               ContainsSubstring("'t.csv' has zero bytes") && ContainsSubstring("UTF-8"));
    CHECK_THAT(message(std::string_view("\xFF\xFEi\0d\0,\0", 8)), ContainsSubstring("zero bytes"));
}
