// SPDX-License-Identifier: Apache-2.0
#include "results/store_table.hpp"

#include <algorithm>
#include <cstring>

namespace graft::results {

namespace {

namespace h5 = core::h5;

std::size_t width_of(const h5::Column& column) {
    return column.text_size > 0 ? column.text_size : 8;  // int64 and double
}

std::vector<h5::Column> layout(const Table& table, std::size_t& row_bytes) {
    std::vector<h5::Column> columns;
    row_bytes = 0;
    for (const auto& column : table.columns) {
        h5::Column stored{column.name, h5::Type::f64, 0, row_bytes};
        if (std::holds_alternative<Integers>(column.data)) {
            stored.type = h5::Type::i64;
        } else if (const auto* texts = std::get_if<Texts>(&column.data)) {
            stored.text_size = 1;
            for (const auto& text : texts->values()) {
                stored.text_size = std::max(stored.text_size, text.size());
            }
        }
        row_bytes += width_of(stored);
        columns.push_back(std::move(stored));
    }
    return columns;
}

// Copies rows first .. last of one column to its places in the packed rows.
void pack(const Column& column, const h5::Column& stored, std::size_t row_bytes, std::size_t first,
          std::size_t last, std::string& rows) {
    char* to = rows.data() + first * row_bytes + stored.offset;
    for (std::size_t row = first; row < last; ++row, to += row_bytes) {
        if (const auto* integers = std::get_if<Integers>(&column.data)) {
            std::memcpy(to, &(*integers)[row], 8);
        } else if (const auto* numbers = std::get_if<Numbers>(&column.data)) {
            std::memcpy(to, &(*numbers)[row], 8);
        } else {
            const std::string& text = std::get<Texts>(column.data).at(row);
            std::memcpy(to, text.data(), text.size());
        }
    }
}

}  // namespace

void write_table(core::h5::File& file, const Table& table) {
    std::size_t row_bytes = 0;
    const auto columns = layout(table, row_bytes);
    std::string rows(table.rows() * row_bytes, '\0');
    // In blocks that stay in the cache while column after column is filled in.
    constexpr std::size_t kBlock = 1024;
    for (std::size_t first = 0; first < table.rows(); first += kBlock) {
        const std::size_t last = std::min(first + kBlock, table.rows());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            pack(table.columns[i], columns[i], row_bytes, first, last, rows);
        }
    }
    file.write_table("/" + table.name, columns, row_bytes, rows);
}

}  // namespace graft::results
