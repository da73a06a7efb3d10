// SPDX-License-Identifier: Apache-2.0
#include "data/dataset_settings.hpp"

#include <functional>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::data {

namespace {

template <class E>
E as_choice(std::string_view key, const core::Value& value) {
    const std::string* text = value.string();
    if (const auto found = text ? core::value_of<E>(*text) : std::nullopt) {
        return *found;
    }
    const auto& names = core::EnumNames<E>::names;
    core::fail_choice(key, value, {names.begin(), names.end()});
}

std::map<std::string, std::string> as_map(std::string_view key, const core::Value& value) {
    if (!value.table()) {
        core::fail_input(
            "{}: '{}' is {} (expected a table of texts). Write {} = {{ \"0\" = "
            "\"none\" }}.",
            value.place.text(), key, value.shown(), key);
    }
    std::map<std::string, std::string> map;
    for (const auto& entry : value.table()->entries) {
        map[entry.key] = core::as_string(entry.key, entry.value);
    }
    return map;
}

// Every key with how it is read: the one list that keys and reader come from.
struct KeyReader {
    std::string key;
    std::function<void(DatasetSettings&, const core::Value&)> read;
};

template <class Member>
KeyReader text_key(const std::string& key, Member member) {
    return {key, [key, member](DatasetSettings& s, const core::Value& v) {
                s.*member = core::as_string(key, v);
            }};
}

template <class E>
KeyReader choice_key(const std::string& key, E DatasetSettings::*member) {
    return {key, [key, member](DatasetSettings& s, const core::Value& v) {
                s.*member = as_choice<E>(key, v);
            }};
}

template <class T>
KeyReader int_key(const std::string& key, T DatasetSettings::*member, std::int64_t high) {
    return {key, [key, member, high](DatasetSettings& s, const core::Value& v) {
                s.*member = static_cast<T>(core::as_int(key, v, 0, high));
            }};
}

const std::vector<KeyReader>& readers() {
    using S = DatasetSettings;
    using V = core::Value;
    constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;
    static const std::vector<KeyReader> all = {
        {"path", [](S& s, const V& v) { s.path = core::as_string("path", v); }},
        text_key("images", &S::images),
        text_key("labels", &S::labels),
        text_key("id_column", &S::id_column),
        text_key("label_column", &S::label_column),
        text_key("group_column", &S::group_column),
        text_key("group", &S::group),
        text_key("groups", &S::groups),
        {"channels", [](S& s, const V& v) { s.channels = core::as_strings("channels", v); }},
        {"single_label",
         [](S& s, const V& v) { s.single_label = core::as_bool("single_label", v); }},
        int_key("min_class_size", &S::min_class_size, exact_in_double),
        {"map_labels", [](S& s, const V& v) { s.map_labels = as_map("map_labels", v); }},
        int_key("split_seed", &S::split_seed, exact_in_double),
        {"folds",
         [](S& s, const V& v) {
             s.folds = static_cast<std::int32_t>(core::as_int("folds", v, 2, kMostFolds));
         }},
        choice_key("duplicates", &S::duplicates),
        int_key("duplicate_distance", &S::duplicate_distance, kMaxDuplicateDistance),
        choice_key("on_bad_image", &S::on_bad_image),
        choice_key("on_rare_class", &S::on_rare_class),
    };
    return all;
}

}  // namespace

const std::vector<std::string>& dataset_keys() {
    static const std::vector<std::string> keys = [] {
        std::vector<std::string> names;
        for (const auto& reader : readers()) {
            names.push_back(reader.key);
        }
        return names;
    }();
    return keys;
}

DatasetSettings dataset_settings(const std::string& name, const core::Table& table,
                                 const std::filesystem::path& base) {
    DatasetSettings settings;
    core::check_file_name("dataset's name", name, {"[datasets]", 0});
    settings.name = name;
    for (const auto& reader : readers()) {
        if (const auto* entry = table.find(reader.key)) {
            reader.read(settings, entry->value);
        }
    }
    if (settings.path.empty()) {
        core::fail_input("[datasets.{}] has no path. Add path = \"the dataset's directory\".",
                         name);
    }
    settings.path = std::filesystem::absolute(base / settings.path).lexically_normal();
    return settings;
}

core::Value option_value(const std::string& key, const std::string& text) {
    core::Value value;
    value.place.file = "--" + key;
    if (key == "channels") {
        core::List list;
        for (const auto& name : core::split(text, ',')) {
            list.push_back({name, value.place});
        }
        value.data = std::move(list);
    } else if (key == "single_label") {
        value.data = text == "true";
    } else if (const auto number = core::parse_int(text)) {
        value.data = *number;
    } else {
        value.data = text;
    }
    return value;
}

}  // namespace graft::data
