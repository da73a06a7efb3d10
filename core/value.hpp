// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace graft::core {

// A settings value with the place it was read from, so that every message can name file and line.
struct Place {
    std::string file;
    int line = 0;
    // "sweep.toml:12", or "sweep.toml" without a line
    std::string text() const;
};

struct Entry;

// Keys and values in the order of the file.
struct Table {
    std::vector<Entry> entries;
    const Entry* find(std::string_view key) const;
};

struct Value;
using List = std::vector<Value>;

struct Value {
    std::variant<bool, std::int64_t, double, std::string, List, Table> data;
    Place place;

    const std::string* string() const { return std::get_if<std::string>(&data); }
    const List* list() const { return std::get_if<List>(&data); }
    const Table* table() const { return std::get_if<Table>(&data); }
    // What a message calls it: "true", "3", "'text'", "a list", "a table".
    std::string shown() const;
};

struct Entry {
    std::string key;
    Value value;
};

// Typed readers. They throw InputError "place: key is X (expected Y). ..." when the value does not
// fit; an integer is taken where a real number is expected.
const std::string& as_string(std::string_view key, const Value& value);
bool as_bool(std::string_view key, const Value& value);
std::int64_t as_int(std::string_view key, const Value& value, std::int64_t low, std::int64_t high);
double as_double(std::string_view key, const Value& value, double low, double high);
// A list of strings; a single string is a list of one.
std::vector<std::string> as_strings(std::string_view key, const Value& value);

// For a name of the user's that becomes part of a file's name. Throws InputError "place: ..." when
// it could lead elsewhere ('/', a leading dot), cannot be shown (control characters), is empty, or
// has more than 100 bytes.
void check_file_name(std::string_view what, const std::string& name, const Place& place);

// Throws InputError naming file, line, the wrong key, the nearest known one and all known ones.
[[noreturn]] void fail_unknown_key(const Entry& entry, std::string_view where,
                                   const std::vector<std::string>& known);
// The same for a text that is none of the allowed values.
[[noreturn]] void fail_choice(std::string_view key, const Value& value,
                              const std::vector<std::string>& allowed);

}  // namespace graft::core
