// SPDX-License-Identifier: Apache-2.0
#include "scheduler/blame.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "scheduler/endings.hpp"
#include "scheduler/reactor.hpp"

namespace graft::scheduler {

namespace {

double seconds_of(core::Instant now) {
    return core::Seconds(now.time_since_epoch()).count();
}

struct Settling {
    State& state;
    Outbox& outbox;
    const Flight& flight;
    const std::string& why;
    Moment moment;

    LiveRank& rank() const { return state.ranks.at(flight.rank); }
    LiveSlot& at(Slot slot) const { return *find_slot(state, flight.rank, slot); }

    void say(std::string line) const { state.lines.push_back(std::move(line)); }
    std::string name_of(Slot slot) const {
        return fmt::format("slot {} of rank {} on {}", slot.value, flight.rank.value, rank().host);
    }
    void give_up(Slot slot, const std::string& reason) const {
        if (runs(at(slot))) {
            set_activity(state, flight.rank, slot, Gone{reason});
            say(fmt::format("{} takes no more work: {}", name_of(slot), reason));
        }
    }

    void charge() const {
        LiveRank& its = rank();
        if (!its.losses.joins(seconds_of(moment.now), flight.rank, flight.slots)) {
            its.charged = flight.slots;
            for (const auto slot : flight.slots) {
                ++at(slot).charges;
                if (at(slot).charges == kChargesUntilAside) {
                    say(fmt::format("{} gets no work while others can take it: {}", name_of(slot),
                                    why_aside(its, at(slot))));
                }
            }
            return;
        }
        if (its.charged.empty()) {
            return;  // of a loss that is counted already
        }
        for (const auto slot : std::exchange(its.charged, {})) {
            at(slot).charges = std::max(0, at(slot).charges - 1);
        }
        ++its.charges;
        say(fmt::format(
            "several trainers of rank {} on {} were lost within {}: counted as one "
            "loss of its node ({} in a row without a save)",
            flight.rank.value, its.host, core::duration_text(kOneLoss.count()), its.charges));
    }

    void blame_device() const {
        std::size_t devices = 0;
        for (const auto slot : flight.slots) {
            devices += at(slot).info.devices.size();
        }
        for (const auto slot : flight.slots) {
            for (const auto& device : at(slot).info.devices) {
                // Of several, only the one that the error names is known to be at fault.
                if (devices == 1 || why.find(device) != std::string::npos) {
                    record_event(state, outbox,
                                 sweep::DeviceFailed{moment.wall, rank().host, device, why});
                }
            }
            give_up(slot, why);
        }
    }

    void let_wait() const {
        for (const auto slot : flight.slots) {
            LiveSlot& live = at(slot);
            if (!runs(live)) {
                continue;
            }
            if (live.busy >= kBusyWaits) {
                give_up(slot, why);
                continue;
            }
            const auto wait = kBusyWait * (1 << live.busy++);
            set_activity(
                state, flight.rank, slot,
                Resting{moment.now + std::chrono::duration_cast<core::Instant::duration>(wait)});
            say(fmt::format("{} waits {} before it takes work again: {}", name_of(slot),
                            core::duration_text(wait.count()), why));
        }
    }

    // Slots of all ranks on this host that can take work, and whether any trains.
    std::pair<int, bool> usable_here() const {
        int usable = 0;
        for (const auto& [number, live] : state.ranks) {
            if (live.stage == RankStage::working && live.host == rank().host) {
                usable +=
                    static_cast<int>(std::count_if(live.slots.begin(), live.slots.end(), runs));
            }
        }
        const bool others =
            std::any_of(state.flights.begin(), state.flights.end(), [&](const auto& entry) {
                return state.ranks.at(entry.second.rank).host == rank().host;
            });
        return {usable, others};
    }

    void make_room() const {
        auto& burst = state.out_of_memory[rank().host];
        if (burst.joins(seconds_of(moment.now), flight.rank, flight.slots)) {
            return;
        }
        const auto [usable, others] = usable_here();
        if (usable > static_cast<int>(flight.slots.size())) {
            give_up(flight.slots.front(),
                    "the memory of its host is too small for so many "
                    "trainers (" +
                        why + ")");
        } else if (!others) {
            begin_stop(state, outbox,
                       {Outcome::input_error,
                        fmt::format("a trainer alone on {} ran {}. Ask for more memory per node "
                                    "than it had (--mem), or set a smaller batch_size or "
                                    "image_size, and run again.",
                                    rank().host, why)});
        }
    }
};

}  // namespace

void settle_slots(State& state, Outbox& outbox, const Flight& flight, Blame blame,
                  const std::string& why, Moment moment) {
    const Settling settling{state, outbox, flight, why, moment};
    for (const auto slot : flight.slots) {
        if (runs(settling.at(slot))) {
            set_activity(state, flight.rank, slot, Idle{});
        }
    }
    switch (blame) {
        case Blame::nothing:
            break;
        case Blame::charged:
            settling.charge();
            break;
        case Blame::host_memory:
            settling.make_room();
            break;
        case Blame::device_memory:
            settling.give_up(flight.slots.front(),
                             "the memory of its device is too small for so many trainers");
            break;
        case Blame::device_fault:
            settling.blame_device();
            break;
        case Blame::device_busy:
            settling.let_wait();
            break;
    }
}

bool has_devices_alone(const State& state, const Flight& flight) {
    const auto devices_of = [&](const Flight& its) {
        std::set<std::string> devices;
        const auto& slots = state.ranks.at(its.rank).slots;
        for (const auto slot : its.slots) {
            const auto& info = slots.at(static_cast<std::size_t>(slot.value)).info;
            devices.insert(info.devices.begin(), info.devices.end());
        }
        return devices;
    };
    const auto own = devices_of(flight);
    return std::none_of(state.flights.begin(), state.flights.end(), [&](const auto& entry) {
        const auto other = devices_of(entry.second);
        return std::any_of(own.begin(), own.end(),
                           [&](const auto& device) { return other.count(device) > 0; });
    });
}

void forgive_slots(State& state, const Flight& flight) {
    LiveRank& rank = state.ranks.at(flight.rank);
    rank.charges = 0;
    rank.charged.clear();
    for (const auto slot : flight.slots) {
        LiveSlot& live = *find_slot(state, flight.rank, slot);
        live.charges = live.busy = 0;
    }
}

void suspect_slots(State& state, Rank rank, core::WallTime wall) {
    LiveRank& live = state.ranks.at(rank);
    for (std::size_t i = 0; i < live.slots.size(); ++i) {
        for (const auto& device : live.slots[i].info.devices) {
            const auto* failure = resting(state.record, device, wall);
            if (!failure) {
                continue;
            }
            const core::WallTime until{failure->time.micros +
                                       static_cast<std::int64_t>(kDeviceRest.count() * 1e6)};
            live.slots[i].suspect =
                fmt::format("{} failed on {} at {} ({}); it counts as sound again at {} UTC",
                            device, failure->host, core::wall_text(failure->time), failure->reason,
                            core::wall_text(until));
            state.lines.push_back(
                fmt::format("slot {} of rank {} on {} gets no work while others can take it: {}", i,
                            rank.value, live.host, live.slots[i].suspect));
        }
    }
}

void wake_slots(State& state, core::Instant now) {
    for (auto& [rank, live] : state.ranks) {
        for (std::size_t i = 0; i < live.slots.size(); ++i) {
            const auto* resting = std::get_if<Resting>(&live.slots[i].state);
            if (resting && now >= resting->until) {
                set_activity(state, rank, Slot(static_cast<std::int32_t>(i)), Idle{});
            }
        }
    }
}

}  // namespace graft::scheduler
