// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace graft::models {

// A functional model as its JSON has it: layers by class, with their connections resolved.
struct KerasLayer {
    std::string name, kind;  // kind: Keras' class_name
    nlohmann::json config;
    std::vector<int> inputs;  // earlier entries of the list
    std::string call;         // what is special about its call, in words; empty: nothing
};
struct KerasModel {
    std::vector<KerasLayer> layers;  // in the file's order
    int output = 0;
};

// `key` of an object; null for anything else, or without it.
const nlohmann::json& member(const nlohmann::json& object, const std::string& key);

// Throws InputError when the text is no functional model with one input and one output.
KerasModel read_keras_model(std::string_view text, std::string_view shown);

}  // namespace graft::models
