// SPDX-License-Identifier: Apache-2.0
#include "models/keras_options.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace graft::models {

namespace {

using nlohmann::json;

constexpr std::size_t kShown = 40;  // characters of a value in a message
constexpr int kMostPad = 1024;

std::string shown(const json& value) {
    return core::escaped(value.dump(-1, ' ', true, json::error_handler_t::replace), kShown);
}

// Options that decide about no number of a trial: names, what [training] says, what is drawn anew.
bool is_aside(const std::string& key) {
    static const std::set<std::string> aside{"name",         "trainable",       "dtype",
                                             "momentum",     "renorm_momentum", "input_dtype",
                                             "synchronized", "is_quantized",    "build_config"};
    return aside.contains(key) || key.ends_with("_initializer");
}

bool is_off(const json& value) {
    return value.is_null() || value == false;
}

}  // namespace

const json& KerasOptions::take(const std::string& key) {
    asked_.insert(key);
    return member(config_, key);
}

void KerasOptions::wrong(const std::string& key, const json& value, const std::string& supported) {
    problem(fmt::format("{} {} ({})", key, shown(value), supported));
}

int KerasOptions::in_range(const json& value, const std::string& key, int least, int most) {
    if (value.is_number_integer() && value >= least && value <= most) {
        return value.get<int>();
    }
    wrong(key, value, fmt::format("{} to {} supported", least, most));
    return least;
}

int KerasOptions::count(const std::string& key, int least, int most) {
    return in_range(take(key), key, least, most);
}

std::array<int, 2> KerasOptions::pair(const std::string& key, int least, int most) {
    const json& value = take(key);
    if (value.is_array() && value.size() == 2) {
        return {in_range(value[0], key, least, most), in_range(value[1], key, least, most)};
    }
    const int both = in_range(value, key, least, most);
    return {both, both};
}

int KerasOptions::equal_pair(const std::string& key, int least, int most,
                             std::optional<int> otherwise) {
    if (otherwise && take(key).is_null()) {
        return *otherwise;
    }
    const auto [rows, columns] = pair(key, least, most);
    if (rows != columns) {
        wrong(key, take(key), "two equal ones supported");
    }
    return rows;
}

std::array<int, 4> KerasOptions::sides(const std::string& key) {
    const json& value = take(key);
    const auto both = [&](const json& one) -> std::array<int, 2> {
        if (one.is_array() && one.size() == 2) {
            return {in_range(one[0], key, 0, kMostPad), in_range(one[1], key, 0, kMostPad)};
        }
        const int same = in_range(one, key, 0, kMostPad);
        return {same, same};
    };
    const bool listed = value.is_array() && value.size() == 2;
    const auto rows = both(listed ? value[0] : value);
    const auto columns = both(listed ? value[1] : value);
    return {rows[0], rows[1], columns[0], columns[1]};
}

bool KerasOptions::flag(const std::string& key, bool otherwise) {
    const json& value = take(key);
    if (!value.is_boolean() && !value.is_null()) {
        wrong(key, value, "true or false supported");
    }
    return value.is_boolean() ? value.get<bool>() : otherwise;
}

double KerasOptions::number(const std::string& key, double otherwise) {
    const json& value = take(key);
    const double number = value.is_number() ? value.get<double>() : otherwise;
    if ((!value.is_number() && !value.is_null()) || !(number > 0 && number < 1)) {
        wrong(key, value, "a number between 0 and 1 supported");
    }
    return number;
}

Padding KerasOptions::padding() {
    only("padding", {"valid", "same"});
    return member(config_, "padding") == "same" ? Padding::same : Padding::valid;
}

std::optional<Activation> KerasOptions::activation() {
    const json& value = take("activation");
    if (value.is_null() || value == "linear") {
        return std::nullopt;
    }
    if (value == "relu") {
        return Activation::relu;
    }
    if (value != "relu6") {
        wrong("activation", value, "relu and relu6 supported");
    }
    return Activation::relu6;
}

void KerasOptions::only(const std::string& key, const std::vector<json>& values) {
    const json& value = take(key);
    if (!value.is_null() && std::find(values.begin(), values.end(), value) == values.end()) {
        std::vector<std::string> texts;
        for (const auto& one : values) {
            texts.push_back(shown(one));
        }
        wrong(key, value, core::join(texts, " and ") + " supported");
    }
}

std::vector<std::string> KerasOptions::problems() const {
    auto problems = problems_;
    if (!config_.is_object()) {
        problems.emplace_back("no config");
        return problems;
    }
    for (const auto& [key, value] : config_.items()) {
        if (!asked_.contains(key) && !is_aside(key) && !is_off(value)) {
            problems.push_back(fmt::format("option {} {} (not supported)",
                                           core::escaped(key, kShown), shown(value)));
        }
    }
    return problems;
}

}  // namespace graft::models
