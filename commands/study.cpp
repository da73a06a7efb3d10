// SPDX-License-Identifier: Apache-2.0
#include "commands/study.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

#include "data/folds.hpp"
#include "models/weights.hpp"
#include "sweep/network_name.hpp"
#include "sweep/trial_list.hpp"

#include "commands/network_files.hpp"
#include "commands/weight_files.hpp"
#include "slurm/settings.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// The head does not change which weights a file must hold, so any number of classes will do.
constexpr int kAnyClasses = 2;

// Runs `work`; under `note` an InputError becomes a line in study.missing, and `otherwise` the
// answer.
template <class T, class Work>
T or_note(Study& study, WhenMissing missing, T otherwise, Work work) {
    try {
        return work();
    } catch (const core::InputError& error) {
        if (missing == WhenMissing::stop) {
            throw;
        }
        study.missing.emplace_back(error.what());
        return otherwise;
    }
}

sweep::GridContext context_of(Study& study, WhenMissing missing) {
    sweep::GridContext context;
    context.networks = models::network_names();
    context.networks_from_files = names_in_trials(study.file);
    for (const auto& [label, name] : context.networks_from_files) {
        context.networks.push_back(label);
    }
    context.fingerprint = [&study](const sweep::NamedTable& dataset) {
        return study.manifests.at(dataset.name).fingerprint;
    };
    context.weights_hash = [&study, missing](const std::string& network, const std::string& init,
                                             const core::Place& place) {
        return or_note(study, missing, std::string("missing"), [&] {
            return core::file_hash(weight_file(study.file, network, init, place));
        });
    };
    return context;
}

// Only datasets that the grid names need to be there.
std::set<std::string> used_datasets(const sweep::SweepFile& file) {
    std::set<std::string> used;
    for (const auto& block : file.grid) {
        if (const auto* entry = block.table.find("dataset")) {
            for (const auto& name : core::as_strings("dataset", entry->value)) {
                used.insert(name);
            }
        }
    }
    return used;
}

// Networks from files that take their own scaling say which it is.
void check_preprocessing(const std::vector<sweep::TrialSpec>& trials) {
    for (const auto& spec : trials) {
        if (spec->training.input_range == sweep::InputRange::keras &&
            spec->network.find('@') != std::string::npos &&
            spec->network.find(':') == std::string::npos) {
            const auto label = sweep::network_label(spec->network);
            core::fail_input(
                "network '{}' has no preprocessing (input_range \"keras\" scales images as its "
                "weights were trained on). Write [networks.{}] preprocessing = \"...\": {}.",
                label, label, core::join(models::preprocessing_names()));
        }
    }
}

double sum(const std::vector<std::int64_t>& values, int first, int last) {
    return static_cast<double>(
        std::accumulate(values.begin() + first, values.begin() + last, std::int64_t{0}));
}

}  // namespace

fs::path sweep_directory(const fs::path& path) {
    if (path.extension() == ".h5") {
        core::fail_input("'{}' is no sweep file (HDF5 by its name). Name the sweep's directory: {}",
                         path.string(), fs::absolute(path).parent_path().string());
    }
    return fs::is_directory(path) ? fs::absolute(path).lexically_normal() : read_file(path).output;
}

sweep::SweepFile read_file(const fs::path& path) {
    auto file = sweep::read_sweep_file(path, data::dataset_keys());
    slurm::settings_of(file.slurm);  // for its errors: whoever reads the file hears of them
    return file;
}

sweep::SweepFile file_of(const sweep::Record& record) {
    return sweep::parse_sweep_file(record.sweep_file(), "the sweep file", data::dataset_keys());
}

std::map<std::string, data::DatasetSettings> settings_of(const sweep::SweepFile& file) {
    std::map<std::string, data::DatasetSettings> settings;
    for (const auto& dataset : file.datasets) {
        settings[dataset.name] = data::dataset_settings(dataset.name, dataset.table, file.base);
    }
    return settings;
}

data::PartCounts expected_parts(std::int64_t images, const sweep::Fold& fold) {
    if (fold.of > 0) {
        return data::expected_parts_of_fold(images, fold.of);
    }
    return {images - 2 * (images / 10), images / 10, images / 10};
}

data::PartCounts expected_parts(const data::Manifest& manifest, const sweep::Fold& fold) {
    data::PartCounts counts;
    for (const auto& sample : manifest.samples) {
        counts.train += sample.part == data::Part::train;
        counts.validation += sample.part == data::Part::validation;
        counts.test += sample.part == data::Part::test;
    }
    const bool divided = counts.train + counts.validation + counts.test > 0;
    return divided ? counts : expected_parts(std::ssize(manifest.samples), fold);
}

namespace {

// What the network alone decides.
sweep::Work network_work(const Study& study, const sweep::TrialSpec& spec, std::size_t classes) {
    const auto network = network_of(study.file, spec, classes);
    sweep::Work work;
    work.image_size =
        spec->training.image_size > 0 ? spec->training.image_size : network.default_size;
    work.layers = network.base_layers;
    work.frozen_layers = models::frozen_layers(network, spec.freeze);
    const int all = static_cast<int>(network.layers.size());
    work.parameters = models::count_parameters(network, 0, all).total;
    work.trainable_parameters =
        models::count_parameters(network, work.frozen_layers, all).trainable;
    const auto costs = models::multiply_adds(network, work.image_size);
    work.multiply_adds = sum(costs, 0, all);
    work.frozen_multiply_adds = sum(costs, 0, work.frozen_layers);
    work.weight_bytes = work.parameters * static_cast<std::int64_t>(sizeof(float));
    return work;
}

void add_images(sweep::Work& work, const sweep::TrialSpec& spec, const data::PartCounts& parts) {
    work.train_images =
        static_cast<std::int64_t>(static_cast<double>(parts.train) * spec->training.train_fraction);
    work.evaluated_images = parts.validation;
    work.test_images = parts.test;
    work.epochs = sweep::fine_tune_epochs(spec) +
                  (sweep::has_warmup(spec) ? spec->training.warmup_epochs : 0);
}

// The work of a grid's trials: few networks and datasets, each looked at once.
class WorkTable {
  public:
    explicit WorkTable(const Study& study) : study_(study) {}
    sweep::Work of(const sweep::TrialSpec& spec) {
        const auto [known, first] = datasets_.try_emplace(spec->dataset);
        if (first) {
            const auto& manifest = study_.manifests.at(spec->dataset);
            // A dataset has folds in all trials on it, or in none.
            known->second = {expected_parts(manifest, spec->fold), manifest.classes.size()};
        }
        const auto& [parts, classes] = known->second;
        const auto& training = spec->training;
        const auto [place, is_new] = networks_.try_emplace(
            {spec.freeze, spec->network, classes, training.head_units, training.image_size});
        if (is_new) {
            place->second = network_work(study_, spec, classes);
        }
        sweep::Work work = place->second;
        add_images(work, spec, parts);
        return work;
    }

  private:
    const Study& study_;
    std::map<std::string, std::pair<data::PartCounts, std::size_t>> datasets_;
    std::map<std::tuple<double, std::string, std::size_t, std::int32_t, std::int32_t>, sweep::Work>
        networks_;
};

}  // namespace

models::Network network_of(const sweep::SweepFile& file, const sweep::TrialSpec& spec,
                           std::size_t classes) {
    return models::build_network(spec->network, std::max(kAnyClasses, static_cast<int>(classes)),
                                 spec->training.head_units, network_json(file, spec->network));
}

sweep::Work work_of(const Study& study, const sweep::TrialSpec& spec) {
    const auto& manifest = study.manifests.at(spec->dataset);
    auto work = network_work(study, spec, manifest.classes.size());
    add_images(work, spec, expected_parts(manifest, spec->fold));
    return work;
}

Study load_study(const fs::path& path, WhenMissing missing) {
    Study study;
    study.file = read_file(path);
    read_network_files(study.file);
    study.datasets = settings_of(study.file);
    for (const auto& name : used_datasets(study.file)) {
        if (const auto found = study.datasets.find(name); found != study.datasets.end()) {
            data::Manifest absent;
            absent.fingerprint = "missing " + name;
            study.manifests[name] =
                or_note(study, missing, absent, [&] { return data::list_dataset(found->second); });
        }
    }
    auto grid = sweep::expand(study.file, context_of(study, missing));
    study.duplicates = grid.duplicates;
    check_preprocessing(grid.trials);
    if (const auto& list = study.file.trials; !list.empty()) {
        grid.trials = or_note(study, missing, grid.trials, [&] {
            return sweep::select_trials(grid.trials, sweep::read_trial_list(list), list,
                                        study.file.path);
        });
    }
    study.trials.reserve(grid.trials.size());
    WorkTable works(study);
    for (auto& spec : grid.trials) {
        const auto work = works.of(spec);
        study.trials.push_back({std::move(spec), work});
    }
    return study;
}

std::vector<NeededData> needed_data(const std::vector<sweep::PlannedTrial>& trials) {
    std::vector<NeededData> needed;
    for (const auto& trial : trials) {
        if (!needed.empty() && needed.back().dataset == trial.spec->dataset &&
            needed.back().size == trial.work.image_size) {
            continue;  // most trials need what the one before does
        }
        const NeededData one{trial.spec->dataset, trial.work.image_size};
        if (std::find(needed.begin(), needed.end(), one) == needed.end()) {
            needed.push_back(one);
        }
    }
    return needed;
}

std::uint64_t prepared_bytes(const Study& study) {
    std::uint64_t bytes = 0;
    for (const auto& needed : needed_data(study.trials)) {
        const auto side = static_cast<std::uint64_t>(needed.size);
        bytes += study.manifests.at(needed.dataset).samples.size() * 3 * side * side;
    }
    return bytes;
}

void check_weights(const Study& study) {
    std::set<std::pair<std::string, std::string>> checked;
    for (const auto& trial : study.trials) {
        if (trial.spec->init == sweep::Init::random ||
            !checked.insert({trial.spec->network, trial.spec->init_text}).second) {
            continue;
        }
        const auto path = weight_file(study.file, trial.spec->network, trial.spec->init_text,
                                      {study.file.path.string(), 0});
        const auto network = network_of(study.file, trial.spec, kAnyClasses);
        models::check_keras_weights(path, network, models::Head::ignore);
    }
}

Study load_to_train(const fs::path& path, const std::optional<std::string>& output) {
    Study study = load_study(path);
    if (output) {
        study.file.output = fs::absolute(*output).lexically_normal();
    }
    check_weights(study);
    return study;
}

}  // namespace graft::commands
