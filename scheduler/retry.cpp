// SPDX-License-Identifier: Apache-2.0
#include "scheduler/retry.hpp"

#include "core/error.hpp"

namespace graft::scheduler {

namespace {

using namespace sweep;

struct Rule {
    std::int64_t saves;
    const std::vector<Attempt>& attempts;
    bool alone;

    Consequence operator()(const Completed&) const { return {}; }
    Consequence operator()(const Drained&) const { return {}; }
    Consequence operator()(const CoordinatorLost&) const { return {}; }
    Consequence operator()(const RankLost&) const {
        Consequence result;
        result.counts_without_save = saves == 0;
        return result;
    }
    Consequence operator()(const Crashed& ending) const {
        Consequence result;
        result.counts_without_save = saves == 0;
        if (saves == 0 && crashes_without_save(attempts) >= kCrashesUntilFailed) {
            result.trial_fails = fmt::format(
                "the trainer {} {} times in a row before a first save (see logs/). Mend the cause, "
                "then 'graft retry'.",
                text_of(Ending(ending)), kCrashesUntilFailed);
        }
        return result;
    }
    Consequence operator()(const Killed&) const { return taken_from_outside(); }
    Consequence operator()(const Hung&) const { return taken_from_outside(); }
    Consequence operator()(const HostOutOfMemory&) const {
        Consequence result;
        result.counts_without_save = saves == 0;
        return result;
    }
    Consequence operator()(const DeviceBusy&) const {
        Consequence result;
        result.counts_without_save = saves == 0;
        return result;
    }
    Consequence taken_from_outside() const {
        Consequence result;
        result.counts_without_save = saves == 0;
        result.charges_slot = saves == 0;
        return result;
    }
    Consequence operator()(const InputFault& fault) const {
        Consequence result;
        result.trial_fails = fault.message;
        return result;
    }
    Consequence operator()(const DeviceOutOfMemory& fault) const {
        Consequence result;
        result.counts_without_save = saves == 0;
        if (alone) {
            result.trial_fails = fault.message;
        }
        return result;
    }
    Consequence operator()(const DeviceFault&) const {
        Consequence result;
        result.counts_without_save = saves == 0;
        result.ends_slot = true;
        return result;
    }
    Consequence operator()(const NoSpace&) const {
        Consequence result;
        result.no_space = true;
        return result;
    }
};

}  // namespace

int crashes_without_save(const std::vector<Attempt>& attempts) {
    int count = 0;
    for (auto attempt = attempts.rbegin(); attempt != attempts.rend(); ++attempt) {
        if (attempt->saves > 0) {
            break;
        }
        count += attempt->ending && std::holds_alternative<Crashed>(*attempt->ending);
    }
    return count;
}

Consequence consequence_of(const Ending& ending, std::int64_t saves,
                           const std::vector<Attempt>& attempts, bool alone) {
    Consequence result = std::visit(Rule{saves, attempts, alone}, ending);
    result.message = text_of(ending);
    return result;
}

}  // namespace graft::scheduler
