// SPDX-License-Identifier: Apache-2.0
#include "sweep/excerpt.hpp"

#include <algorithm>

namespace graft::sweep {

namespace {

// What concerns no trial: starts, plans, datasets, devices, requests.
template <class Kind>
constexpr bool kOfTrials =
    std::is_same_v<Kind, AttemptStarted> || std::is_same_v<Kind, AttemptBegun> ||
    std::is_same_v<Kind, SaveRecorded> || std::is_same_v<Kind, AttemptEnded> ||
    std::is_same_v<Kind, TrialFailed> || std::is_same_v<Kind, TrialRetried> ||
    std::is_same_v<Kind, FilesFreed> || std::is_same_v<Kind, TrialJudged>;

}  // namespace

void TrialEvents::note_cohort(CohortId cohort) {
    const auto found = members_.find(cohort);
    if (found != members_.end()) {
        std::for_each(found->second.begin(), found->second.end(),
                      [this](const TrialId& id) { note(id); });
    }
}

void TrialEvents::add(const Event& event) {
    std::visit(
        [this](const auto& kind) {
            using Kind = std::decay_t<decltype(kind)>;
            if constexpr (std::is_same_v<Kind, AttemptStarted>) {
                auto& members = members_[kind.cohort];
                for (const auto& member : kind.members) {
                    members.push_back(member.trial);
                }
                note_cohort(kind.cohort);
            } else if constexpr (std::is_same_v<Kind, SaveRecorded>) {
                note_cohort(kind.save.cohort);
            } else if constexpr (requires { kind.cohort; }) {
                note_cohort(kind.cohort);
            } else if constexpr (kOfTrials<Kind>) {
                note(kind.trial);
            }
            if constexpr (kOfTrials<Kind>) {
                events_.emplace_back(kind);
            }
        },
        event);
}

// Tells events again with their new numbers.
class TrialEvents::Retelling {
  public:
    Retelling(const std::set<TrialId>& trials, const Record& target)
        : trials_(trials), target_(target), next_(target.next_cohort()) {}

    void tell(const Event& event) {
        std::visit([this](const auto& kind) { on(kind); }, event);
    }
    std::vector<Event> take() {
        for (const auto& [cohort, open] : open_) {
            if (open.unfinished.empty()) {
                told_.emplace_back(AttemptEnded{open.last_save, cohort, Completed{}});
            }
        }
        return std::move(told_);
    }

  private:
    struct Open {
        std::set<TrialId> unfinished;  // members without a result
        core::WallTime last_save;
    };

    void on(AttemptStarted event) {
        std::erase_if(event.members,
                      [this](const AttemptMember& m) { return !trials_.contains(m.trial); });
        cohorts_[event.cohort] = next_;
        event.cohort = next_;
        Open& open = open_[next_];
        ++next_.value;
        for (auto& member : event.members) {
            open.unfinished.insert(member.trial);
            if (const auto* known = target_.find(member.trial)) {
                member.attempt += static_cast<std::int32_t>(known->attempts.size());
            }
        }
        told_.emplace_back(std::move(event));
    }
    void on(AttemptBegun event) {
        event.cohort = cohorts_.at(event.cohort);
        told_.emplace_back(std::move(event));
    }
    void on(SaveRecorded event) {
        event.save.cohort = cohorts_.at(event.save.cohort);
        std::erase_if(event.save.members,
                      [this](const MemberSave& m) { return !trials_.contains(m.trial); });
        if (event.save.members.empty()) {
            return;  // of members that had not ended yet
        }
        Open& open = open_[event.save.cohort];
        open.last_save = event.time;
        for (auto& member : event.save.members) {
            if (member.result) {
                open.unfinished.erase(member.trial);
                member.files.clear();  // of a stopped trial the result comes along, not its state
            }
        }
        told_.emplace_back(std::move(event));
    }
    void on(AttemptEnded event) {
        event.cohort = cohorts_.at(event.cohort);
        open_.erase(event.cohort);
        told_.emplace_back(std::move(event));
    }
    template <class Kind>
    void on(const Kind& event) {
        told_.emplace_back(event);
    }

    const std::set<TrialId>& trials_;
    const Record& target_;
    CohortId next_;
    std::map<CohortId, CohortId> cohorts_;  // there -> here
    std::map<CohortId, Open> open_;         // here
    std::vector<Event> told_;
};

std::vector<Event> TrialEvents::of(const std::set<TrialId>& trials, const Record& target) const {
    std::set<std::size_t> wanted;
    for (const auto& trial : trials) {
        if (const auto found = of_trial_.find(trial); found != of_trial_.end()) {
            wanted.insert(found->second.begin(), found->second.end());
        }
    }
    Retelling retelling(trials, target);
    for (const auto index : wanted) {
        retelling.tell(events_[index]);
    }
    return retelling.take();
}

}  // namespace graft::sweep
