// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/keras_model.hpp"
#include "models/network.hpp"

namespace graft::models {

// The configuration of one layer, read option by option. What it says that cannot be had, options
// that nobody asked for among it, is collected in words: "groups 2 (1 is supported)".
class KerasOptions {
  public:
    explicit KerasOptions(const nlohmann::json& config) : config_(config) {}

    int count(const std::string& key, int least, int most);
    // Two equal numbers, or one; `otherwise` where it says null.
    int equal_pair(const std::string& key, int least, int most, std::optional<int> otherwise = {});
    std::array<int, 2> pair(const std::string& key, int least, int most);
    std::array<int, 4> sides(const std::string& key);  // top, bottom, left, right
    bool flag(const std::string& key, bool otherwise);
    double number(const std::string& key, double otherwise);
    Padding padding();
    // Of a layer's own: none for "linear".
    std::optional<Activation> activation();
    bool is_null(const std::string& key) { return take(key).is_null(); }
    // The option, where it is there, must be one of these.
    void only(const std::string& key, const std::vector<nlohmann::json>& values);
    void problem(std::string text) { problems_.push_back(std::move(text)); }

    // With the options that nobody asked for: those that are on, and decide about numbers.
    std::vector<std::string> problems() const;

  private:
    const nlohmann::json& take(const std::string& key);
    int in_range(const nlohmann::json& value, const std::string& key, int least, int most);
    void wrong(const std::string& key, const nlohmann::json& value, const std::string& supported);

    const nlohmann::json& config_;
    std::set<std::string> asked_;
    std::vector<std::string> problems_;
};

}  // namespace graft::models
