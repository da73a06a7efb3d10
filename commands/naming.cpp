// SPDX-License-Identifier: Apache-2.0
#include "commands/naming.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/trial_names.hpp"

namespace graft::commands {

namespace {

constexpr std::size_t kNamed = 3;         // ids in one message
constexpr std::size_t kEnoughToMean = 4;  // digits that are like those of one id

using Trials = std::vector<const sweep::Trial*>;

[[noreturn]] void fail_ambiguous(const sweep::Record& record, const std::string& name,
                                 const Trials& begin_so) {
    std::vector<std::string> shown_ids;
    for (std::size_t i = 0; i < std::min(kNamed, begin_so.size()); ++i) {
        shown_ids.push_back(shown(*begin_so[i], record));
    }
    const auto more = begin_so.size() - shown_ids.size();
    core::fail_input("trial '{}' could be any of {} (their ids begin so: {}{}). Type more of it.",
                     name, begin_so.size(), core::join(shown_ids, "; "),
                     more > 0 ? fmt::format("; and {} more", more) : "");
}

[[noreturn]] void fail_unknown(const sweep::Record& record, const std::string& name,
                               const std::string& directory) {
    std::vector<std::string> beginnings;
    for (const auto& trial : record.trials()) {
        beginnings.push_back(trial.id.text().substr(0, name.size()));
    }
    const auto near =
        name.size() >= kEnoughToMean ? core::nearest(name, beginnings) : std::string();
    const auto found = std::find(beginnings.begin(), beginnings.end(), near);
    std::string hint;
    if (!near.empty() && found != beginnings.end()) {
        hint = fmt::format(
            " Did you mean {}?",
            shown(record.trials()[static_cast<std::size_t>(found - beginnings.begin())], record));
    }
    core::fail_input(
        "there is no trial '{}' (no id of this sweep begins so).{} List them: graft query {} "
        "--columns trial,state",
        name, hint, directory);
}

}  // namespace

const sweep::Trial& named_trial(const sweep::Record& record, const std::string& name,
                                const std::string& directory) {
    const auto id = sweep::TrialId::parse(name);
    if (const auto* exact = id ? record.find(*id) : nullptr) {
        return *exact;
    }
    Trials begin_so;
    for (const auto& trial : record.trials()) {
        if (!name.empty() && trial.id.text().starts_with(name)) {
            begin_so.push_back(&trial);
        }
    }
    if (begin_so.size() > 1) {
        fail_ambiguous(record, name, begin_so);
    }
    if (begin_so.empty()) {
        fail_unknown(record, name, directory);
    }
    return *begin_so.front();
}

std::string shown(const sweep::Trial& trial, const sweep::Record& record) {
    const sweep::TrialNames names(record.trials());
    return fmt::format("{} ({})", trial.id.text(), names.of(trial.spec));
}

}  // namespace graft::commands
