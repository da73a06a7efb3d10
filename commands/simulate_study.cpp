// SPDX-License-Identifier: Apache-2.0
#include "commands/simulate_study.hpp"

#include <set>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::commands {

namespace {

constexpr std::int64_t kMostImages = 1'000'000'000;

std::map<std::string, std::int64_t> counts_of(const std::vector<std::string>& words,
                                              const sweep::SweepFile& file) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& all : words) {
        for (const auto& word : core::split(all, ',')) {
            const auto equals = word.find('=');
            const auto name = word.substr(0, equals);
            const auto count = equals == std::string::npos
                                   ? std::nullopt
                                   : core::parse_int(word.substr(equals + 1));
            if (!count || *count < 1 || *count > kMostImages) {
                core::fail_input(
                    "--images '{}' is no DATASET=COUNT. Write such as "
                    "--images cancer=220025",
                    core::escaped(word));
            }
            if (!file.dataset(name)) {
                std::vector<std::string> known;
                for (const auto& dataset : file.datasets) {
                    known.push_back(dataset.name);
                }
                core::fail_input(
                    "--images names dataset '{}' (the sweep file has none such). It "
                    "has: {}.",
                    core::escaped(name), core::join(known));
            }
            counts[name] = *count;
        }
    }
    return counts;
}

std::set<std::int64_t> seeds_of(const std::string& words) {
    std::set<std::int64_t> seeds;
    for (const auto& word : core::split(words, ',')) {
        const auto seed = core::parse_int(word);
        if (!seed) {
            core::fail_input("--seeds '{}' is no list of seeds. Write such as --seeds 1,2",
                             core::escaped(words));
        }
        seeds.insert(*seed);
    }
    return seeds;
}

void keep_seeds(Study& study, const std::string& words) {
    const auto seeds = seeds_of(words);
    std::erase_if(study.trials,
                  [&](const auto& trial) { return !seeds.contains(trial.spec.seed); });
    if (study.trials.empty()) {
        core::fail_input(
            "no trial has one of the seeds '{}' (--seeds). List the grid: graft plan "
            "{} --trials",
            core::escaped(words), study.file.path.string());
    }
}

void set_precision(Study& study, const std::string& word) {
    const auto precision = core::value_of<sweep::Precision>(word);
    if (!precision) {
        core::fail_input(
            "--precision '{}' is none (allowed: float32, tf32, float16, bfloat16). "
            "Name one of them.",
            core::escaped(word));
    }
    for (auto& trial : study.trials) {
        trial.spec.edit().training.precision = *precision;
    }
    std::set<sweep::TrialId> seen;  // trials that differed in it alone are one now
    std::erase_if(study.trials, [&](const auto& trial) {
        return !seen.insert(sweep::trial_id(trial.spec)).second;
    });
}

void set_images(Study& study, const std::map<std::string, std::int64_t>& counts) {
    for (auto& trial : study.trials) {
        if (const auto found = counts.find(trial.spec->dataset); found != counts.end()) {
            const auto parts = expected_parts(found->second, trial.spec->fold);
            trial.work.train_images = static_cast<std::int64_t>(
                static_cast<double>(parts.train) * trial.spec->training.train_fraction);
            trial.work.evaluated_images = parts.validation;
            trial.work.test_images = parts.test;
        }
        if (trial.work.train_images < 1) {
            core::fail_input(
                "dataset '{0}' is not here (graft plan {1} says why). Say how many "
                "images it has: --images {0}=COUNT",
                trial.spec->dataset, study.file.path.string());
        }
    }
}

}  // namespace

Study study_to_simulate(const std::filesystem::path& path, const StudyOf& of) {
    Study study = load_study(path, WhenMissing::note);
    const auto counts = counts_of(of.images, study.file);
    if (of.seeds) {
        keep_seeds(study, *of.seeds);
    }
    if (of.precision) {
        set_precision(study, *of.precision);
    }
    set_images(study, counts);
    return study;
}

}  // namespace graft::commands
