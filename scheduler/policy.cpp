// SPDX-License-Identifier: Apache-2.0
#include "scheduler/policy.hpp"

#include <algorithm>

#include "scheduler/together.hpp"

namespace graft::scheduler {

namespace {

using Item = Queue::Item;

// Trials looked at in one class to pass over those that wait for another slot.
constexpr int kLookedAt = 8;

struct Place {
    Rank rank;
    Slot slot;
    const LiveSlot* live = nullptr;
};

// Looked through in this order, so that no slot idles for a rule that only prefers another.
enum class Pass {
    elsewhere,  // trials that crashed on a slot leave it to others
    anywhere,
    aside_too,  // slots that are set aside as well
};

bool may_use(const LiveRank& rank, const LiveSlot& slot, Pass pass) {
    return runs(slot) && (pass == Pass::aside_too || why_aside(rank, slot).empty());
}

std::vector<Place> idle_places(const State& state, Pass pass) {
    std::vector<Place> places;
    places.reserve(state.idle.size());
    const LiveRank* live = nullptr;
    std::optional<Rank> of;
    for (const auto& [rank, slot] : state.idle) {
        if (of != rank) {
            of = rank;
            live = &state.ranks.at(rank);
        }
        const LiveSlot& its = live->slots[static_cast<std::size_t>(slot.value)];
        if (live->stage == RankStage::working && may_use(*live, its, pass)) {
            places.push_back({rank, slot, &its});
        }
    }
    return places;
}

bool other_numerics(const std::string& wanted, const LiveSlot& slot) {
    return !wanted.empty() && !slot.numerics.empty() && wanted != slot.numerics;
}

// How near the place is to one where the trial crashed since its last save: 2 that slot, 1 another
// on that host.
int crashed_near(const State& state, const sweep::Trial& trial, const Place& place) {
    if (trial.attempts.empty()) {
        return 0;
    }
    const std::string& host = state.ranks.at(place.rank).host;
    int nearest = 0;
    for (const auto* attempt : attempts_since_save(trial)) {
        const bool crashed =
            attempt->ending && std::holds_alternative<sweep::Crashed>(*attempt->ending);
        if (!crashed || attempt->host != host) {
            continue;
        }
        const bool same = attempt->rank == place.rank &&
                          std::find(attempt->slots.begin(), attempt->slots.end(), place.slot) !=
                              attempt->slots.end();
        nearest = std::max(nearest, same ? 2 : 1);
    }
    return nearest;
}

bool an_equal_slot_exists(const State& state, const std::string& numerics, Pass pass) {
    for (const auto& [rank, live] : state.ranks) {
        for (const auto& slot : live.slots) {
            if (live.stage == RankStage::working && may_use(live, slot, pass) &&
                slot.numerics == numerics) {
                return true;
            }
        }
    }
    return false;
}

// Another slot could take it soon: worth leaving this one to another trial.
bool waits_for_another(const State& state, const sweep::Trial& trial, const Place& place,
                       Pass pass) {
    const auto numerics = saved_numerics(trial);
    if (other_numerics(numerics, *place.live)) {
        return state.settings.on_other_hardware == sweep::OnOtherHardware::wait ||
               an_equal_slot_exists(state, numerics, pass);
    }
    return pass == Pass::elsewhere && state.queue.size() > 1 &&
           crashed_near(state, trial, place) == 2 && usable_slots(state) > 1;
}

// Smaller is better.
std::tuple<int, int, int> unsuited(const State& state, const sweep::Trial& trial, const Need& need,
                                   const Place& place) {
    const bool holds = place.live->holds == need;
    return {crashed_near(state, trial, place), place.live->charges, holds ? 0 : 1};
}

// The first of those that suit the trial best; null: it waits for another slot than these.
const Place* best_place(const State& state, const sweep::Trial& trial, const Need& need,
                        const std::vector<Place>& places, Pass pass) {
    const Place* best = nullptr;
    std::tuple<int, int, int> least;
    for (const auto& place : places) {
        const auto its = unsuited(state, trial, need, place);
        if ((!best || its < least) && !waits_for_another(state, trial, place, pass)) {
            best = &place;
            least = its;
            if (least == std::tuple(0, 0, 0)) {
                break;
            }
        }
    }
    return best;
}

std::optional<Assignment> single(const State& state, const Candidate& candidate,
                                 const std::vector<Place>& places, Pass pass,
                                 std::optional<core::Instant> now) {
    const auto& items = state.queue.classes().at(*candidate.its_class).items;
    auto item = items.begin();
    for (int i = 0; i < kLookedAt && item != items.end(); ++i, ++item) {
        const auto& trial = *state.record.find(item->trial);
        if (const auto* place = best_place(state, trial, candidate.its_class->need, places, pass)) {
            return Assignment{place->rank,
                              {place->slot},
                              going_together(state, *candidate.its_class, *item, now)};
        }
    }
    return std::nullopt;
}

// The idle slots of the rank that is nearest to having enough; `places` loses them either way.
std::optional<Assignment> several(const State& state, const Candidate& candidate,
                                  std::vector<Place>& places, Pass pass,
                                  std::optional<core::Instant> now) {
    const auto wanted = static_cast<std::ptrdiff_t>(candidate.its_class->slots);
    std::optional<Rank> best;
    std::ptrdiff_t best_idle = -1;
    for (const auto& [rank, live] : state.ranks) {
        const auto could = std::count_if(
            live.slots.begin(), live.slots.end(),
            [&its = live, pass](const auto& slot) { return may_use(its, slot, pass); });
        const auto idle = std::count_if(places.begin(), places.end(),
                                        [r = rank](const auto& p) { return p.rank == r; });
        if (live.stage == RankStage::working && could >= wanted && idle > best_idle) {
            best = rank;
            best_idle = idle;
        }
    }
    if (!best) {
        return std::nullopt;
    }
    Assignment assignment{*best, {}, {}};
    for (const auto& place : places) {
        if (place.rank == *best && std::ssize(assignment.slots) < wanted) {
            assignment.slots.push_back(place.slot);
        }
    }
    std::erase_if(places, [&](const auto& p) { return p.rank == *best; });
    if (std::ssize(assignment.slots) != wanted) {
        return std::nullopt;
    }
    assignment.members = going_together(state, *candidate.its_class, *candidate.item, now);
    return assignment;
}

// The needs that idle slots hold and trials have, each once: many slots hold few datasets.
std::vector<std::size_t> held_by(const State& state, const std::vector<Place>& places) {
    std::vector<std::size_t> held;
    const Need* before = nullptr;
    for (const auto& place : places) {
        const auto& holds = place.live->holds;
        if (!holds || (before && *before == *holds)) {
            continue;
        }
        before = &*holds;
        const auto number = state.queue.number_of(*holds);
        if (number && std::find(held.begin(), held.end(), *number) == held.end()) {
            held.push_back(*number);
        }
    }
    return held;
}

// Datasets that idle slots hold come first, unless much longer work waits elsewhere.
class Preferred {
  public:
    // `most_urgent`: of all candidates.
    Preferred(const State& state, const std::vector<Place>& places, const Candidate& most_urgent)
        : held_(held_by(state, places)), enough_(most_urgent.seconds / 2) {}
    bool operator()(const Candidate& candidate) const {
        return candidate.seconds >= enough_ &&
               std::find(held_.begin(), held_.end(), candidate.need) != held_.end();
    }

  private:
    std::vector<std::size_t> held_;
    double enough_;
};

// The first one in order, which nearly always finds its place, without putting all in order.
const Candidate& first_of(const State& state, const std::vector<Candidate>& candidates,
                          const std::vector<Place>& places) {
    const auto& front = *std::min_element(candidates.begin(), candidates.end(), goes_before);
    const Preferred preferred(state, places, front);
    const Candidate* first = nullptr;
    for (const auto& candidate : candidates) {
        if ((!first || goes_before(candidate, *first)) && preferred(candidate)) {
            first = &candidate;
        }
    }
    return first ? *first : front;
}

std::vector<Candidate> in_order(const State& state, std::vector<Candidate> candidates,
                                const std::vector<Place>& places) {
    candidates = by_urgency(std::move(candidates));
    const Preferred preferred(state, places, Candidate(candidates.front()));
    std::stable_partition(candidates.begin(), candidates.end(), preferred);
    return candidates;
}

std::optional<Assignment> assignment_in(const State& state, Pass pass,
                                        std::optional<core::Instant> now) {
    auto places = idle_places(state, pass);
    if (places.empty()) {
        return std::nullopt;
    }
    auto candidates = candidates_of(state, 1, any_device(state), now);
    if (candidates.empty()) {
        return std::nullopt;
    }
    if (const auto& first = first_of(state, candidates, places); first.its_class->slots == 1) {
        if (auto assignment = single(state, first, places, pass, now)) {
            return assignment;
        }
    }
    for (const auto& candidate : in_order(state, std::move(candidates), places)) {
        if (places.empty()) {
            break;
        }
        auto assignment = candidate.its_class->slots > 1
                              ? several(state, candidate, places, pass, now)
                              : single(state, candidate, places, pass, now);
        if (assignment) {
            return assignment;
        }
    }
    return std::nullopt;
}

// Nothing runs or will, unless on slots that are set aside.
bool needs_aside(const State& state) {
    const auto will = [](const auto& entry) {
        const LiveRank& live = entry.second;
        return live.stage == RankStage::expected ||
               (live.stage == RankStage::working &&
                std::any_of(live.slots.begin(), live.slots.end(), [](const LiveSlot& slot) {
                    return std::holds_alternative<Resting>(slot.state);
                }));
    };
    return !another_takes_work(state) ||
           (state.flights.empty() && std::none_of(state.ranks.begin(), state.ranks.end(), will));
}

}  // namespace

std::string any_device(const State& state) {
    for (const auto& [rank, live] : state.ranks) {
        if (!live.slots.empty()) {
            return live.slots.front().info.device_name;
        }
    }
    return "";
}

std::vector<Candidate> waiting_in_order(const State& state, const std::string& device) {
    return by_urgency(candidates_of(state, state.queue.size(), device, std::nullopt));
}

std::optional<Assignment> next_assignment(const State& state, std::optional<core::Instant> now) {
    if (state.queue.empty() || state.idle.empty()) {
        return std::nullopt;
    }
    auto assignment = assignment_in(state, Pass::elsewhere, now);
    if (!assignment) {
        assignment = assignment_in(state, Pass::anywhere, now);
    }
    if (!assignment && needs_aside(state)) {
        assignment = assignment_in(state, Pass::aside_too, now);
    }
    return assignment;
}

std::vector<Need> needs_in_order(const State& state) {
    std::map<Need, std::pair<double, double>> urgency;
    const bool any = std::any_of(
        state.datasets.begin(), state.datasets.end(),
        [](const auto& entry) { return std::holds_alternative<std::monostate>(entry.second); });
    if (!any) {
        return {};
    }
    for (const auto& [its_class, waiting] : state.queue.classes()) {
        const auto known = state.datasets.find(its_class.need);
        if (known != state.datasets.end() &&
            std::holds_alternative<std::monostate>(known->second)) {
            auto& [longest, sum] = urgency[its_class.need];
            longest = std::max(longest, waiting.items.begin()->alone);
            sum += waiting.work;
        }
    }
    std::vector<Need> needs;
    for (const auto& [need, its] : urgency) {
        needs.push_back(need);
    }
    std::stable_sort(needs.begin(), needs.end(),
                     [&](const Need& a, const Need& b) { return urgency.at(a) > urgency.at(b); });
    return needs;
}

}  // namespace graft::scheduler
