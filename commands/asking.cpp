// SPDX-License-Identifier: Apache-2.0
#include "commands/asking.hpp"

#include "core/file.hpp"

#include "commands/live.hpp"
#include "scheduler/requests.hpp"

namespace graft::commands {

namespace {

constexpr core::Seconds kLookEvery{0.2};

std::optional<std::string> answer_to(const std::filesystem::path& sweep,
                                     const std::string& request) {
    const Live live = read_live(sweep);
    for (const auto& answer : live.record.answers()) {
        if (answer.request == request) {
            return answer.answer;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> wait_for_answer(const std::filesystem::path& sweep,
                                           const std::string& request, core::Seconds patience) {
    const auto file = scheduler::request_file(sweep, request);
    const auto begin = core::now();
    // The file goes after the answer was synced: the journal is read once, not at every look.
    std::error_code error;
    while (std::filesystem::exists(file, error) && core::now() - begin < patience) {
        core::sleep_for(kLookEvery);
    }
    return answer_to(sweep, request);
}

int exit_code_of_answer(const std::string& answer) {
    return answer.rfind("refused", 0) == 0 ? 2 : 0;
}

}  // namespace graft::commands
