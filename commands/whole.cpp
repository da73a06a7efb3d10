// SPDX-License-Identifier: Apache-2.0
#include "commands/whole.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/error.hpp"

#include "sweep/dataset_row.hpp"
#include "sweep/excerpt.hpp"
#include "sweep/trial_list.hpp"

#include "commands/division_file.hpp"
#include "commands/naming.hpp"
#include "commands/parts.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

bool has_result(const sweep::Trial& trial) {
    return sweep::result_of(trial.state);
}

bool knows_better(const sweep::Trial& part, const sweep::Trial& sweep) {
    return !part.left_out && !has_result(sweep) && (has_result(part) || !part.attempts.empty());
}

// A part whose journal is empty was begun by nobody.
std::optional<Live> read_part(const fs::path& directory, sweep::TrialEvents& events) {
    Live live;
    live.directory = directory;
    live.end = sweep::read_journal(directory, [&](const sweep::Event& event) {
        live.record.apply(event);
        events.add(event);
    });
    return live.record.starts().empty() ? std::nullopt : std::optional(std::move(live));
}

void take_in(sweep::Record& record, const sweep::Record& part, const sweep::TrialEvents& events) {
    std::vector<sweep::TrialId> better;
    for (const auto& trial : part.trials()) {
        const auto* known = record.find(trial.id);
        if (known && knows_better(trial, *known)) {
            better.push_back(trial.id);
        }
    }
    auto told = missing_datasets(record, part, better);
    for (auto& event : events.of({better.begin(), better.end()}, record)) {
        told.push_back(std::move(event));
    }
    for (const auto& event : told) {
        record.apply(event);
    }
}

}  // namespace

std::vector<sweep::Event> missing_datasets(const sweep::Record& record, const sweep::Record& other,
                                           const std::vector<sweep::TrialId>& trials) {
    std::vector<sweep::Event> events;
    std::set<std::tuple<std::string, std::string, std::int32_t>> seen;
    for (const auto& id : trials) {
        const auto& trial = *other.find(id);
        const auto& fingerprint = trial.spec->dataset_fingerprint;
        const auto size = trial.work.image_size;
        const auto* dataset = sweep::dataset_row(other, trial);
        if (dataset && !sweep::dataset_row(record, dataset->dataset, fingerprint, size) &&
            seen.emplace(dataset->dataset, fingerprint, size).second) {
            events.emplace_back(*dataset);
            const auto* audit = other.audit(fingerprint);
            if (audit && !record.audit(fingerprint)) {
                events.emplace_back(*audit);
            }
        }
    }
    return events;
}

std::optional<Whole> read_parts(const Live& sweep) {
    const auto directories = parts_of(sweep.directory);
    if (directories.empty()) {
        return std::nullopt;
    }
    Whole whole;
    whole.record = sweep.record;
    whole.merged = read_division(sweep.directory).merged.size();
    for (const auto& directory : directories) {
        sweep::TrialEvents events;
        PartNow part{directory.filename().string(), directory, trials_of_part(directory).size(),
                     read_part(directory, events)};
        if (part.live) {
            take_in(whole.record, part.live->record, events);
        }
        whole.parts.push_back(std::move(part));
    }
    return whole;
}

std::optional<fs::path> part_with(const Live& sweep, const sweep::TrialId& trial) {
    const auto* known = sweep.record.find(trial);
    if (known && has_result(*known)) {
        return std::nullopt;
    }
    for (const auto& directory : parts_of(sweep.directory)) {
        const auto trials = trials_of_part(directory);
        if (std::find(trials.begin(), trials.end(), trial) != trials.end()) {
            return directory;
        }
    }
    return std::nullopt;
}

Live live_with(const Live& sweep, const sweep::TrialId& trial) {
    const auto part = part_with(sweep, trial);
    if (!part) {
        return sweep;
    }
    sweep::TrialEvents unused;
    auto live = read_part(*part, unused);
    if (!live) {
        core::fail_input(
            "trial {} waits in part '{}' (which nobody has started). Type: graft run {}",
            shown(*sweep.record.find(trial), sweep.record), part->string(), part->string());
    }
    return std::move(*live);
}

void check_in_no_part(const Live& sweep, const sweep::Trial& trial, const std::string& command) {
    if (const auto part = part_with(sweep, trial.id)) {
        core::fail_input(
            "trial {} is trained in a part (the sweep is divided). Type: graft {} {} {}",
            shown(trial, sweep.record), command, part->string(), trial.id.text());
    }
}

}  // namespace graft::commands
