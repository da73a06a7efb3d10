// SPDX-License-Identifier: Apache-2.0
#include "core/value.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::core {

namespace {

[[noreturn]] void fail_type(std::string_view key, const Value& value, std::string_view expected) {
    fail_input("{}: '{}' is {} (expected {}). Correct the value.", value.place.text(), key,
               value.shown(), expected);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
    const std::string near = nearest(word, known);
    return near.empty() ? std::string() : fmt::format(" Did you mean '{}'?", near);
}

}  // namespace

std::string Place::text() const {
    return line > 0 ? fmt::format("{}:{}", file, line) : file;
}

const Entry* Table::find(std::string_view key) const {
    for (const auto& entry : entries) {
        if (entry.key == key) {
            return &entry;
        }
    }
    return nullptr;
}

std::string Value::shown() const {
    struct Show {
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
        std::string operator()(double v) const { return shortest(v); }
        std::string operator()(const std::string& v) const { return fmt::format("'{}'", v); }
        std::string operator()(const List&) const { return "a list"; }
        std::string operator()(const Table&) const { return "a table"; }
    };
    return std::visit(Show{}, data);
}

const std::string& as_string(std::string_view key, const Value& value) {
    if (const auto* text = value.string()) {
        return *text;
    }
    fail_type(key, value, "a text in quotes");
}

bool as_bool(std::string_view key, const Value& value) {
    if (const auto* flag = std::get_if<bool>(&value.data)) {
        return *flag;
    }
    fail_type(key, value, "true or false");
}

std::int64_t as_int(std::string_view key, const Value& value, std::int64_t low, std::int64_t high) {
    const auto* number = std::get_if<std::int64_t>(&value.data);
    if (!number || *number < low || *number > high) {
        fail_type(key, value, fmt::format("a whole number from {} to {}", low, high));
    }
    return *number;
}

double as_double(std::string_view key, const Value& value, double low, double high) {
    double number = NAN;
    if (const auto* real = std::get_if<double>(&value.data)) {
        number = *real;
    } else if (const auto* whole = std::get_if<std::int64_t>(&value.data)) {
        number = static_cast<double>(*whole);
    }
    if (!(number >= low && number <= high)) {
        fail_type(key, value, fmt::format("a number from {} to {}", shortest(low), shortest(high)));
    }
    return number;
}

std::vector<std::string> as_strings(std::string_view key, const Value& value) {
    if (const auto* text = value.string()) {
        return {*text};
    }
    if (!value.list()) {
        fail_type(key, value, "a list of texts");
    }
    std::vector<std::string> texts;
    for (const auto& item : *value.list()) {
        texts.push_back(as_string(key, item));
    }
    return texts;
}

void check_file_name(std::string_view what, const std::string& name, const Place& place) {
    constexpr std::size_t longest = 100;
    const bool odd = std::any_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/';
    });
    if (name.empty() || name.size() > longest || name.front() == '.' || odd) {
        fail_input(
            "{}: the {} '{}' cannot be part of a file's name. Take 1 to {} letters, digits, '-' "
            "and '_', without '/' and not beginning with a dot.",
            place.text(), what, escaped(name, longest), longest);
    }
}

void fail_unknown_key(const Entry& entry, std::string_view where,
                      const std::vector<std::string>& known) {
    fail_input("{}: unknown key '{}' in {}.{} Known keys: {}.", entry.value.place.text(), entry.key,
               where, did_you_mean(entry.key, known), join(known));
}

void fail_choice(std::string_view key, const Value& value,
                 const std::vector<std::string>& allowed) {
    const std::string* text = value.string();
    fail_input("{}: '{}' is {} (none of the allowed values).{} Allowed: {}.", value.place.text(),
               key, value.shown(), text ? did_you_mean(*text, allowed) : "", join(allowed));
}

}  // namespace graft::core
