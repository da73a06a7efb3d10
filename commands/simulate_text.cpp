// SPDX-License-Identifier: Apache-2.0
#include "commands/simulate_text.hpp"

#include <algorithm>

#include "core/text.hpp"

#include "results/format.hpp"

namespace graft::commands {

namespace {

using core::Seconds;
using scheduler::SlotTime;

// Slots that are shown one by one.
constexpr std::size_t kSlotsShown = 32;

struct Part {
    const char* name;  // as in JSON
    const char* words;
    Seconds SlotTime::*time;
};
constexpr Part kParts[] = {
    {"training", "training", &SlotTime::training},
    {"start", "starts", &SlotTime::start},
    {"saving", "saves", &SlotTime::saving},
    {"lost", "lost to kills", &SlotTime::lost},
    {"waits_data", "idle: data not ready", &SlotTime::waits_data},
    {"nothing_left", "idle: nothing left to begin", &SlotTime::nothing_left},
    {"held_back", "idle: held back", &SlotTime::held_back},
};

std::string line(const std::string& what, const std::string& value) {
    return fmt::format("{:<14} {}\n", what, value);
}

double over(Seconds time, Seconds bound) {
    return bound.count() > 0 ? time / bound : 1;
}

std::string bound_text(const Bound& bound, std::size_t slots) {
    return bound.longest > bound.work
               ? "the longest trial"
               : fmt::format("all training over {}", core::counted(slots, "slot"));
}

std::string cohorts_text(const scheduler::Simulated& simulated) {
    std::vector<std::string> parts;
    for (const auto& [members, count] : simulated.cohorts) {
        parts.push_back(fmt::format("{} of {}", count, core::counted(members, "trial")));
    }
    return core::join(parts);
}

std::string shares_text(const scheduler::Simulated& simulated) {
    std::string text;
    const double all = simulated.makespan.count() * static_cast<double>(simulated.slots.size());
    for (const auto& part : kParts) {
        Seconds sum{0};
        for (const auto& slot : simulated.slots) {
            sum += slot.*part.time;
        }
        if (sum.count() > 0) {
            text += fmt::format("  {:<28} {:>7.3f} %  {}\n", part.words,
                                100 * sum.count() / std::max(all, 1e-300),
                                core::duration_text(sum.count()));
        }
    }
    return text;
}

std::string slots_text(const SimulationView& view) {
    std::string text = "\nslot   busy      idle      why idle\n";
    const auto& slots = view.simulated.slots;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const auto& slot = slots[i];
        const Seconds idle = slot.waits_data + slot.nothing_left + slot.held_back;
        std::vector<std::string> why;
        for (const auto& part : {kParts[4], kParts[5], kParts[6]}) {
            if ((slot.*part.time).count() >= 0.5) {
                why.push_back(fmt::format("{} {}", std::string(part.words).substr(6),
                                          core::duration_text((slot.*part.time).count())));
            }
        }
        text += fmt::format(
            "{:<6} {:>7.3f} % {:<9} {}\n",
            fmt::format("{}.{}", i / static_cast<std::size_t>(view.slots),
                        i % static_cast<std::size_t>(view.slots)),
            100 * (1 - idle.count() / std::max(view.simulated.makespan.count(), 1e-300)),
            core::duration_text(idle.count()), core::join(why));
    }
    return text;
}

// Every trial has its result, or what stands in the way.
std::string ending_text(const SimulationView& view) {
    const auto& simulated = view.simulated;
    if (simulated.finished == view.trials) {
        return "";
    }
    return fmt::format(
        "\nOnly {} of {} end with a result: {}\n", simulated.finished,
        core::counted(view.trials, "trial"),
        simulated.result.message.empty() ? "the sweep stops before." : simulated.result.message);
}

std::string bound_json(const Bound& bound, Seconds makespan) {
    return fmt::format(
        R"({{"seconds": {}, "work_seconds": {}, "longest_trial_seconds": {}, "ratio": {}}})",
        results::json_number(bound.larger().count()), results::json_number(bound.work.count()),
        results::json_number(bound.longest.count()),
        results::json_number(over(makespan, bound.larger())));
}

}  // namespace

std::string simulation_text(const SimulationView& view) {
    const auto& simulated = view.simulated;
    const auto slots = simulated.slots.size();
    const bool shares = view.cohorts_bound.work < view.bound.work;
    std::string text = fmt::format(
        "Simulated: {} of sweep '{}' on {} ({}, {} each), {}.\nTimes by {}.\n\n",
        core::counted(view.trials, "trial"), core::printable(view.sweep),
        core::counted(slots, "slot"), core::counted(static_cast<std::size_t>(view.ranks), "rank"),
        view.slots, core::printable(view.device), view.source);
    text += line("makespan",
                 fmt::format("{} ({:.4g} h)", core::duration_text(simulated.makespan.count()),
                             simulated.makespan.count() / 3600));
    const Bound& bound = shares ? view.cohorts_bound : view.bound;
    text += line("lower bound",
                 fmt::format("{}: {}{}; the makespan is {:.4f} of it",
                             core::duration_text(bound.larger().count()), bound_text(bound, slots),
                             shares ? ", with all that cohorts can share" : "",
                             over(simulated.makespan, bound.larger())));
    if (shares) {
        text += line("alone", fmt::format("no order without cohorts ends before {}",
                                          core::duration_text(view.bound.larger().count())));
    }
    text += line(
        "file's order",
        fmt::format("{}, {:.4f} of the makespan: one trial after the other (FIFO), alone",
                    core::duration_text(view.fifo.count()), over(view.fifo, simulated.makespan)));
    text += line("longest trial", core::duration_text(view.bound.longest.count()));
    text += line("cohorts", cohorts_text(simulated));
    if (simulated.divided > 0 || simulated.kills > 0) {
        text += line("interrupted", fmt::format("{} to divide or move a cohort, {} by kills",
                                                simulated.divided, simulated.kills));
    }
    text += fmt::format("\nTime of all slots:\n{}", shares_text(simulated));
    text += slots <= kSlotsShown ? slots_text(view) : "";
    text += ending_text(view);
    text += "\nTaken for granted:\n";
    for (const auto& assumed : view.assumed) {
        text += fmt::format("  - {}\n", assumed);
    }
    return text;
}

std::string simulation_json(const SimulationView& view) {
    const auto& simulated = view.simulated;
    std::vector<std::string> slots, cohorts, assumed;
    for (const auto& slot : simulated.slots) {
        std::vector<std::string> parts;
        for (const auto& part : kParts) {
            parts.push_back(fmt::format(R"("{}_seconds": {})", part.name,
                                        results::json_number((slot.*part.time).count())));
        }
        slots.push_back("{" + core::join(parts) + "}");
    }
    for (const auto& [members, count] : simulated.cohorts) {
        cohorts.push_back(fmt::format(R"({{"members": {}, "attempts": {}}})", members, count));
    }
    for (const auto& one : view.assumed) {
        assumed.push_back(results::json_quoted(one));
    }
    return fmt::format(
        R"({{"sweep": {}, "trials": {}, "finished": {}, "ranks": {}, "slots_per_rank": {}, )"
        R"("device": {}, "source": {}, "makespan_seconds": {}, "bound": {}, "cohorts_bound": {}, )"
        R"("fifo_seconds": {}, "preparing_seconds": {}, "cohorts": [{}], "divided": {}, )"
        R"("kills": {}, "messages": {}, "message": {}, "assumed": [{}], "slots": [{}]}})"
        "\n",
        results::json_quoted(view.sweep), view.trials, simulated.finished, view.ranks, view.slots,
        results::json_quoted(view.device), results::json_quoted(view.source),
        results::json_number(simulated.makespan.count()),
        bound_json(view.bound, simulated.makespan),
        bound_json(view.cohorts_bound, simulated.makespan), results::json_number(view.fifo.count()),
        results::json_number(simulated.preparing.count()), core::join(cohorts), simulated.divided,
        simulated.kills, simulated.messages, results::json_quoted(simulated.result.message),
        core::join(assumed), core::join(slots));
}

}  // namespace graft::commands
