// SPDX-License-Identifier: Apache-2.0
#include "trainer/trial_setup.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "core/error.hpp"
#include "core/hash.hpp"

#include "sweep/cohort.hpp"
#include "sweep/metrics.hpp"
#include "sweep/trial_files.hpp"

#include "trainer/state_file.hpp"

namespace graft::trainer {

namespace {

models::Init init_of(sweep::Init init) {
    switch (init) {
        case sweep::Init::random:
            return models::Init::random;
        case sweep::Init::pretrained:
            return models::Init::pretrained;
        case sweep::Init::mean_var:
            break;
    }
    return models::Init::mean_var;
}

}  // namespace

models::Weights first_weights(const models::Network& network, const sweep::TrialSpec& spec,
                              const std::filesystem::path& file) {
    const auto seed = static_cast<std::uint64_t>(spec.seed);
    if (spec->init == sweep::Init::random) {
        return models::make_weights(network, models::Init::random, nullptr, 0, seed);
    }
    const std::string hash = core::file_hash(file);
    if (hash != spec->weights_hash) {
        core::fail_input(
            "weight file '{}' has the content {} (the trial was planned with {}). Put the earlier "
            "file back, or start another sweep.",
            file.string(), hash, spec->weights_hash);
    }
    const auto pretrained = models::read_keras_weights(file, network, models::Head::ignore);
    return models::make_weights(network, init_of(spec->init), &pretrained, spec->training.transfer,
                                seed);
}

void check_trial(const sweep::TrialSpec& spec, const Dataset& data, std::size_t train_images,
                 std::size_t validation_images) {
    if (spec->recipe != sweep::kRecipe) {
        core::fail_input(
            "recipe {} cannot be trained (this graft trains recipe {}). Use the graft that the "
            "sweep was begun with.",
            spec->recipe, sweep::kRecipe);
    }
    const auto gpus = spec->training.gpus_per_trial;
    const auto batch = spec->training.batch_size;
    if (gpus > 1 && batch < 2 * gpus) {
        core::fail_input(
            "batch_size {} is too small for gpus_per_trial {} (batch norm wants two images on each "
            "GPU). Set batch_size to {} or more, or gpus_per_trial to {}.",
            batch, gpus, 2 * gpus, std::max(1, batch / 2));
    }
    if (data.classes() < 2 || train_images < 2 || validation_images == 0) {
        core::fail_input(
            "dataset '{}' cannot be trained on ({} classes, {} training and {} validation images). "
            "It takes two classes, two training images and one for validation: add images, or "
            "raise train_fraction.",
            data.prepared().dataset, data.classes(), train_images, validation_images);
    }
}

void check_file(const std::filesystem::path& sweep, const sweep::FileRef& file) {
    const auto path = sweep / file.name;
    std::error_code error;
    const bool there = std::filesystem::exists(path, error);
    if (there && core::file_hash(path) == file.hash) {
        return;
    }
    core::fail_input(
        "file '{}', which the trial goes on from, {}. Put it back; or `graft retry`, and the trial "
        "begins again.",
        path.string(),
        there ? "does not have its recorded content (changed from outside, or a failing disk)"
              : "is not there (removed from outside)");
}

std::vector<sweep::FileRef> files_of(const SavedMember& trial) {
    std::vector<sweep::FileRef> files;
    for (const auto& file : {trial.state, trial.best}) {
        if (file) {
            files.push_back(*file);
        }
    }
    return files;
}

SavedMember last_save(const sweep::Member& member, const std::filesystem::path& sweep) {
    SavedMember found{member, {}, {}};
    try {
        for (const sweep::FileRef& file : member.files) {
            check_file(sweep, file);
            if (sweep::is_numbered(file.name, "state")) {
                found.state = file;
                found.position = read_position(sweep / file.name);
            } else if (sweep::is_numbered(file.name, "best")) {
                found.best = file;
            }
        }
    } catch (const core::InputError& error) {
        if (!member.may_begin_again) {
            throw;
        }
        fmt::print(stderr, "graft-trainer: trial {} begins again: {}\n", member.trial.text(),
                   error.what());
        return {member, {}, {}};
    }
    return found;
}

namespace {

std::string text_of(const sweep::Position& position) {
    return fmt::format("{} epoch {}, batch {}", core::name_of(position.phase), position.epoch,
                       position.batch);
}

}  // namespace

void check_cohort(const std::vector<SavedMember>& members, const sweep::Position& start) {
    if (members.empty()) {
        throw std::logic_error("a cohort without members");
    }
    const SavedMember& first = members.front();
    const auto where = [&](const SavedMember& member) { return member.position.value_or(start); };
    for (const SavedMember& other : members) {
        const bool alike =
            sweep::cohort_key(other.member.spec) == sweep::cohort_key(first.member.spec);
        if (!alike || where(other) != where(first)) {
            core::fail_input(
                "trials '{}' and '{}' cannot be trained side by side ({}). Set `cohorts = false` "
                "in [run].",
                first.member.trial.text(), other.member.trial.text(),
                alike ? fmt::format("they stand at {} and {}", text_of(where(first)),
                                    text_of(where(other)))
                      : "they differ in more than freeze, learning rates, optimizer, loss, dropout "
                        "and best_by");
        }
    }
}

sweep::Metrics metrics_of(const Predictions& predictions, const Indices& images,
                          const Dataset& data) {
    return sweep::evaluate(predictions.scores, labels_of(data.prepared(), images), data.classes());
}

}  // namespace graft::trainer
