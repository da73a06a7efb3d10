// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "core/error.hpp"
#include "core/large_pages.hpp"
#include "core/text.hpp"

#include "sweep/network_name.hpp"
#include "sweep/record.hpp"
#include "sweep/split_axis.hpp"
#include "sweep/trial_names.hpp"

#include "commands/memory_estimate.hpp"
#include "commands/options.hpp"
#include "commands/plan_cohorts.hpp"
#include "commands/plan_seeds.hpp"
#include "commands/plan_stopping.hpp"
#include "commands/plan_times.hpp"
#include "commands/study.hpp"
#include "results/format.hpp"
#include "results/status.hpp"
#include "scheduler/cohort_work.hpp"
#include "slurm/settings.hpp"

namespace graft::commands {

namespace {

// Trials of one row of the table: everything but seed and freeze.
struct Row {
    std::size_t trials = 0;
    std::set<double> freezes;
    std::set<std::pair<std::string, std::int64_t>> seeds;  // with the division of the data
    std::set<std::int32_t> folds;                          // empty: the dataset has none
    std::int32_t of_folds = 0;                             // that the dataset has
    double multiply_adds = 0;
    std::int64_t weight_bytes = 0;
};
using RowKey = std::tuple<std::string, std::string, std::string, std::int32_t>;

std::map<RowKey, Row> rows_of(const Study& study) {
    std::map<RowKey, Row> rows;
    const sweep::PlannedTrial* before = nullptr;  // most trials are of the same row
    Row* row = nullptr;
    for (const auto& trial : study.trials) {
        const auto& spec = trial.spec;
        const bool same_row = before && before->spec->network == spec->network &&
                              before->spec->dataset == spec->dataset &&
                              before->spec->init_text == spec->init_text &&
                              before->work.image_size == trial.work.image_size;
        if (!same_row) {
            row = &rows[{sweep::network_label(spec->network),
                         sweep::split_name(spec->dataset).dataset, spec->init_text,
                         trial.work.image_size}];
        }
        ++row->trials;
        if (!same_row || before->spec.freeze != spec.freeze) {
            row->freezes.insert(spec.freeze);
        }
        if (!same_row || before->spec.seed != spec.seed) {
            row->seeds.insert({spec->dataset, spec.seed});
        }
        if (spec->fold.of > 0 && (!same_row || before->spec->fold != spec->fold)) {
            row->folds.insert(spec->fold.number);
            row->of_folds = spec->fold.of;
        }
        row->multiply_adds += scheduler::trial_multiply_adds(spec, trial.work);
        row->weight_bytes += trial.work.weight_bytes;
        before = &trial;
    }
    return rows;
}

void print_table(const std::map<RowKey, Row>& rows) {
    const bool folds = std::any_of(rows.begin(), rows.end(),
                                   [](const auto& row) { return !row.second.folds.empty(); });
    fmt::print("{:<15} {:<13} {:<14} {:>5} {:>7} {:>6}{} {:>7} {:>12}\n", "network", "dataset",
               "init", "size", "freeze", "seeds", folds ? "  folds" : "", "trials", "mult-adds");
    for (const auto& [key, row] : rows) {
        const auto& [network, dataset, init, size] = key;
        fmt::print("{:<15} {:<13} {:<14} {:>5} {:>7} {:>6}{} {:>7} {:>12.3g}\n", network, dataset,
                   results::short_init(init), size, row.freezes.size(), row.seeds.size(),
                   folds ? fmt::format(" {:>6}", row.folds.size()) : "", row.trials,
                   row.multiply_adds);
    }
}

void print_data(const Study& study) {
    fmt::print("\n{:<13} {:>8} {:>8} {:>9} {:>9} {:>8}\n", "dataset", "images", "classes", "train",
               "validation", "test");
    for (const auto& [name, manifest] : study.manifests) {
        sweep::Fold fold;
        fold.of = study.datasets.at(name).folds;
        const auto parts = expected_parts(manifest, fold);
        fmt::print("{:<13} {:>8} {:>8} {:>9} {:>10} {:>8}{}\n", name, manifest.samples.size(),
                   manifest.classes.size(), parts.train, parts.validation, parts.test,
                   fold.of > 0 ? fmt::format("  in each of {} folds", fold.of) : "");
    }
    fmt::print("Prepared data: at most {} in {} files under {}.\n",
               core::bytes_text(prepared_bytes(study)), needed_data(study.trials).size(),
               study.file.run.prepared);
}

scheduler::Cohorts cohorts_of(const Study& study) {
    return study.file.run.cohorts ? scheduler::Cohorts::formed : scheduler::Cohorts::off;
}

// By what was measured, where anything was.
std::vector<DeviceTime> times_of(const Study& study, const std::vector<PlannedCohort>& cohorts) {
    return device_times(study.trials, read_steps(study.file.output),
                        sweep::read_record(study.file.output), cohorts);
}

void print_times(const Study& study, const std::vector<PlannedCohort>& cohorts,
                 std::optional<int> gpus) {
    const auto times = times_of(study, cohorts);
    if (!times.empty()) {
        fmt::print("{}", device_times_text(times, gpus));
        return;
    }
    fmt::print(
        "Time: {} on a device that sustains 1e12 multiply-adds per second. For the time on real "
        "ones type: graft check {} --on-nodes (on a cluster), or --here (on this machine).\n",
        core::duration_text(sharing_of(cohorts).together / 1e12), study.file.path.string());
}

void print_totals(const Study& study, const std::vector<PlannedCohort>& cohorts,
                  std::optional<int> gpus) {
    std::uint64_t weights = 0;
    for (const auto& trial : study.trials) {
        weights += static_cast<std::uint64_t>(trial.work.weight_bytes);
    }
    fmt::print("\n{} trials ({} duplicates left out), {:.3g} multiply-adds in all.\n",
               study.trials.size(), study.duplicates, sharing_of(cohorts).alone);
    fmt::print("{}", sharing_text(study.trials, cohorts, cohorts_of(study)));
    fmt::print("Best weights: {} in {} files under {}.\n", core::bytes_text(weights),
               study.trials.size(), study.file.output.string());
    print_times(study, cohorts, gpus);
    if (!study.missing.empty()) {
        fmt::print(
            "Datasets that are missing here count nothing in work, time and prepared data.\n");
    }
}

void print_seeds(const std::map<RowKey, Row>& rows) {
    std::vector<Repeats> points;
    for (const auto& [key, row] : rows) {
        points.push_back({row.seeds.size(), row.folds.size(), row.of_folds});
    }
    fmt::print("{}", repeats_text(points));
}

void print_memory(const Study& study, const std::vector<PlannedCohort>& cohorts) {
    const auto sizes = prepared_sizes(study);
    const auto on_gpus = memory_needed(study, {1, 1, TrainsOn::gpus}, sizes, cohorts);
    const auto on_processors = memory_needed(study, {1, 1, TrainsOn::processors}, sizes, cohorts);
    const auto one = [](const MemoryNeed& need) {
        return fmt::format("{} ({})", core::bytes_text(need.per_trainer), need.largest);
    };
    fmt::print("Memory of the host: at most {} per trainer on a GPU, {} on processors.\n",
               one(on_gpus), one(on_processors));
    const auto device = on_gpus.cohort_on_device;
    if (device > 0) {
        fmt::print(
            "Memory of a GPU: the further members of the largest cohort add at most {} to the "
            "first one; cohorts that do not fit are divided.\n",
            core::bytes_text(device));
    }
}

void print_json(const Study& study, std::optional<int> gpus) {
    const auto cohorts = planned_cohorts(study.trials, cohorts_of(study));
    fmt::print(
        "{{\n  \"sweep\": {},\n  \"trials\": {}, \"duplicates\": {},\n  \"cohorts\": {},\n"
        "  \"times\": {}\n}}\n",
        results::json_quoted(study.file.name), study.trials.size(), study.duplicates,
        sharing_json(study.trials, cohorts, cohorts_of(study)),
        device_times_json(times_of(study, cohorts), gpus));
}

void print_trials(const Study& study) {
    const sweep::TrialNames names(study.trials);
    for (const auto& trial : study.trials) {
        fmt::print("{} {}\n", sweep::trial_id(trial.spec).text(), names.of(trial.spec));
    }
}

}  // namespace

int plan(const Arguments& arguments) {
    OptionsOf options("plan", "graft plan FILE|DIR [--gpus N] [--trials] [--json] [--dump-default]",
                      "Expands the grid and shows trials, work, images and disk space. Decodes "
                      "nothing and writes nothing.");
    options.named().add_options()(
        "gpus", po::value<int>(),
        "say how long it takes on N devices; default: as many as were checked")(
        "trials", "list every trial with its name")(
        "json", "what is trained, what cohorts save and how long it takes, for programs")(
        "dump-default", "print a complete, commented sweep file and stop");
    options.positional("sweep file", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    core::prefer_large_pages(std::size_t{1} << 28U);  // the heap of many trials
    if (options.has("dump-default")) {
        fmt::print("{}\n{}", sweep::default_text(), slurm::default_text());
        return 0;
    }
    const auto gpus = options.find<int>("gpus");
    if (gpus && (*gpus < 1 || *gpus > 1'000'000)) {
        core::fail_input("--gpus {} is no number of devices. Name one from 1 to 1000000.", *gpus);
    }
    const Study study = load_study(options.word("sweep file"), WhenMissing::note);
    if (options.has("trials")) {
        print_trials(study);
        return 0;
    }
    if (options.has("json")) {
        print_json(study, gpus);
        return 0;
    }
    const auto rows = rows_of(study);
    print_table(rows);
    print_data(study);
    const auto cohorts = planned_cohorts(study.trials, cohorts_of(study));
    print_totals(study, cohorts, gpus);
    print_memory(study, cohorts);
    print_seeds(rows);
    fmt::print("{}", stopping_text(study));
    for (const auto& missing : study.missing) {
        fmt::print("Missing here, so planned without it: {}\n", missing);
    }
    return 0;
}

}  // namespace graft::commands
