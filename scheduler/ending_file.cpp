// SPDX-License-Identifier: Apache-2.0
// The file <sweep>/ending: start id, outcome and message, a line each.
#include "core/error.hpp"
#include "core/text.hpp"

#include "scheduler/run.hpp"

namespace graft::scheduler {

namespace {

fs::path aside(const fs::path& sweep, const std::string& start_id) {
    return sweep / ("ending." + start_id);
}

std::string to_text(const StartEnding& ending) {
    return fmt::format("{}\n{}\n{}\n", ending.start_id, static_cast<int>(ending.result.outcome),
                       ending.result.message);
}

std::optional<StartEnding> read_from(const fs::path& path) {
    const auto text = core::read_file_if_there(path);
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

}  // namespace

void write_ending(const fs::path& sweep, const StartEnding& ending) {
    core::write_file(sweep / "ending", to_text(ending));
}

void write_ending_aside(const fs::path& sweep, const StartEnding& ending) {
    core::write_file(aside(sweep, ending.start_id), to_text(ending));
}

std::optional<StartEnding> read_ending(const fs::path& sweep) {
    return read_from(sweep / "ending");
}

std::optional<StartEnding> take_ending(const fs::path& sweep, const std::string& start_id) {
    for (const auto& path : {sweep / "ending", aside(sweep, start_id)}) {
        auto ending = read_from(path);
        if (ending && ending->start_id == start_id) {
            core::remove_file(aside(sweep, start_id));
            ending->result.had_sweep = path.filename() == "ending";
            return ending;
        }
    }
    return std::nullopt;
}

}  // namespace graft::scheduler
