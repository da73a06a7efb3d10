// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_cohorts.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/network_name.hpp"

#include "results/format.hpp"
#include "scheduler/formation.hpp"

namespace graft::commands {

namespace {

using scheduler::Cohorts;
using scheduler::CohortShape;

// Of a trial that has not begun; nothing: it goes alone. `trial`: any, which keeps its memory from
// call to call.
std::optional<std::uint64_t> company_of(const sweep::PlannedTrial& planned, Cohorts mode,
                                        sweep::Trial& trial) {
    trial.spec = planned.spec;
    trial.work = planned.work;
    if (scheduler::why_alone(trial, mode) != scheduler::Alone::no) {
        return std::nullopt;
    }
    return scheduler::company_of(trial, mode);
}

CohortShape shape_of(const std::vector<sweep::PlannedTrial>& trials,
                     const std::vector<std::size_t>& members) {
    const auto& first = trials[members.front()];
    CohortShape shape{scheduler::images_ahead(first.spec, first.work, std::nullopt),
                      first.work.multiply_adds,
                      {}};
    for (const auto member : members) {
        shape.frozen.push_back(trials[member].work.frozen_multiply_adds);
    }
    return shape;
}

double alone(const CohortShape& shape) {
    double sum = 0;
    for (std::size_t i = 0; i < shape.frozen.size(); ++i) {
        sum += scheduler::cohort_multiply_adds(shape, i, i + 1);
    }
    return sum;
}

// A company in the parts that memory of members and the least gain leave.
void add_cohorts(std::vector<PlannedCohort>& cohorts,
                 const std::vector<sweep::PlannedTrial>& trials, std::vector<std::size_t> company) {
    std::stable_sort(company.begin(), company.end(), [&](std::size_t a, std::size_t b) {
        return trials[a].work.frozen_multiply_adds < trials[b].work.frozen_multiply_adds;
    });
    const auto add = [&](std::vector<std::size_t> members) {
        const auto shape = shape_of(trials, members);
        cohorts.push_back(
            {std::move(members), alone(shape), scheduler::cohort_multiply_adds(shape)});
    };
    for (std::size_t first = 0; first < company.size();) {
        const auto parts =
            (company.size() - first + scheduler::kMostMembers - 1) / scheduler::kMostMembers;
        const auto last = first + (company.size() - first + parts - 1) / parts;
        const std::vector<std::size_t> members(company.begin() + static_cast<std::ptrdiff_t>(first),
                                               company.begin() + static_cast<std::ptrdiff_t>(last));
        if (scheduler::gain_of(shape_of(trials, members)) >= scheduler::kLeastGain) {
            add(members);
        } else {
            for (const auto member : members) {
                add({member});
            }
        }
        first = last;
    }
}

std::string row_text(const std::string& name, const Sharing& sharing) {
    return fmt::format("{:<15} {:>8} {:>9} {:>7} {:>12.3g} {:>12.3g} {:>7}\n", name,
                       sharing.cohorts,
                       sharing.cohorts == 0 ? "-"
                       : sharing.smallest == sharing.largest
                           ? std::to_string(sharing.largest)
                           : fmt::format("{}-{}", sharing.smallest, sharing.largest),
                       sharing.trials - sharing.in_cohorts, sharing.alone, sharing.together,
                       fmt::format("{:.0f} %", 100 * sharing.saved()));
}

std::string json_of(const Sharing& sharing) {
    return fmt::format(
        R"({{"trials": {}, "cohorts": {}, "in_cohorts": {}, "smallest": {}, "largest": {}, )"
        R"("multiply_adds_alone": {}, "multiply_adds_together": {}, "saved": {}}})",
        sharing.trials, sharing.cohorts, sharing.in_cohorts, sharing.smallest, sharing.largest,
        core::shortest(sharing.alone), core::shortest(sharing.together),
        core::shortest(sharing.saved()));
}

void add(Sharing& sharing, const PlannedCohort& cohort) {
    const auto size = cohort.members.size();
    sharing.trials += size;
    sharing.alone += cohort.alone;
    sharing.together += cohort.together;
    if (size > 1) {
        sharing.smallest = sharing.cohorts == 0 ? size : std::min(sharing.smallest, size);
        sharing.largest = std::max(sharing.largest, size);
        ++sharing.cohorts;
        sharing.in_cohorts += size;
    }
}

}  // namespace

std::vector<PlannedCohort> planned_cohorts(const std::vector<sweep::PlannedTrial>& trials,
                                           Cohorts mode) {
    std::unordered_map<std::uint64_t, std::size_t> places;
    sweep::Trial trial;
    std::vector<std::vector<std::size_t>> companies;  // in the order of their first trials
    for (std::size_t i = 0; i < trials.size(); ++i) {
        const auto key = company_of(trials[i], mode, trial);
        if (!key) {
            companies.push_back({i});
            continue;
        }
        const auto [place, is_new] = places.try_emplace(*key, companies.size());
        if (is_new) {
            companies.emplace_back();
        }
        companies[place->second].push_back(i);
    }
    std::vector<PlannedCohort> cohorts;
    for (auto& company : companies) {
        add_cohorts(cohorts, trials, std::move(company));
    }
    return cohorts;
}

Sharing sharing_of(const std::vector<PlannedCohort>& cohorts) {
    Sharing sharing;
    for (const auto& cohort : cohorts) {
        add(sharing, cohort);
    }
    return sharing;
}

std::map<std::string, Sharing> sharing_by_network(const std::vector<sweep::PlannedTrial>& trials,
                                                  const std::vector<PlannedCohort>& cohorts) {
    std::map<std::string, Sharing> networks;
    for (const auto& cohort : cohorts) {
        add(networks[sweep::network_label(trials[cohort.members.front()].spec->network)], cohort);
    }
    return networks;
}

std::string sharing_text(const std::vector<sweep::PlannedTrial>& trials,
                         const std::vector<PlannedCohort>& cohorts, Cohorts mode) {
    if (mode == Cohorts::off) {
        return "Cohorts are off ([run] cohorts = false): every trial is trained alone.\n";
    }
    const auto all = sharing_of(cohorts);
    if (all.cohorts == 0) {
        return "Cohorts: none. No two trials share batches and frozen layers.\n";
    }
    std::string text =
        fmt::format("{:<15} {:>8} {:>9} {:>7} {:>12} {:>12} {:>7}\n", "network", "cohorts",
                    "of trials", "alone", "work alone", "in cohorts", "saved");
    for (const auto& [network, sharing] : sharing_by_network(trials, cohorts)) {
        text += row_text(network, sharing);
    }
    return text +
           fmt::format(
               "{} in {}: {:.0f} % of all work saved, with the same results to the bit. A cohort "
               "goes through its batches, warm-up and common frozen layers once. Where slots would "
               "idle, trials are spread.\n",
               core::counted(all.in_cohorts, "trial"), core::counted(all.cohorts, "cohort"),
               100 * all.saved());
}

std::string sharing_json(const std::vector<sweep::PlannedTrial>& trials,
                         const std::vector<PlannedCohort>& cohorts, Cohorts mode) {
    std::vector<std::string> networks;
    for (const auto& [network, sharing] : sharing_by_network(trials, cohorts)) {
        networks.push_back(results::json_quoted(network) + ": " + json_of(sharing));
    }
    return fmt::format(R"({{"on": {}, "all": {}, "networks": {{{}}}}})", mode != Cohorts::off,
                       json_of(sharing_of(cohorts)), core::join(networks));
}

}  // namespace graft::commands
