// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/h5/handle.hpp"

namespace graft::core::h5 {

// The element types that graft's files use.
enum class Type { u8, i32, i64, u64, f32, f64 };
template <class T>
constexpr Type type_of();
template <>
constexpr Type type_of<std::uint8_t>() {
    return Type::u8;
}
template <>
constexpr Type type_of<std::int32_t>() {
    return Type::i32;
}
template <>
constexpr Type type_of<std::int64_t>() {
    return Type::i64;
}
template <>
constexpr Type type_of<std::uint64_t>() {
    return Type::u64;
}
template <>
constexpr Type type_of<float>() {
    return Type::f32;
}
template <>
constexpr Type type_of<double>() {
    return Type::f64;
}
hid_t native(Type type);

using Shape = std::vector<std::uint64_t>;
// Throws Refused when there are more than 2^64 of them.
std::uint64_t elements(const Shape& shape);

// One column of a table of compound type: numbers (missing ones NaN) or fixed-length UTF-8 texts.
struct Column {
    std::string name;
    Type type = Type::f64;      // of numbers
    std::size_t text_size = 0;  // > 0: a null-padded text of so many bytes
    std::size_t offset = 0;     // in the packed row; filled by Columns
};

// A serial HDF5 file. Paths inside it are absolute ("/group/data"); groups on the way are made.
// Wrong or missing parts throw Refused naming file and path. So does a size that the file's bytes
// cannot hold, before memory is taken for it: a dataset stored as it is may be as large as the
// file, a compressed one a thousand times that.
class File {
  public:
    static File create(const std::filesystem::path& path);  // replaces an existing file
    static File open(const std::filesystem::path& path);    // read only; InputError when it is none

    // Closes now and reports an error, which a destructor could not.
    void close();

    bool has(const std::string& path) const;
    void make_group(const std::string& path);
    // Another name of an object that is there, as good as its first: what it holds is stored once.
    void link(const std::string& existing, const std::string& path);
    // Names of the direct members of a group, sorted by name.
    std::vector<std::string> members(const std::string& group) const;
    bool is_group(const std::string& path) const;

    template <class T>
    void write(const std::string& path, const Shape& shape, const T* data) {
        write_raw(path, type_of<T>(), shape, data);
    }
    template <class T>
    void write(const std::string& path, const std::vector<T>& data) {
        write_raw(path, type_of<T>(), {data.size()}, data.data());
    }
    // Fixed-length null-padded UTF-8, as long as the longest text.
    void write_texts(const std::string& path, const std::vector<std::string>& texts);
    // `rows` packed one after the other, each `row_bytes` long.
    void write_table(const std::string& path, const std::vector<Column>& columns,
                     std::size_t row_bytes, std::string_view rows);

    Shape shape(const std::string& path) const;
    // Converts to T whatever number type is stored.
    template <class T>
    std::vector<T> read(const std::string& path) const {
        std::vector<T> data(readable_elements(path, sizeof(T)));
        read_raw(path, type_of<T>(), data.data());
        return data;
    }
    // Fixed-length or variable-length texts.
    std::vector<std::string> read_texts(const std::string& path) const;
    std::vector<Column> table_columns(const std::string& path, std::size_t& row_bytes) const;
    std::string read_table(const std::string& path, const std::vector<Column>& columns,
                           std::size_t row_bytes) const;

    // A dataset of uint8 laid out contiguously and filled by write_rows(); returns nothing to hold.
    void make_contiguous_u8(const std::string& path, const Shape& shape);
    // Rows first .. first+count along the first axis.
    void write_rows_u8(const std::string& path, std::uint64_t first, std::uint64_t count,
                       const std::uint8_t* data);
    // Byte offset of a contiguous dataset's data in the file, for pread.
    std::uint64_t data_offset(const std::string& path) const;

    // Attributes of the object at `path` ("/" for the root).
    void write_attribute(const std::string& path, const std::string& name, std::int64_t value);
    void write_attribute(const std::string& path, const std::string& name, double value);
    void write_attribute(const std::string& path, const std::string& name,
                         const std::string& value);
    // Fixed-length null-padded ASCII, as Keras writes layer_names; an empty list is an empty array.
    void write_attribute(const std::string& path, const std::string& name,
                         const std::vector<std::string>& values);
    bool has_attribute(const std::string& path, const std::string& name) const;
    std::int64_t int_attribute(const std::string& path, const std::string& name) const;
    double double_attribute(const std::string& path, const std::string& name) const;
    std::string text_attribute(const std::string& path, const std::string& name) const;
    std::vector<std::string> texts_attribute(const std::string& path,
                                             const std::string& name) const;

    const std::filesystem::path& path() const { return path_; }

  private:
    File(std::filesystem::path path, Handle handle)
        : path_(std::move(path)), handle_(std::move(handle)) {}
    std::string at(const std::string& path) const;  // "file:/path" for messages
    void write_raw(const std::string& path, Type type, const Shape& shape, const void* data);
    void read_raw(const std::string& path, Type type, void* data) const;
    // Number of a dataset's elements, once it is clear that the file can hold them and that each
    // may be read into `element_bytes`.
    std::uint64_t readable_elements(const std::string& path, std::uint64_t element_bytes) const;
    std::uint64_t size_in_bytes() const;
    [[noreturn]] void fail_damaged(const std::string& path, const std::string& why) const;
    Handle open_dataset(const std::string& path) const;
    Handle open_attribute(const std::string& path, const std::string& name) const;
    // One that holds a single number.
    Handle open_number(const std::string& path, const std::string& name) const;
    Handle create_dataset(const std::string& path, hid_t type, const Shape& shape,
                          const Handle& create = creation_properties());
    static Handle creation_properties();
    void close_written(Handle set, const std::string& path) const;
    void put_attribute(const std::string& path, const std::string& name, hid_t type, hid_t space,
                       const void* data);

    std::filesystem::path path_;
    Handle handle_;
};

}  // namespace graft::core::h5
