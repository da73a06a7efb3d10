// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sweep/record.hpp"

#include "commands/plan_cohorts.hpp"
#include "commands/step_rows.hpp"

namespace graft::commands {

// What a grid takes on one kind of device, and where that comes from.
struct DeviceTime {
    std::string device;
    std::vector<double> seconds;  // of each trial that could be reckoned, alone
    std::vector<double> cohorts;  // of each cohort of them; empty: all go alone
    std::size_t trained = 0;      // of them by the sweep's own finished trials
    std::size_t timed = 0;        // by a timed step
    std::size_t unknown = 0;      // trials of which nothing is known there
    std::size_t devices = 0;      // that were seen; 0: not known
    std::size_t finished = 0;     // trials that were learned from
    std::string measured;         // when and by what the steps were timed; empty: none was
};

// Per kind of device that anything is known of. Trials of which the same network has finished there
// go by its measured rate, the others by their timed step. `cohorts`: of the same trials.
std::vector<DeviceTime> device_times(const std::vector<sweep::PlannedTrial>& trials,
                                     const std::vector<StepRow>& steps, const sweep::Record& record,
                                     const std::vector<PlannedCohort>& cohorts = {});

// Until everything is done on so many devices, near the end of which cohorts are divided: no later
// than whole cohorts, or all trials alone, would take.
double until_done(const DeviceTime& time, std::size_t devices);

// The lines of `graft plan`. `gpus`: on so many devices; none: as many as were seen.
// The same as a list of objects.
std::string device_times_json(const std::vector<DeviceTime>& times, std::optional<int> gpus);
std::string device_times_text(const std::vector<DeviceTime>& times, std::optional<int> gpus);

}  // namespace graft::commands
