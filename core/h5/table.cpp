// SPDX-License-Identifier: Apache-2.0
// The tables (one-dimensional compound datasets) of h5::File.
#include "core/h5/file.hpp"
#include "core/h5/text_type.hpp"

namespace graft::core::h5 {

namespace {

Handle row_type(const std::vector<Column>& columns, std::size_t row_bytes,
                const std::string& where) {
    Handle row(checked(H5Tcreate(H5T_COMPOUND, row_bytes), "make a row of " + where));
    for (const auto& column : columns) {
        const std::string what = fmt::format("use column '{}' of {}", column.name, where);
        if (column.text_size > 0) {
            const Handle text = fixed_text_type(column.text_size, H5T_CSET_UTF8);
            checked(H5Tinsert(row.get(), column.name.c_str(), column.offset, text.get()), what);
        } else {
            checked(H5Tinsert(row.get(), column.name.c_str(), column.offset, native(column.type)),
                    what);
        }
    }
    return row;
}

Column column_of(hid_t member, std::string name, std::size_t offset, const std::string& what) {
    Column column{std::move(name), Type::f64, 0, offset};
    if (H5Tget_class(member) == H5T_STRING) {
        column.text_size = H5Tget_size(member);
        return column;
    }
    for (const Type type : {Type::u8, Type::i32, Type::i64, Type::u64, Type::f32, Type::f64}) {
        if (H5Tequal(member, native(type)) > 0) {
            column.type = type;
            return column;
        }
    }
    throw Refused(fmt::format(
        "cannot read column '{}' of {} (unknown type). Was it written by a newer graft?",
        column.name, what));
}

}  // namespace

void File::write_table(const std::string& path, const std::vector<Column>& columns,
                       std::size_t row_bytes, std::string_view rows) {
    const Handle type = row_type(columns, row_bytes, at(path));
    Handle set = create_dataset(path, type.get(), {rows.size() / row_bytes});
    if (!rows.empty()) {
        checked(H5Dwrite(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data()),
                "write " + at(path));
    }
    close_written(std::move(set), path);
}

std::vector<Column> File::table_columns(const std::string& path, std::size_t& row_bytes) const {
    const Handle set = open_dataset(path);
    const Handle type(checked(H5Dget_type(set.get()), "read the type of " + at(path)));
    row_bytes = H5Tget_size(type.get());
    if (H5Tget_class(type.get()) != H5T_COMPOUND) {
        fail_damaged(path, "it is no table");
    }
    const int count = checked(H5Tget_nmembers(type.get()), "read the columns of " + at(path));
    std::vector<Column> columns;
    for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
        char* name = H5Tget_member_name(type.get(), i);
        const Handle member(checked(H5Tget_member_type(type.get(), i), "read " + at(path)));
        columns.push_back(
            column_of(member.get(), name, H5Tget_member_offset(type.get(), i), at(path)));
        H5free_memory(name);
    }
    return columns;
}

std::string File::read_table(const std::string& path, const std::vector<Column>& columns,
                             std::size_t row_bytes) const {
    const Handle set = open_dataset(path);
    const Handle type = row_type(columns, row_bytes, at(path));
    std::string rows(readable_elements(path, row_bytes) * row_bytes, '\0');
    if (!rows.empty()) {
        checked(H5Dread(set.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, rows.data()),
                "read " + at(path));
    }
    return rows;
}

}  // namespace graft::core::h5
