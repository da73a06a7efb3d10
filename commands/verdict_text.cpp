// SPDX-License-Identifier: Apache-2.0
#include "commands/verdict_text.hpp"

#include "core/text.hpp"

namespace graft::commands {

std::string verdict_text(const sweep::Trial& trial, const std::string& directory) {
    if (!trial.verdict) {
        return trial.to_the_end ? "it was stopped, and is trained to its last epoch on request"
                                : "";
    }
    const auto& verdict = *trial.verdict;
    const auto when = core::counted(static_cast<std::size_t>(verdict.epoch), "epoch");
    if (!verdict.stops) {
        return fmt::format("it went on after {} ({})", when, verdict.reason);
    }
    const auto next = sweep::result_of(trial.state)
                          ? fmt::format("To its last epoch: graft retry {} --stopped --trial {}",
                                        directory, trial.id.text())
                          : std::string("It has only to be scored");
    return fmt::format("it stops after {} ({}). {}", when, verdict.reason, next);
}

}  // namespace graft::commands
