// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scheduler/outside.hpp"
#include "scheduler/policy.hpp"
#include "scheduler/retry.hpp"

namespace graft::scheduler {

// Why the tool does what it does, asked from outside: functions of the record, by the rules that
// the coordinator itself follows. The results point into the record.

// The first of these that holds.
enum class WaitReason : std::uint8_t { left_out, not_running, dataset, in_line };

// With whom a trial is trained, or would be.
struct InCompany {
    Alone alone = Alone::no;      // why it is trained alone whoever waits
    std::vector<TrialId> others;  // of its cohort; waiting: that could be one cohort with it
    // Of the others, those that would go with it as things are: fewer where slots would idle, or
    // where memory or the time that is left allow no more.
    std::size_t going = 0;
    double gain = 0;  // share of what all of them do alone that they save together
};
// A trial's place among the waiting ones whose dataset is ready, the longest trial or cohort first.
struct InLine {
    std::size_t place = 1, of = 1;              // of all
    std::size_t class_place = 1, of_class = 1;  // of its class
    double multiply_adds = 0;                   // still to do, with its cohort
    std::optional<double> seconds;              // that takes; none before anything was saved
    std::optional<Estimate> learned;
    std::string device;  // for which
    // It was saved under these numerics, and no slot that is known has them; empty: it does not
    // matter.
    std::string other_numerics;
};
struct Waits {
    WaitReason reason = WaitReason::in_line;
    TrialClass its_class;
    bool ready = false;     // its dataset
    bool prepared = false;  // it was once: the file is gone
    std::optional<InLine> line;
    InCompany company;
};
struct Runs {
    const sweep::Attempt* attempt = nullptr;
    std::optional<core::WallTime> expected_end;
    // Silence of the trainer after which it counts as hung: before it first showed progress, and
    // at least, later.
    core::Seconds hung_before_progress{0}, hung_after{0};
    InCompany company;
};
struct TrialExplanation {
    const sweep::Trial* trial = nullptr;
    std::optional<Waits> waits;
    std::optional<Runs> runs;
    std::string rule;               // that failed it, in words
    std::vector<Account> accounts;  // of its attempts
};
// Throws std::logic_error when the record has no such trial.
TrialExplanation explain_trial(const sweep::Record& record, const TrialId& id,
                               const Outside& outside);

// A slot that gets no work, or only when no other can take any.
struct SlotAside {
    Rank rank;
    Slot slot;
    std::string host, reason;
    std::optional<core::WallTime> until;  // none: to the end of this start
};
// What is to be assigned next.
struct Next {
    TrialId trial;
    std::size_t members = 1;     // of the cohort that it is in
    bool dataset_first = false;  // when its dataset is prepared
    // Where and about when; none: wherever the next start has a slot.
    std::optional<Rank> rank;
    std::vector<Slot> slots;
    std::optional<core::WallTime> at;
};
struct SweepExplanation {
    std::map<WaitReason, std::size_t> waiting;
    std::size_t slots = 0, busy = 0;  // that had work since the last start; both 0 if none runs
    std::vector<SlotAside> slots_aside;
    std::vector<DeviceAside> devices_aside;
    int without_save = 0;  // attempts in a row, of kAttemptsWithoutSave
    std::optional<Next> next;
};
SweepExplanation explain_sweep(const sweep::Record& record, const Outside& outside);

}  // namespace graft::scheduler
