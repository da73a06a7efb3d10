// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_times.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/text.hpp"

#include "results/format.hpp"
#include "scheduler/cost_model.hpp"
#include "scheduler/queue.hpp"

namespace graft::commands {

namespace {

sweep::Trial trial_of(const sweep::PlannedTrial& planned) {
    sweep::Trial trial;
    trial.spec = planned.spec;
    trial.work = planned.work;
    return trial;
}

// Finished trials per kind of device.
std::map<std::string, std::size_t> finished_on(const sweep::Record& record) {
    std::map<std::string, std::size_t> finished;
    for (const auto& trial : record.trials()) {
        if (sweep::result_of(trial.state) && !trial.attempts.empty()) {
            ++finished[trial.attempts.back().device];
        }
    }
    return finished;
}

std::optional<double> trained_seconds(const scheduler::CostModel& model, const std::string& device,
                                      const sweep::PlannedTrial& planned) {
    const auto trial = trial_of(planned);
    const auto estimate = model.estimate(scheduler::class_of(trial), device);
    const bool near = estimate && (estimate->from == scheduler::LearnedFrom::its_class ||
                                   estimate->from == scheduler::LearnedFrom::its_network);
    return near ? std::optional(estimate->seconds_per_multiply_add *
                                scheduler::trial_multiply_adds(planned.spec, planned.work))
                : std::nullopt;
}

// Of each cohort, as far as the seconds of its members alone are known.
std::vector<double> cohort_seconds(const std::vector<PlannedCohort>& cohorts,
                                   const std::vector<std::optional<double>>& alone) {
    std::vector<double> seconds;
    for (const auto& cohort : cohorts) {
        double sum = 0;
        for (const auto member : cohort.members) {
            sum += alone[member].value_or(0);
        }
        if (sum > 0) {
            seconds.push_back(cohort.alone > 0 ? sum * cohort.together / cohort.alone : sum);
        }
    }
    return seconds;
}

double sum_of(const std::vector<double>& seconds) {
    return std::accumulate(seconds.begin(), seconds.end(), 0.0);
}

std::size_t devices_of(const DeviceTime& time, std::optional<int> gpus) {
    return gpus ? static_cast<std::size_t>(*gpus) : std::max<std::size_t>(1, time.devices);
}

std::string as_seen(const DeviceTime& time, std::optional<int> gpus) {
    return gpus || time.devices == 0 ? "" : time.devices == 1 ? ", as was seen" : ", as were seen";
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
                                     const std::vector<StepRow>& steps, const sweep::Record& record,
                                     const std::vector<PlannedCohort>& cohorts) {
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
        std::vector<std::optional<double>> alone;
        for (const auto& trial : trials) {
            alone.emplace_back();
            const auto* row = row_of(steps, device, trial);
            if (const auto seconds = trained_seconds(model, device, trial)) {
                alone.back() = *seconds;
                ++time.trained;
            } else if (row) {
                alone.back() = trial_seconds(row->times, trial);
                time.measured = std::max(time.measured, row->measured);
                ++time.timed;
            } else {
                ++time.unknown;
            }
            if (row) {
                time.devices = std::max(time.devices, static_cast<std::size_t>(row->devices));
            }
            if (alone.back()) {
                time.seconds.push_back(*alone.back());
            }
        }
        time.cohorts = cohort_seconds(cohorts, alone);
        if (!time.seconds.empty()) {
            times.push_back(std::move(time));
        }
    }
    return times;
}

double until_done(const DeviceTime& time, std::size_t devices) {
    const double alone = makespan(time.seconds, devices);
    return time.cohorts.empty() ? alone : std::min(alone, makespan(time.cohorts, devices));
}

std::string device_times_text(const std::vector<DeviceTime>& times, std::optional<int> gpus) {
    std::string text;
    for (const auto& time : times) {
        const double alone = sum_of(time.seconds);
        const double all = time.cohorts.empty() ? alone : sum_of(time.cohorts);
        const double longest = *std::max_element(time.seconds.begin(), time.seconds.end());
        const auto devices = devices_of(time, gpus);
        text += fmt::format(
            "Time on {}: {} in all, {:.3g} device-hours{}; about {} on {}{}; the longest trial "
            "takes {}.\n  By {}.\n",
            core::printable(time.device), core::duration_text(all), all / 3600,
            all < 0.995 * alone ? fmt::format(" ({:.3g} without cohorts)", alone / 3600) : "",
            core::duration_text(until_done(time, devices)), devices, as_seen(time, gpus),
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

std::string device_times_json(const std::vector<DeviceTime>& times, std::optional<int> gpus) {
    std::vector<std::string> objects;
    for (const auto& time : times) {
        const double alone = sum_of(time.seconds);
        const double all = time.cohorts.empty() ? alone : sum_of(time.cohorts);
        const auto devices = devices_of(time, gpus);
        objects.push_back(fmt::format(
            R"({{"device": {}, "devices": {}, "seconds": {}, "device_hours": {}, )"
            R"("device_hours_alone": {}, "trials_unknown": {}}})",
            results::json_quoted(time.device), devices, core::shortest(until_done(time, devices)),
            core::shortest(all / 3600), core::shortest(alone / 3600), time.unknown));
    }
    return "[" + core::join(objects) + "]";
}

}  // namespace graft::commands
