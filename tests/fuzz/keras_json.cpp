// SPDX-License-Identifier: Apache-2.0
// models/keras_json: networks in Keras' JSON.
#include "models/keras_json.hpp"

#include <optional>

#include "core/error.hpp"

#include "fuzz/fuzz.hpp"

using namespace graft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::optional<models::Network> network;
    try {
        network = models::read_keras_json(fuzz::text_of(data, size), "'fuzz.json'", "fuzz");
    } catch (const core::InputError&) {
        return 0;
    }
    const auto text = models::keras_json(*network);
    const auto again = models::read_keras_json(text, "'again'", "fuzz");
    fuzz::demand(models::keras_json(again) == text, "a kept network reads back as the same");
    const auto whole =
        models::build_network(models::name_with_content("fuzz", text, "tf"), 2, 8, text);
    fuzz::demand(models::output_shapes(whole, whole.minimum_size).size() == whole.layers.size(),
                 "every layer has a shape at the smallest size");
    return 0;
}
