// SPDX-License-Identifier: Apache-2.0
#include "results/failures.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

namespace graft::results {

namespace {

using sweep::Attempt;
using sweep::Trial;

// By FailureClass.
constexpr std::array<std::string_view, 12> kAdvice{
    // crashed
    "The trainer ended by itself: its last lines may say why. Where the same trial crashes on "
    "every "
    "node it is the program or the data, on one node only its driver or memory. When it is mended: "
    "graft retry.",
    // killed
    "Somebody or something outside ended it: an administrator, a batch system's limit, the "
    "kernel. Ask the system's log of that host (dmesg, journalctl -k) and the job's limits. It "
    "goes on by itself.",
    // hung
    "It made no progress and was killed: a file system or a device that does not answer. Look at "
    "that host. Where epochs are merely slow, raise [run] hung_after.",
    // input_fault
    "Something that was given is wrong, and would be so anywhere: mend the file or the setting "
    "that the message names, then graft retry.",
    // no_memory
    "The trial does not fit on the device: set a smaller batch_size or image_size (its name and "
    "numbers change with them), or run it on a larger device.",
    // no_host_memory
    "The host ran out of memory: ask for more per node (--mem), run fewer trainers there "
    "(--slots), or a smaller batch_size. It goes on by itself, with fewer trainers on that host.",
    // device_fault
    "The device failed, not the trial: tell the administrators of that host its UUID (nvidia-smi, "
    "dmesg | grep Xid). It gets no work for seven days. Failed trials: graft retry on other nodes.",
    // device_busy
    "Another process holds the device: look with nvidia-smi on that host, end it, or ask the batch "
    "system for devices of your own. It goes on by itself when the device is free.",
    // no_space
    "The disk or the quota is full: graft clean frees what the sweep does not need; then graft run "
    "goes on from the last save.",
    // rank_lost
    "A node or its process was lost, or did not answer for [run] lost_after: nothing of the trial "
    "is at fault, and it goes on by itself.",
    // coordinator_lost
    "graft itself was killed, or its node was lost: nothing is at fault in the trial. graft run "
    "goes on from the last save.",
    // diverged
    "The loss was not finite: a result, which counts with its best epoch before. A smaller "
    "learning_rate helps as a rule; with precision float16 try bfloat16 or float32.",
};
static_assert(kAdvice.size() == core::EnumNames<FailureClass>::names.size());

// Nothing for attempts that ended well or run.
std::optional<FailureClass> class_of(const Attempt& attempt) {
    return attempt.ending ? core::value_of<FailureClass>(sweep::kind_of(*attempt.ending))
                          : std::nullopt;
}

// What says most: a lost coordinator or rank hides no fault of a trainer before it.
const Attempt* last_fault(const Trial& trial) {
    const Attempt* loss = nullptr;
    for (auto attempt = trial.attempts.rbegin(); attempt != trial.attempts.rend(); ++attempt) {
        const auto failure = class_of(*attempt);
        if (failure && *failure != FailureClass::coordinator_lost &&
            *failure != FailureClass::rank_lost) {
            return &*attempt;
        }
        loss = failure && !loss ? &*attempt : loss;
    }
    return loss;
}

std::string text_of_divergence(const sweep::TrialResult& result) {
    return fmt::format("the loss was not finite in epoch {} of {}", result.diverged_epoch,
                       core::name_of(result.diverged_phase));
}

// Nothing of a trial that had no trouble.
std::optional<Failure> failure_of(const Trial& trial) {
    Failure failure;
    failure.trials = {&trial};
    failure.trial = &trial;
    const auto* done = std::get_if<sweep::Done>(&trial.state);
    if (done && done->result.diverged_epoch > 0) {
        failure.failure = FailureClass::diverged;
        failure.fate = Fate::diverged;
        failure.message = text_of_divergence(done->result);
        failure.attempt = trial.attempts.empty() ? nullptr : &trial.attempts.back();
        return failure;
    }
    failure.attempt = last_fault(trial);
    if (!failure.attempt) {
        return std::nullopt;
    }
    failure.failure = *class_of(*failure.attempt);
    const auto* failed = std::get_if<sweep::Failed>(&trial.state);
    failure.fate = failed ? Fate::failed : done ? Fate::recovered : Fate::goes_on;
    failure.message = failed ? failed->message : sweep::text_of(*failure.attempt->ending);
    return failure;
}

// What stays of a message when it is another trial's.
std::string without_names(std::string message, const Trial& trial) {
    const auto& id = trial.id.text();
    for (auto at = message.find(id); at != std::string::npos; at = message.find(id, at)) {
        message.replace(at, id.size(), "-");
    }
    return message;
}

bool is_later(const Attempt* attempt, const Attempt* than) {
    return attempt && (!than || attempt->start > than->start);
}

}  // namespace

std::string_view advice_of(FailureClass failure) {
    return kAdvice.at(static_cast<std::size_t>(failure));
}

std::vector<Failure> failures_of(const sweep::Record& record) {
    std::vector<Failure> groups;
    std::map<std::tuple<Fate, FailureClass, std::string>, std::size_t> known;
    for (const auto& trial : record.trials()) {
        auto failure = trial.left_out ? std::nullopt : failure_of(trial);
        if (!failure) {
            continue;
        }
        const auto [place, is_new] = known.try_emplace(
            {failure->fate, failure->failure, without_names(failure->message, trial)},
            groups.size());
        if (is_new) {
            groups.push_back(std::move(*failure));
            continue;
        }
        Failure& group = groups[place->second];
        group.trials.push_back(&trial);
        if (is_later(failure->attempt, group.attempt)) {
            group.message = failure->message;
            group.trial = &trial;
            group.attempt = failure->attempt;
        }
    }
    std::stable_sort(groups.begin(), groups.end(), [](const Failure& a, const Failure& b) {
        return a.fate != b.fate ? a.fate < b.fate : a.trials.size() > b.trials.size();
    });
    return groups;
}

}  // namespace graft::results
