// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "results/report/page.hpp"

namespace graft::results::report {

// Gives each thing a name of its own: "curves", "curves-2".
class Names {
  public:
    explicit Names(std::set<std::string> taken = {}) : taken_(std::move(taken)) {}

    std::string unique(std::string_view id) {
        const std::string plain = plain_id(id);
        std::string name = plain;
        for (int count = 2; !taken_.insert(name).second; ++count) {
            name = fmt::format("{}-{}", plain, count);
        }
        return name;
    }

  private:
    std::set<std::string> taken_;
};

}  // namespace graft::results::report
