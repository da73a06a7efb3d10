// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sweep/record.hpp"

#include "commands/step_rows.hpp"
#include "scheduler/simulation.hpp"

namespace graft::commands {

// What a batch of a trial takes on a kind of device, and where that comes from.
struct StepSource {
    std::string device;
    std::string words;                   // for people
    bool estimate = false;               // not measured on this device with these networks
    std::optional<double> device_bytes;  // memory of the device, where it is known
    // Nothing: not known.
    std::function<std::optional<sweep::StepTimes>(const sweep::TrialSpec&, const sweep::Work&)> of;
};

// Published images/s of training ResNet50 there; other networks by their multiply-adds, forward
// everywhere and twice as much backward above the cut. Nothing: of that device none are known.
std::optional<StepSource> published_steps(const std::string& device);
std::vector<std::string> published_devices();

// Timed steps (check/steps.csv) and rates of finished trials. `device`: empty for the only one that
// anything is known of. Throws InputError that says what to type where there is none, or several.
StepSource measured_steps(const std::vector<StepRow>& rows, const sweep::Record& record,
                          const std::string& device);

// What a slot takes beside training.
struct SlotCosts {
    core::Seconds cold_start{15};        // of a trainer's process, to its first batch
    core::Seconds next_start{2};         // the same trainer's next cohort
    double load_bytes_per_second = 1e9;  // of a dataset that the trainer does not hold
    core::Seconds save{0.1};             // and its bytes:
    double save_bytes_per_second = 5e8;
};

// A trial by what its time depends on.
struct TrialView {
    const sweep::TrialSpec* spec = nullptr;
    const sweep::Work* work = nullptr;
};

// A cohort's members pass each batch through the deepest common frozen bottom once, and train and
// validate their tops one after the other; the warm-up is trained once. `times`: of the first.
scheduler::CohortTime cohort_time(const sweep::StepTimes& times,
                                  const std::vector<TrialView>& members, const SlotCosts& costs,
                                  const scheduler::SlotBefore& before);
// Of that, training alone, from the beginning.
core::Seconds training_time(const scheduler::CohortTime& time, const sweep::TrialSpec& spec,
                            const sweep::Work& work);
// From assignment to end.
core::Seconds attempt_time(const scheduler::CohortTime& time, const sweep::TrialSpec& spec,
                           const sweep::Work& work);

// No order of trials can end before either.
struct Bound {
    core::Seconds work{0};     // all training over all slots, with all sharing that cohorts can do
    core::Seconds longest{0};  // one trial's training
    core::Seconds larger() const { return std::max(work, longest); }
};
enum class Sharing { none, cohorts };
Bound lower_bound(const std::vector<sweep::PlannedTrial>& trials, const StepSource& steps,
                  std::size_t slots, Sharing sharing);

// One trial after the other in the order given, each on the slot that is free first.
core::Seconds in_order(const std::vector<sweep::PlannedTrial>& trials, const StepSource& steps,
                       const SlotCosts& costs, std::size_t slots);

}  // namespace graft::commands
