// SPDX-License-Identifier: Apache-2.0
#include "commands/divide.hpp"

#include <algorithm>
#include <map>
#include <queue>
#include <string>

#include "sweep/cohort.hpp"

namespace graft::commands {

namespace {

struct Group {
    std::map<sweep::TrialId, std::size_t> trials;  // places in the given list
    double multiply_adds = 0;
};

std::vector<Group> groups_of(const std::vector<sweep::PlannedTrial>& trials) {
    std::map<std::string, Group> by_bottom;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        const auto& spec = trials[i].spec;
        by_bottom[sweep::cohort_key(spec)].trials.emplace(sweep::trial_id(spec), i);
    }
    std::vector<Group> groups;
    for (auto& [text, group] : by_bottom) {
        for (const auto& [id, place] : group.trials) {  // in one order: sums depend on it
            group.multiply_adds += sweep::total_multiply_adds(trials[place].work);
        }
        groups.push_back(std::move(group));
    }
    std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
        return a.multiply_adds != b.multiply_adds
                   ? a.multiply_adds > b.multiply_adds
                   : a.trials.begin()->first < b.trials.begin()->first;
    });
    return groups;
}

}  // namespace

double Division::imbalance() const {
    double total = 0, most = 0;
    for (const auto& part : parts) {
        total += part.multiply_adds;
        most = std::max(most, part.multiply_adds);
    }
    return total > 0 ? most * static_cast<double>(parts.size()) / total : 1;
}

Division divide(const std::vector<sweep::PlannedTrial>& trials, std::size_t parts) {
    const auto groups = groups_of(trials);
    Division division;
    division.parts.resize(std::min(parts, groups.size()));
    std::vector<std::vector<std::size_t>> dealt(division.parts.size());
    // Work, groups, part: where nothing costs anything, every part gets its share all the same.
    using Load = std::tuple<double, std::size_t, std::size_t>;
    std::priority_queue<Load, std::vector<Load>, std::greater<>> least;
    for (std::size_t i = 0; i < dealt.size(); ++i) {
        least.emplace(0.0, 0, i);
    }
    for (const auto& group : groups) {
        if (least.empty()) {
            break;  // no part was asked for
        }
        const auto [work, count, part] = least.top();
        least.pop();
        for (const auto& [id, place] : group.trials) {
            dealt[part].push_back(place);
        }
        division.parts[part].multiply_adds = work + group.multiply_adds;
        least.emplace(work + group.multiply_adds, count + 1, part);
    }
    for (std::size_t i = 0; i < dealt.size(); ++i) {
        std::sort(dealt[i].begin(), dealt[i].end());
        for (const auto trial : dealt[i]) {
            division.parts[i].trials.push_back(sweep::trial_id(trials[trial].spec));
        }
    }
    return division;
}

}  // namespace graft::commands
