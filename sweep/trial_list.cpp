// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial_list.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

namespace graft::sweep {

namespace {

constexpr const char* kSpaces = " \t\r";

// The first word before a '#'; empty: there is none.
std::string first_word(const std::string& line) {
    const std::string text = line.substr(0, line.find('#'));
    const auto begin = text.find_first_not_of(kSpaces);
    if (begin == std::string::npos) {
        return {};
    }
    return text.substr(begin, text.find_first_of(kSpaces, begin) - begin);
}

}  // namespace

std::vector<ListedTrial> read_trial_list(const std::filesystem::path& path) {
    std::vector<ListedTrial> listed;
    int number = 0;
    for (const auto& line : core::split(core::read_file(path), '\n')) {
        ++number;
        if (auto word = first_word(line); !word.empty()) {
            listed.push_back({std::move(word), {path.string(), number}});
        }
    }
    return listed;
}

std::string trial_list_text(const std::vector<TrialId>& trials) {
    std::string text;
    for (const auto& trial : trials) {
        text += trial.text() + "\n";
    }
    return text;
}

std::vector<TrialSpec> select_trials(std::vector<TrialSpec> grid,
                                     const std::vector<ListedTrial>& listed,
                                     const std::filesystem::path& list,
                                     const std::filesystem::path& grid_of) {
    if (listed.empty()) {
        core::fail_input(
            "'{}' lists no trial (it is [sweep] trials of '{}'). Write ids into it, one per line, "
            "or remove the key to train the whole grid.",
            list.string(), grid_of.string());
    }
    std::set<TrialId> wanted, known;
    for (const auto& trial : listed) {
        if (const auto id = TrialId::parse(trial.name)) {
            wanted.insert(*id);
        }
    }
    std::erase_if(grid, [&](const TrialSpec& spec) {
        const auto id = trial_id(spec);
        known.insert(id);
        return !wanted.contains(id);
    });
    for (const auto& trial : listed) {
        const auto id = TrialId::parse(trial.name);
        if (!id || !known.contains(*id)) {
            core::fail_input(
                "{}: the grid has no trial '{}' (a key, the images or the weights changed since it "
                "was listed, or it is misspelt). List those that it has: graft plan {} --trials",
                trial.place.text(), core::escaped(trial.name), grid_of.string());
        }
    }
    return grid;
}

}  // namespace graft::sweep
