// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sweep/event.hpp"
#include "sweep/step_times.hpp"

namespace graft::commands {

// One batch of a network as it was timed on a kind of device: a row of <sweep>/check/steps.csv.
struct StepRow {
    std::string device;  // "NVIDIA H200", or the processor's name
    std::string network;
    std::int32_t image_size = 0, batch_size = 0;
    std::string precision;
    sweep::StepTimes times;
    std::int64_t devices = 0;  // of the kind that were seen
    std::string measured;      // "2026-11-26 01:02:03 UTC by check --on-nodes"
};

// Distinct steps of the trials: network, image size, batch size and precision; the other settings
// are those of the first trial of each.
std::vector<sweep::StepRequest> step_requests(const std::vector<sweep::PlannedTrial>& trials);

// The row of a trial's steps on that device; null: they were not timed.
const StepRow* row_of(const std::vector<StepRow>& rows, const std::string& device,
                      const sweep::PlannedTrial& trial);
// What the whole trial will take there, in seconds: training and validation of every epoch, and the
// last scoring; not the start and the saves. Between the two measured ones a step's time goes with
// the multiply-adds that are trained.
double trial_seconds(const sweep::StepTimes& times, const sweep::PlannedTrial& trial);

// Of trials that take so many seconds each, on so many devices, the longest first.
double makespan(std::vector<double> seconds, std::size_t devices);

std::string steps_csv(const std::vector<StepRow>& rows);
// Throws InputError naming the file when it is none.
std::vector<StepRow> parse_steps(const std::string& text, const std::filesystem::path& path);
// Rows for the same step on the same kind of device are replaced by the new ones.
std::vector<StepRow> merged_steps(std::vector<StepRow> before, const std::vector<StepRow>& found);

std::filesystem::path steps_path(const std::filesystem::path& sweep);
// No file: no rows.
std::vector<StepRow> read_steps(const std::filesystem::path& sweep);

}  // namespace graft::commands
