// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "data/dataset_settings.hpp"
#include "data/prepare_request.hpp"
#include "sweep/record.hpp"
#include "sweep/score_request.hpp"
#include "sweep/sweep_file.hpp"

#include "commands/kept_files.hpp"
#include "results/findings/design.hpp"

namespace graft::commands {

// A dataset that a sweep's best checkpoints are scored on, although they were not trained on it.
struct ExternalData {
    data::DatasetSettings settings;
    sweep::ScoreRequest::Images images = sweep::ScoreRequest::Images::all;
    std::string fingerprint;
    std::vector<std::string> classes;
    std::filesystem::path prepared;  // directory of prepared files
};
// As `file` describes it, listed. Throws InputError where it does not, and as list_dataset().
ExternalData external_data(const sweep::SweepFile& file, const std::string& name,
                           sweep::ScoreRequest::Images images);

// Where the scores are kept: <sweep>/external/<name>-<images>-<fingerprint>/<trial>.h5
std::filesystem::path external_folder(const std::filesystem::path& sweep, const ExternalData& data);
std::filesystem::path external_file(const std::filesystem::path& folder,
                                    const sweep::TrialId& trial);

// Finished trials whose networks know the dataset's classes.
struct ExternalTrials {
    std::vector<results::findings::Context> contexts;  // these trials alone have runs there
    std::vector<std::string> cautions;  // which are passed over for their classes, what differs
    std::size_t without_result = 0;     // that were wanted
};
// Of the trials in `wanted`. Throws InputError where none is left, with why.
ExternalTrials external_trials(const sweep::Record& record, const std::set<sweep::TrialId>& wanted,
                               const ExternalData& data);

// In the order of contexts.
std::vector<const sweep::Trial*> trials_of(const std::vector<results::findings::Context>& contexts);

// What there is to do: scores are kept, and made once.
struct ScorePlan {
    // By size, and by the order of classes.
    std::vector<sweep::ScoreRequest> requests;
    std::vector<const sweep::Trial*> scored;   // have their file, or will
    std::vector<const sweep::Trial*> no_best;  // have neither a file nor their best.h5 any more
    std::size_t to_score = 0;
};
// `prepared`: at every size that the trials take. Throws InputError for weights that are not the
// recorded ones.
ScorePlan score_plan(const sweep::Record& record, const KeptFiles& files,
                     const std::vector<const sweep::Trial*>& trials, const ExternalData& data,
                     const data::PrepareResult& prepared, const std::filesystem::path& folder);

}  // namespace graft::commands
