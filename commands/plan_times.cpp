// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_times.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/text.hpp"

#include "scheduler/cost_model.hpp"
#include "scheduler/queue.hpp"

namespace graft::commands {

namespace {

scheduler::TrialClass class_of(const sweep::PlannedTrial& planned) {
    sweep::Trial trial;
    trial.spec = planned.spec;
    trial.work = planned.work;
    return scheduler::class_of(trial);
}

// Finished trials per kind of device.
std::map<std::string, std::size_t> finished_on(const sweep::Record& record) {
    std::map<std::string, std::size_t> finished;
    for (const auto& trial : record.trials()) {
        if (std::holds_alternative<sweep::Done>(trial.state) && !trial.attempts.empty()) {
            ++finished[trial.attempts.back().device];
        }
    }
    return finished;
}

std::optional<double> trained_seconds(const scheduler::CostModel& model, const std::string& device,
                                      const sweep::PlannedTrial& trial) {
    const auto estimate = model.estimate(class_of(trial), device);
    const bool near = estimate && (estimate->from == scheduler::LearnedFrom::its_class ||
                                   estimate->from == scheduler::LearnedFrom::its_network);
    return near ? std::optional(estimate->seconds_per_multiply_add *
                                sweep::total_multiply_adds(trial.work))
                : std::nullopt;
}

std::string source_of(const DeviceTime& time) {
    std::vector<std::string> sources;
    if (time.trained > 0) {
        sources.push_back(fmt::format("the rates of {} of this sweep",
                                      core::counted(time.finished, "finished trial")));
    }
    if (time.timed > 0) {
        sources.push_back(fmt::format("one batch of each network, timed {}", time.measured));
    }
    return core::join(sources, "; and ");
}

}  // namespace

std::vector<DeviceTime> device_times(const std::vector<sweep::PlannedTrial>& trials,
                                     const std::vector<StepRow>& steps,
                                     const sweep::Record& record) {
    scheduler::CostModel model;
    model.learn(record);
    const auto finished = finished_on(record);
    std::set<std::string> devices;
    for (const auto& row : steps) {
        devices.insert(row.device);
    }
    for (const auto& [device, count] : finished) {
        devices.insert(device);
    }
    std::vector<DeviceTime> times;
    for (const auto& device : devices) {
        DeviceTime time;
        time.device = device;
        time.finished = finished.contains(device) ? finished.at(device) : 0;
        for (const auto& trial : trials) {
            const auto* row = row_of(steps, device, trial);
            if (const auto seconds = trained_seconds(model, device, trial)) {
                time.seconds.push_back(*seconds);
                ++time.trained;
            } else if (row) {
                time.seconds.push_back(trial_seconds(row->times, trial));
                time.measured = std::max(time.measured, row->measured);
                ++time.timed;
            } else {
                ++time.unknown;
            }
            if (row) {
                time.devices = std::max(time.devices, static_cast<std::size_t>(row->devices));
            }
        }
        if (!time.seconds.empty()) {
            times.push_back(std::move(time));
        }
    }
    return times;
}

std::string device_times_text(const std::vector<DeviceTime>& times, std::optional<int> gpus) {
    std::string text;
    for (const auto& time : times) {
        const double all = std::accumulate(time.seconds.begin(), time.seconds.end(), 0.0);
        const double longest = *std::max_element(time.seconds.begin(), time.seconds.end());
        const auto devices =
            gpus ? static_cast<std::size_t>(*gpus) : std::max<std::size_t>(1, time.devices);
        text += fmt::format(
            "Time on {}: {} in all, {:.3g} device-hours; about {} on {}{}; the longest trial takes "
            "{}.\n  By {}.\n",
            core::printable(time.device), core::duration_text(all), all / 3600,
            core::duration_text(makespan(time.seconds, devices)), devices,
            gpus || time.devices == 0 ? ""
            : time.devices == 1       ? ", as was seen"
                                      : ", as were seen",
            core::duration_text(longest), core::printable(source_of(time)));
        if (time.unknown > 0) {
            text += fmt::format(
                "  {} not in it: their network was not timed there. Time it again: graft check "
                "FILE --on-nodes, or --here.\n",
                core::counted(time.unknown, "trial"));
        }
    }
    return text;
}

}  // namespace graft::commands
