// SPDX-License-Identifier: Apache-2.0
#include "sweep/trainer_log.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace graft::sweep {

namespace {

constexpr std::string_view kMark = "== cohort ";
constexpr std::size_t kLongest = 200;

// A mark of any cohort, or of one, at the beginning of a line.
std::size_t find_mark(std::string_view log, std::string_view mark, std::size_t from) {
    for (auto at = log.find(mark, from); at != std::string_view::npos;
         at = log.find(mark, at + 1)) {
        if (at == 0 || log[at - 1] == '\n') {
            return at;
        }
    }
    return std::string_view::npos;
}

// As a terminal shows it at the end: what comes after the last return to the line's beginning.
std::string_view last_state(std::string_view line) {
    while (!line.empty() && line.back() == '\r') {
        line.remove_suffix(1);
    }
    const auto back = line.rfind('\r');
    return back == std::string_view::npos ? line : line.substr(back + 1);
}

}  // namespace

std::string trainer_log(Rank rank, const std::vector<Slot>& slots) {
    return fmt::format("logs/trainer-{}-{}.log", rank.value, slots.empty() ? 0 : slots[0].value);
}

std::string attempt_mark(const Assign& assign, const std::string& host, core::WallTime now) {
    std::vector<std::string> members;
    for (const auto& member : assign.members) {
        members.push_back(fmt::format("{} attempt {}", member.trial.text(), member.attempt));
    }
    return fmt::format("{}{} begins at {} UTC on {}: {}\n", kMark, assign.cohort.value,
                       core::wall_text(now), host, core::join(members));
}

std::string_view part_of_attempt(std::string_view log, CohortId cohort) {
    const auto mark = fmt::format("{}{} ", kMark, cohort.value);
    const auto begin = find_mark(log, mark, 0);
    const auto line_end = log.find('\n', begin == std::string_view::npos ? log.size() : begin);
    if (line_end == std::string_view::npos) {
        return {};
    }
    const auto text = log.substr(line_end + 1);
    return text.substr(0, find_mark(text, kMark, 0));
}

std::vector<std::string> last_lines(std::string_view text, std::size_t count) {
    struct Line {
        std::string text;
        std::size_t times = 1;
    };
    std::vector<Line> lines;  // the last one first
    while (!text.empty()) {
        const auto end = text.rfind('\n');
        const auto start = end == std::string_view::npos ? 0 : end + 1;
        auto line = core::printable(last_state(text.substr(start)), kLongest);
        text = text.substr(0, end == std::string_view::npos ? 0 : end);
        if (line.find_first_not_of(' ') == std::string::npos) {
            continue;
        }
        if (!lines.empty() && lines.back().text == line) {
            ++lines.back().times;
        } else if (lines.size() < count) {
            lines.push_back({std::move(line)});
        } else {
            break;
        }
    }
    std::vector<std::string> shown;
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
        shown.push_back(line->times == 1 ? line->text
                                         : fmt::format("{} ({} times)", line->text, line->times));
    }
    return shown;
}

}  // namespace graft::sweep
