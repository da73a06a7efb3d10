// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.hpp"

#include "sweep/ending.hpp"
#include "sweep/record.hpp"

namespace graft::scheduler {

// One rule per ending of an attempt. A trial goes on from its last recorded save after all but
// those that fail it. "20" marks what counts towards 20 attempts in a row without a save, by anyone
// and over all starts, after which the sweep stops.
//
//   ending               counted against     rule
//   Completed, Drained   nothing
//   Crashed              trial, 20           three in a row without a save fail it; elsewhere first
//   Killed, Hung         slot, 20            three in a row without a save set the slot aside;
//                                            several of a rank within 5 s count once, for the rank
//   HostOutOfMemory      20                  a cohort is halved; then its host trains one trial
//                                            fewer at a time; the last one alone, and still
//                                            killed: the sweep stops
//   DeviceOutOfMemory    20                  a cohort is halved; a shared device gets one trainer
//                                            fewer; alone, the trial fails
//   DeviceFault          device, 20          no more work there in this start, and for seven days
//                                            only when nothing else is left; on three slots in
//                                            a row without a save: the trial fails
//   DeviceBusy           nothing             the slot waits 60, 120, 240 s, then takes no more work
//   InputFault           trial               fails at once; the same one first of all: stops all;
//                                            of a cohort: each member is tried alone
//   NoSpace              nothing             everything saves and ends: exit code 74
//   RankLost             20
//   CoordinatorLost      nothing
//
// A crash of a cohort counts once against every member, and each goes on alone until it saves, as
// after a hang: scheduler/company.hpp.
//
// Counters of a trial, a slot and a rank start again at each save of theirs; a trial's also at a
// retry on request.

constexpr int kCrashesUntilFailed = 3;
constexpr int kFaultsUntilFailed = 3;
constexpr int kAttemptsWithoutSave = 20;
constexpr int kChargesUntilAside = 3;
constexpr core::Seconds kOneLoss{5};    // what happens to one rank within this has one cause
constexpr core::Seconds kBusyWait{60};  // doubled each time
constexpr int kBusyWaits = 3;
constexpr core::Seconds kDeviceRest{7 * 24 * 3600.0};

// What an ending means for the slots that the attempt had.
enum class Blame : std::uint8_t {
    nothing,
    charged,        // killed or hung there
    host_memory,    // too many trainers for the host
    device_memory,  // too many trainers for the device
    device_fault,
    device_busy,
};

// What follows from the end of an attempt, beside going on from the last save.
struct Consequence {
    std::optional<std::string> trial_fails;  // with this message
    Blame blame = Blame::nothing;
    bool no_space = false;  // everything drains
};

// Of the trial's last attempt, which has ended so. `alone`: its cohort had one member, and no other
// trainer had a part of its devices.
Consequence consequence_of(const sweep::Ending& ending, const sweep::Trial& trial, bool alone);

// Attempts that rules look at: those since the last save or retry on request, the last one first.
std::vector<const sweep::Attempt*> attempts_since_save(const sweep::Trial& trial);

// Against whom an ending counts, before anything else is known of the attempt.
enum class Against : std::uint8_t { nobody, trial, slot, device, host };
Against counted_against(const sweep::Ending& ending);
// What the table above says of it, in one sentence without its full stop.
std::string rule_text(const sweep::Ending& ending);

// One attempt of a trial under the rules that may fail the trial: whether they look at it now, and
// why (not).
struct Account {
    const sweep::Attempt* attempt = nullptr;
    bool counts = false;
    std::string why;
};
// Of every attempt, the first one first.
std::vector<Account> accounts_of(const sweep::Trial& trial);

// Attempts in a row without a save, over the whole sweep and all starts. Losses of one rank within
// kOneLoss count once.
int attempts_without_save(const sweep::Record& record);

// Tells what has one cause from what happened again: endings on different slots within kOneLoss.
class Burst {
  public:
    // True when this is a part of the loss that came before. `seconds`: of any one clock.
    bool joins(double seconds, sweep::Rank rank, const std::vector<sweep::Slot>& slots);

  private:
    double begun_ = -1e300;
    std::set<std::pair<sweep::Rank, sweep::Slot>> slots_;
};

// The last failure of a device, as long as it keeps work away from it; null: none does.
const sweep::DeviceFailed* resting(const sweep::Record& record, const std::string& device,
                                   core::WallTime now);
// All failures that keep work away from their devices now, and until when. They point into the
// record.
struct DeviceAside {
    const sweep::DeviceFailed* failure = nullptr;
    core::WallTime until;
};
std::vector<DeviceAside> devices_aside(const sweep::Record& record, core::WallTime now);

}  // namespace graft::scheduler
