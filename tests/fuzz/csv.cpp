// SPDX-License-Identifier: Apache-2.0
// data/csv: label and group tables.
#include "data/csv.hpp"

#include "core/error.hpp"

#include "fuzz/fuzz.hpp"

using namespace graft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto table = data::parse_csv(fuzz::text_of(data, size), "labels.csv");
        int line = 0;
        for (const auto& row : table.rows) {
            fuzz::demand(row.fields.size() == table.header.size(),
                         "rows are as wide as the header");
            fuzz::demand(row.line > line, "lines ascend");
            line = row.line;
            for (const auto& field : row.fields) {
                fuzz::demand(field.find('\0') == std::string::npos, "no field has a zero byte");
            }
        }
    } catch (const core::InputError& error) {
        fuzz::demand(std::string_view(error.what()).find("labels.csv") != std::string::npos,
                     "the message names the file");
    }
    return 0;
}
