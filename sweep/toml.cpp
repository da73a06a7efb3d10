// SPDX-License-Identifier: Apache-2.0
#include "sweep/toml.hpp"

#include <algorithm>

#include <toml++/toml.h>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::sweep {

using core::Entry;
using core::Place;
using core::Table;
using core::Value;

namespace {

Value value_of_node(const toml::node& node, const std::string& file);

// TOML allows it ("\u0000"); a path would end there.
void check_no_zero(std::string_view text, const Place& place) {
    if (text.find('\0') != std::string_view::npos) {
        core::fail_input("{}: '{}' has a zero byte. Remove it.", place.text(), core::escaped(text));
    }
}

Table table_of(const toml::table& table, const std::string& file) {
    Table result;
    for (const auto& [key, node] : table) {
        check_no_zero(key.str(), {file, static_cast<int>(key.source().begin.line)});
        result.entries.push_back({std::string(key.str()), value_of_node(node, file)});
    }
    // toml++ sorts by key; the order of the file is that of the lines.
    std::stable_sort(
        result.entries.begin(), result.entries.end(),
        [](const Entry& a, const Entry& b) { return a.value.place.line < b.value.place.line; });
    return result;
}

Value value_of_node(const toml::node& node, const std::string& file) {
    Value value;
    value.place = {file, static_cast<int>(node.source().begin.line)};
    if (const auto* table = node.as_table()) {
        value.data = table_of(*table, file);
    } else if (const auto* array = node.as_array()) {
        core::List list;
        for (const auto& item : *array) {
            list.push_back(value_of_node(item, file));
        }
        value.data = std::move(list);
    } else if (const auto* text = node.as_string()) {
        check_no_zero(text->get(), value.place);
        value.data = text->get();
    } else if (const auto* flag = node.as_boolean()) {
        value.data = flag->get();
    } else if (const auto* whole = node.as_integer()) {
        value.data = whole->get();
    } else if (const auto* real = node.as_floating_point()) {
        value.data = real->get();
    } else {
        core::fail_input("{}: dates and times have no meaning here. Use a text or a number.",
                         value.place.text());
    }
    return value;
}

}  // namespace

Table parse_toml(std::string_view text, const std::string& file) {
    try {
        return table_of(toml::parse(text, file), file);
    } catch (const toml::parse_error& error) {
        core::fail_input("{}:{}:{}: not valid TOML ({}). Correct the line.", file,
                         error.source().begin.line, error.source().begin.column,
                         error.description());
    }
}

}  // namespace graft::sweep
