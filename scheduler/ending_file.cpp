// SPDX-License-Identifier: Apache-2.0
// The file <sweep>/ending: start id, outcome and message, a line each.
#include "core/error.hpp"
#include "core/text.hpp"

#include "scheduler/run.hpp"

namespace graft::scheduler {

void write_ending(const fs::path& sweep, const StartEnding& ending) {
    core::write_file(sweep / "ending",
                     fmt::format("{}\n{}\n{}\n", ending.start_id,
                                 static_cast<int>(ending.result.outcome), ending.result.message));
}

std::optional<StartEnding> read_ending(const fs::path& sweep) {
    const auto text = core::read_file_if_there(sweep / "ending");
    if (!text) {
        return std::nullopt;
    }
    const auto first = text->find('\n');
    const auto second = first == std::string::npos ? first : text->find('\n', first + 1);
    if (second == std::string::npos) {
        return std::nullopt;
    }
    const auto outcome = core::parse_int(text->substr(first + 1, second - first - 1));
    if (!outcome || *outcome < 0 || *outcome > static_cast<int>(Outcome::drained)) {
        return std::nullopt;
    }
    std::string message = text->substr(second + 1);
    while (!message.empty() && message.back() == '\n') {
        message.pop_back();
    }
    return StartEnding{text->substr(0, first), {static_cast<Outcome>(*outcome), message}};
}

}  // namespace graft::scheduler
