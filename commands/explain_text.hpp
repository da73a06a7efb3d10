// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "commands/live.hpp"
#include "commands/support_line.hpp"
#include "scheduler/explain.hpp"
#include "scheduler/run.hpp"

namespace graft::commands {

// What an explanation is told with, beside what scheduler/explain.hpp says.
struct ExplainView {
    std::string directory;  // of the sweep, as the user may type it
    const sweep::Record* record = nullptr;
    std::optional<Holder> runner;                  // who runs it; nothing: nobody
    std::optional<scheduler::StartEnding> ending;  // of the last start, if it wrote one
    core::WallTime now;
    DeviceFactsOf device_facts = {};  // of a device that failed; may be empty: nothing is known
};

// Why the sweep runs or does not, and what to type when it does not.
struct WhyRuns {
    std::string why;
    std::string type;  // empty: nothing
};
WhyRuns why_runs(const ExplainView& view);

std::string explain_text(const ExplainView& view, const scheduler::SweepExplanation& sweep);
std::string explain_text(const ExplainView& view, const scheduler::TrialExplanation& trial);
std::string explain_json(const ExplainView& view, const scheduler::SweepExplanation& sweep);
std::string explain_json(const ExplainView& view, const scheduler::TrialExplanation& trial);

// Parts that text and JSON share.
std::string_view name_of(scheduler::WaitReason reason);  // "left_out", "not_running", ...
std::string_view name_of(scheduler::LearnedFrom from);   // "class", "network", "device", "anything"
// "no", "cohorts_off", "begins_again", "held_apart", "shares_little"
std::string_view name_of(scheduler::Alone alone);
std::string_view text_of(scheduler::Against against);  // "nobody", "the trial", "its slot", ...
// "batch_size 16 (default 32)", for every [training] value that differs from its default.
std::vector<std::string> unusual_settings(const sweep::TrialSpec& spec);
// "waiting", and "interrupted" for a trial that ran when its coordinator went away.
std::string state_name(const scheduler::TrialExplanation& trial);

}  // namespace graft::commands
