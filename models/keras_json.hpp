// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "models/network.hpp"

namespace graft::models {

// Networks from Keras' own description of a functional model: what model.to_json() writes, of
// Keras 2 and 3. Its layers become the same list that the built-in networks are.

// The base of the model that `json` holds, as Keras orders it. A model without a classifier is
// taken whole; of one with a classifier, what follows the last feature map (the only
// GlobalAveragePooling2D, GlobalMaxPooling2D or Flatten, and Dropout right before it) is left out.
// Initialisers, momentum, dtype and `trainable` are left aside: [training] and freeze decide them.
// Throws InputError that names every layer and option which is not supported; `shown` is what
// messages call the text, `label` the network's name.
Network read_keras_json(std::string_view json, std::string_view shown, std::string_view label);

// The same base in the same form, with nothing in it that does not matter: equal networks give
// equal texts, whichever Keras wrote them. Reads back as the same network.
std::string keras_json(const Network& network);

// The name of such a network in trials, which build_network() takes: "label@content", the content
// 16 hexadecimal digits of its keras_json(), and ":preprocessing" where there is one.
std::string name_with_content(std::string_view label, std::string_view json,
                              std::string_view preprocessing);

}  // namespace graft::models
