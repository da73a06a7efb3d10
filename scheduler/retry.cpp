// SPDX-License-Identifier: Apache-2.0
#include "scheduler/retry.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"

#include "sweep/network_name.hpp"

namespace graft::scheduler {

namespace {

using namespace sweep;

int crashes_since_save(const Trial& trial) {
    const auto attempts = attempts_since_save(trial);
    return static_cast<int>(
        std::count_if(attempts.begin(), attempts.end(), [](const Attempt* attempt) {
            return attempt->ending && std::holds_alternative<Crashed>(*attempt->ending);
        }));
}

// On so many slots: one broken device says nothing of the trial.
int faulty_slots_since_save(const Trial& trial) {
    std::set<std::pair<std::string, std::vector<Slot>>> places;
    for (const auto* attempt : attempts_since_save(trial)) {
        if (attempt->ending && std::holds_alternative<DeviceFault>(*attempt->ending)) {
            places.emplace(attempt->host, attempt->slots);
        }
    }
    return static_cast<int>(places.size());
}

struct Rule {
    const Trial& trial;
    bool alone;

    // Its cohort had other members: what cannot be told of it alone is found out apart
    // (scheduler/company.hpp).
    bool among_others() const {
        return !trial.attempts.empty() && trial.attempts.back().members > 1;
    }

    Consequence operator()(const Completed&) const { return {}; }
    Consequence operator()(const Drained&) const { return {}; }
    Consequence operator()(const CoordinatorLost&) const { return {}; }
    Consequence operator()(const RankLost&) const { return {}; }
    Consequence operator()(const Killed&) const { return {std::nullopt, Blame::charged}; }
    Consequence operator()(const Hung&) const { return {std::nullopt, Blame::charged}; }
    Consequence operator()(const HostOutOfMemory&) const {
        return {std::nullopt, among_others() ? Blame::nothing : Blame::host_memory};
    }
    Consequence operator()(const DeviceBusy&) const { return {std::nullopt, Blame::device_busy}; }
    Consequence operator()(const Crashed& ending) const {
        Consequence result;
        if (crashes_since_save(trial) >= kCrashesUntilFailed) {
            result.trial_fails = fmt::format(
                "the trainer {} {} times in a row before a save (see logs/). Mend the cause, then "
                "'graft retry'.",
                text_of(Ending(ending)), kCrashesUntilFailed);
        }
        return result;
    }
    Consequence operator()(const InputFault& fault) const {
        return among_others() ? Consequence{} : Consequence{fault.message};
    }
    Consequence operator()(const DeviceOutOfMemory& fault) const {
        Consequence result;
        if (among_others()) {
            return result;
        }
        if (alone) {
            result.trial_fails = fmt::format(
                "{} at {} px with batch_size {} does not fit into the device's memory ({}). Set a "
                "smaller batch_size or image_size in the sweep file.",
                sweep::network_label(trial.spec->network), trial.work.image_size,
                trial.spec->training.batch_size, fault.message);
        } else {
            result.blame = Blame::device_memory;
        }
        return result;
    }
    Consequence operator()(const DeviceFault& fault) const {
        Consequence result;
        result.blame = Blame::device_fault;
        if (faulty_slots_since_save(trial) >= kFaultsUntilFailed) {
            result.trial_fails = fmt::format(
                "it met a device fault on {} slots in a row before a save (the last: {}). Look "
                "into logs/, then 'graft retry'.",
                kFaultsUntilFailed, fault.message);
        }
        return result;
    }
    Consequence operator()(const NoSpace&) const {
        Consequence result;
        result.no_space = true;
        return result;
    }
};

bool counts_without_save(const Ending& ending) {
    return std::visit(
        [](const auto& kind) {
            using Kind = std::decay_t<decltype(kind)>;
            return std::is_same_v<Kind, Crashed> || std::is_same_v<Kind, Killed> ||
                   std::is_same_v<Kind, Hung> || std::is_same_v<Kind, RankLost> ||
                   std::is_same_v<Kind, HostOutOfMemory> ||
                   std::is_same_v<Kind, DeviceOutOfMemory> || std::is_same_v<Kind, DeviceFault>;
        },
        ending);
}

// Taken from outside: may have one cause with what befell the same rank then.
bool is_loss(const Ending& ending) {
    return std::holds_alternative<Killed>(ending) || std::holds_alternative<Hung>(ending) ||
           std::holds_alternative<RankLost>(ending);
}

struct AgainstOf {
    Against operator()(const Completed&) const { return Against::nobody; }
    Against operator()(const Drained&) const { return Against::nobody; }
    Against operator()(const Crashed&) const { return Against::trial; }
    Against operator()(const Killed&) const { return Against::slot; }
    Against operator()(const Hung&) const { return Against::slot; }
    Against operator()(const HostOutOfMemory&) const { return Against::host; }
    Against operator()(const DeviceOutOfMemory&) const { return Against::device; }
    Against operator()(const DeviceFault&) const { return Against::device; }
    Against operator()(const DeviceBusy&) const { return Against::nobody; }
    Against operator()(const InputFault&) const { return Against::trial; }
    Against operator()(const NoSpace&) const { return Against::nobody; }
    Against operator()(const RankLost&) const { return Against::nobody; }
    Against operator()(const CoordinatorLost&) const { return Against::nobody; }
};

std::string charged_text(const char* ending) {
    return fmt::format("{} counts against its slot, which is set aside after {} in a row", ending,
                       kChargesUntilAside);
}

struct RuleText {
    std::string operator()(const Completed&) const { return "it reached its result"; }
    std::string operator()(const Drained&) const { return "it saved and left on request"; }
    std::string operator()(const Crashed&) const {
        return fmt::format("{} crashes in a row without a save fail a trial", kCrashesUntilFailed);
    }
    std::string operator()(const Killed&) const { return charged_text("a kill from outside"); }
    std::string operator()(const Hung&) const { return charged_text("a trainer that hangs"); }
    std::string operator()(const HostOutOfMemory&) const {
        return "a host out of memory has its cohorts halved, then trains one trial fewer at a time";
    }
    std::string operator()(const DeviceOutOfMemory&) const {
        return "a device out of memory has its cohort halved, and fails the trial that had it "
               "alone; a shared one gets one trainer fewer";
    }
    std::string operator()(const DeviceFault&) const {
        return fmt::format("device faults on {} slots in a row without a save fail a trial",
                           kFaultsUntilFailed);
    }
    std::string operator()(const DeviceBusy&) const {
        return fmt::format("a busy device is waited for, {} times", kBusyWaits);
    }
    std::string operator()(const InputFault&) const {
        return "an error in the input or the settings is the same everywhere, and fails the trial "
               "at once; of a cohort, each member is tried alone";
    }
    std::string operator()(const NoSpace&) const {
        return "a full disk is nobody's fault: everything saves and ends";
    }
    std::string operator()(const RankLost&) const {
        return "a lost rank is no fault of what it trained";
    }
    std::string operator()(const CoordinatorLost&) const {
        return "a lost coordinator is no fault of what was trained";
    }
};

// Some rule fails a trial after enough of these.
bool may_fail_trial(const Ending& ending) {
    return std::holds_alternative<Crashed>(ending) || std::holds_alternative<DeviceFault>(ending) ||
           std::holds_alternative<InputFault>(ending) ||
           std::holds_alternative<DeviceOutOfMemory>(ending);
}

}  // namespace

std::vector<const Attempt*> attempts_since_save(const Trial& trial) {
    std::vector<const Attempt*> attempts;
    for (std::size_t i = trial.attempts.size(); i > trial.forgiven; --i) {
        if (trial.attempts[i - 1].saves > 0) {
            break;
        }
        attempts.push_back(&trial.attempts[i - 1]);
    }
    return attempts;
}

Against counted_against(const Ending& ending) {
    return std::visit(AgainstOf{}, ending);
}

std::string rule_text(const Ending& ending) {
    return std::visit(RuleText{}, ending);
}

std::vector<Account> accounts_of(const Trial& trial) {
    std::vector<Account> accounts;
    const auto looked_at = attempts_since_save(trial);
    for (std::size_t i = 0; i < trial.attempts.size(); ++i) {
        const Attempt& attempt = trial.attempts[i];
        Account account{&attempt, false, ""};
        if (!attempt.ending) {
            account.why = "it has not ended";
        } else if (i < trial.forgiven) {
            account.why = "it was before the retry that was asked for";
        } else if (counted_against(*attempt.ending) == Against::nobody) {
            account.why = rule_text(*attempt.ending);
        } else if (attempt.saves > 0) {
            account.why = "it saved, and counting starts again at a save";
        } else if (std::find(looked_at.begin(), looked_at.end(), &attempt) == looked_at.end()) {
            account.why = "a later attempt saved, and counting starts again there";
        } else {
            account.counts = may_fail_trial(*attempt.ending);
            account.why = rule_text(*attempt.ending);
        }
        accounts.push_back(std::move(account));
    }
    return accounts;
}

Consequence consequence_of(const Ending& ending, const Trial& trial, bool alone) {
    return std::visit(Rule{trial, alone}, ending);
}

int attempts_without_save(const Record& record) {
    int count = 0;
    std::map<Rank, Burst> losses;
    for (const auto& attempt : record.futile()) {
        const bool counted_before =
            is_loss(attempt.ending) &&
            losses[attempt.rank].joins(static_cast<double>(attempt.end.micros) * 1e-6, attempt.rank,
                                       attempt.slots);
        count += counts_without_save(attempt.ending) && !counted_before;
    }
    return count;
}

bool Burst::joins(double seconds, Rank rank, const std::vector<Slot>& slots) {
    const bool again = std::any_of(slots.begin(), slots.end(), [&](Slot slot) {
        return slots_.count({rank, slot}) > 0;
    });
    const bool joined = !again && std::abs(seconds - begun_) <= kOneLoss.count();
    if (!joined) {
        begun_ = seconds;
        slots_.clear();
    }
    for (const auto slot : slots) {
        slots_.emplace(rank, slot);
    }
    return joined;
}

const DeviceFailed* resting(const Record& record, const std::string& device, core::WallTime now) {
    const auto& failures = record.failed_devices();
    const auto found = std::find_if(failures.rbegin(), failures.rend(), [&](const auto& failure) {
        return failure.device == device && seconds_between(failure.time, now) < kDeviceRest.count();
    });
    return found == failures.rend() ? nullptr : &*found;
}

std::vector<DeviceAside> devices_aside(const Record& record, core::WallTime now) {
    std::vector<DeviceAside> aside;
    for (const auto& failure : record.failed_devices()) {
        // Of several failures of a device the last one counts.
        if (resting(record, failure.device, now) == &failure) {
            const auto rest = static_cast<std::int64_t>(kDeviceRest.count() * 1e6);
            aside.push_back({&failure, {failure.time.micros + rest}});
        }
    }
    return aside;
}

}  // namespace graft::scheduler
