// SPDX-License-Identifier: Apache-2.0
#include "commands/external.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/text.hpp"

#include "data/manifest.hpp"
#include "models/network.hpp"
#include "sweep/trial_files.hpp"

#include "commands/network_files.hpp"
#include "commands/study.hpp"
#include "results/findings/external.hpp"
#include "results/predictions/predictions.hpp"

namespace graft::commands {

namespace fs = std::filesystem;
using results::findings::ClassMatch;
using results::findings::Context;

ExternalData external_data(const sweep::SweepFile& file, const std::string& name,
                           sweep::ScoreRequest::Images images) {
    const auto* dataset = file.dataset(name);
    if (!dataset) {
        std::vector<std::string> names;
        for (const auto& known : file.datasets) {
            names.push_back(known.name);
        }
        core::fail_input(
            "sweep file '{}' has no [datasets.{}] (it has: {}). Describe it in any sweep file, and "
            "name that: --from FILE",
            file.path.string(), name, core::join(names));
    }
    ExternalData data;
    data.settings = data::dataset_settings(name, dataset->table, file.base);
    if (data.settings.folds > 0 && images == sweep::ScoreRequest::Images::test) {
        core::fail_input(
            "dataset '{}' has {} folds, and no test part but each trial's own fold (graft query "
            "has those scores). Score all of its images with networks of other data: leave --split "
            "out.",
            name, data.settings.folds);
    }
    data.images = images;
    data.prepared = file.run.prepared;
    auto manifest = data::list_dataset(data.settings);
    data.fingerprint = std::move(manifest.fingerprint);
    data.classes = std::move(manifest.classes);
    return data;
}

fs::path external_folder(const fs::path& sweep, const ExternalData& data) {
    return sweep / "external" /
           fmt::format("{}-{}-{}", data.settings.name, core::name_of(data.images),
                       data.fingerprint.substr(0, 12));
}

fs::path external_file(const fs::path& folder, const sweep::TrialId& trial) {
    return folder / (trial.text() + ".h5");
}

namespace {

// The images that a trial was trained on.
const sweep::DatasetReady& training_images(const sweep::Record& record, const sweep::Trial& trial) {
    const auto* ready = record.dataset(trial.spec->dataset_fingerprint, trial.work.image_size);
    if (!ready) {
        core::fail_input(
            "the record names no classes of dataset '{}' (trial {} has a result all the same: the "
            "journal is not whole). Look with: graft verify DIR --files",
            trial.spec->dataset, trial.id.text());
    }
    return *ready;
}

std::string quoted(const std::vector<std::string>& names) {
    std::vector<std::string> texts;
    for (const auto& name : names) {
        texts.push_back(fmt::format("'{}'", core::escaped(name)));
    }
    return core::join(texts);
}

class Matching {
  public:
    Matching(const sweep::Record& record, const ExternalData& data)
        : record_(record), data_(data) {}

    // Leaves the trials that can score the dataset, and says why others cannot.
    void keep_fitting(Context& context) {
        for (auto& cell : context.cells) {
            std::erase_if(cell.runs, [&](const results::findings::Run& run) {
                const auto& trained = training_images(record_, *run.trial).classes;
                const auto match = results::findings::match_classes(trained, data_.classes);
                const bool fits = match.fits();
                if (!fits) {
                    unfit_.emplace(context.dataset, why_unfit(context.dataset, match, trained));
                } else if (!match.absent.empty()) {
                    partly_.emplace(context.dataset, why_partly(context.dataset, match));
                }
                return !fits;
            });
        }
    }

    [[noreturn]] void fail() const {
        std::vector<std::string> reasons;
        for (const auto& [dataset, why] : unfit_) {
            reasons.push_back(why);
        }
        core::fail_input(
            "dataset '{0}' cannot be scored ({1}). Classes are matched by name: rename those of "
            "'{0}' by map_labels in [datasets.{0}], as in map_labels = {{ \"{2}\" = \"...\" }}, or "
            "leave their images out.",
            data_.settings.name, core::join(reasons, "; "), data_.classes.front());
    }

    std::vector<std::string> notes() const {
        std::vector<std::string> notes;
        for (const auto& [dataset, why] : unfit_) {
            notes.push_back(fmt::format("Trials on '{}' are passed over: {}.", dataset, why));
        }
        for (const auto& [dataset, why] : partly_) {
            notes.push_back(why);
        }
        return notes;
    }

  private:
    std::string why_unfit(const std::string& dataset, const ClassMatch& match,
                          const std::vector<std::string>& trained) const {
        return fmt::format("its {} {} {} unknown to networks that were trained on '{}': {}",
                           match.foreign.size() == 1 ? "class" : "classes", quoted(match.foreign),
                           match.foreign.size() == 1 ? "is" : "are", dataset, quoted(trained));
    }
    std::string why_partly(const std::string& dataset, const ClassMatch& match) const {
        return fmt::format(
            "'{}' has no image of {}, which networks trained on '{}' know: they may still be "
            "taken for it, and a drop is also one of other classes, not of other images alone.",
            data_.settings.name, quoted(match.absent), dataset);
    }

    const sweep::Record& record_;
    const ExternalData& data_;
    std::map<std::string, std::string> unfit_, partly_;  // by dataset
};

}  // namespace

ExternalTrials external_trials(const sweep::Record& record, const std::set<sweep::TrialId>& wanted,
                               const ExternalData& data) {
    ExternalTrials chosen{results::findings::contexts_of(record), {}, 0};
    for (auto& context : chosen.contexts) {
        for (auto& cell : context.cells) {
            std::erase_if(cell.runs, [&](const results::findings::Run& run) {
                return !wanted.contains(run.trial->id);
            });
        }
    }
    const auto found = trials_of(chosen.contexts);
    chosen.without_result = static_cast<std::size_t>(std::count_if(
        record.trials().begin(), record.trials().end(),
        [&](const auto& trial) { return !trial.left_out && wanted.contains(trial.id); }));
    chosen.without_result -= std::min(chosen.without_result, found.size());
    if (found.empty()) {
        core::fail_input(
            "no trial that is asked for has a result (of {} asked for). Wait for the sweep, or "
            "widen the filters.",
            wanted.size());
    }
    Matching matching(record, data);
    for (auto& context : chosen.contexts) {
        matching.keep_fitting(context);
    }
    if (trials_of(chosen.contexts).empty()) {
        matching.fail();
    }
    chosen.cautions = matching.notes();
    return chosen;
}

std::vector<const sweep::Trial*> trials_of(const std::vector<Context>& contexts) {
    std::vector<const sweep::Trial*> trials;
    for (const auto& context : contexts) {
        for (const auto& cell : context.cells) {
            for (const auto& run : cell.runs) {
                trials.push_back(run.trial);
            }
        }
    }
    return trials;
}

namespace {

const sweep::TrialResult& result_of(const sweep::Trial& trial) {
    return *sweep::result_of(trial.state);
}

class Planning {
  public:
    Planning(const sweep::Record& record, const KeptFiles& files, const ExternalData& data,
             const data::PrepareResult& prepared, const fs::path& folder)
        : record_(record), files_(files), data_(data), prepared_(prepared), folder_(folder) {}

    ScorePlan take(const std::vector<const sweep::Trial*>& trials) {
        std::vector<fs::path> paths;
        for (const auto* trial : trials) {
            paths.push_back(external_file(folder_, trial->id));
        }
        const auto found = results::predictions::made_of(paths);
        for (std::size_t i = 0; i < trials.size(); ++i) {
            if (found[i] == made_of(*trials[i]) || add(*trials[i], paths[i])) {
                plan_.scored.push_back(trials[i]);
            } else {
                plan_.no_best.push_back(trials[i]);
            }
        }
        for (auto& [key, request] : requests_) {
            plan_.requests.push_back(std::move(request));
        }
        return std::move(plan_);
    }

  private:
    const data::PreparedFile& prepared_for(const sweep::Trial& trial) const {
        return *std::find_if(
            prepared_.files.begin(), prepared_.files.end(),
            [&](const data::PreparedFile& file) { return file.size == trial.work.image_size; });
    }

    // What scores depend on and the folder's name does not say.
    std::string made_of(const sweep::Trial& trial) const {
        return fmt::format("weights {}, pixels {}", result_of(trial).weights.hash,
                           prepared_for(trial).pixels_checksum);
    }

    // False where its best.h5 is gone.
    bool add(const sweep::Trial& trial, const fs::path& output) {
        const auto weights = weights_of(trial);
        if (!weights) {
            return false;
        }
        const auto& trained = training_images(record_, trial);
        const auto& file = prepared_for(trial);
        auto& request = requests_[{file.size, trained.classes}];
        request.images = data_.images;
        request.prepared = file.path;
        request.checksum = file.pixels_checksum;
        request.classes = trained.classes;
        const auto& best = *result_of(trial).best;
        request.checkpoints.push_back({trial.spec, best.phase, best.epoch,
                                       definition_of(trial.spec->network), weights->string(),
                                       result_of(trial).weights.hash, output.string(),
                                       made_of(trial), "", ""});
        if (trial.spec->training.evaluate_bn == sweep::EvaluateBn::reestimated) {
            request.checkpoints.back().trained_on = trained.prepared;
            request.checkpoints.back().trained_checksum = trained.pixels_checksum;
        }
        ++plan_.to_score;
        return true;
    }

    // Of a network from a file.
    const std::string& definition_of(const std::string& network) {
        const auto [found, is_new] = definitions_.try_emplace(network);
        const auto built_in = models::network_names();
        if (is_new && std::find(built_in.begin(), built_in.end(), network) == built_in.end()) {
            found->second = network_json(file_of(record_), network);
        }
        return found->second;
    }

    std::optional<fs::path> weights_of(const sweep::Trial& trial) const {
        const auto& weights = result_of(trial).weights;
        const auto& directory = files_.directory_of(trial);
        if (weights.name.empty()) {
            return std::nullopt;
        }
        const auto found = sweep::find_result(directory, weights, "best");
        if (!found && fs::exists(directory / weights.name)) {
            core::fail_input(
                "weights '{}' do not have their recorded content (changed from outside, or a "
                "failing disk). Put the recorded file back; graft verify DIR {} --keep makes it "
                "again.",
                (directory / weights.name).string(), trial.id.text());
        }
        return found;
    }

    const sweep::Record& record_;
    const KeptFiles& files_;
    const ExternalData& data_;
    const data::PrepareResult& prepared_;
    const fs::path& folder_;
    ScorePlan plan_;
    std::map<std::pair<std::int32_t, std::vector<std::string>>, sweep::ScoreRequest> requests_;
    std::map<std::string, std::string> definitions_;  // by network
};

}  // namespace

ScorePlan score_plan(const sweep::Record& record, const KeptFiles& files,
                     const std::vector<const sweep::Trial*>& trials, const ExternalData& data,
                     const data::PrepareResult& prepared, const fs::path& folder) {
    return Planning(record, files, data, prepared, folder).take(trials);
}

}  // namespace graft::commands
