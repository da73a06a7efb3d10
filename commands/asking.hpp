// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/clock.hpp"

namespace graft::commands {

// A running sweep looks for requests every two seconds; its answer is promised within ten.
constexpr core::Seconds kAnswerWithin{12};

// The answer to the request of that name, once the sweep's journal has it; nothing when there is
// none in time. The request stays then, for whoever runs the sweep next.
std::optional<std::string> wait_for_answer(const std::filesystem::path& sweep,
                                           const std::string& request,
                                           core::Seconds patience = kAnswerWithin);

// 0; 2 for "refused: ...".
int exit_code_of_answer(const std::string& answer);

}  // namespace graft::commands
