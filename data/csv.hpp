// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace graft::data {

// A table of texts as RFC 4180 has it: comma, double quotes, LF or CRLF; a byte order mark and
// blank lines are passed over, spaces around unquoted fields are not part of them.
struct Csv {
    struct Row {
        int line = 0;  // where the row starts, from 1
        std::vector<std::string> fields;
    };
    std::filesystem::path path;  // for messages
    std::vector<std::string> header;
    std::vector<Row> rows;  // all as wide as the header

    // Index of a column. Throws InputError with the nearest name and all names.
    std::size_t column(const std::string& name) const;
};

// Throws InputError naming file and line for an open quote, a row of another width, no header, and
// the file for a zero byte: names with one would be cut off there by whoever takes them for a path.
Csv parse_csv(std::string_view text, const std::filesystem::path& path);
Csv read_csv(const std::filesystem::path& path);

}  // namespace graft::data
