// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "sweep/training.hpp"
#include "sweep/trial_id.hpp"

namespace graft::core {
class Decoder;
}

namespace graft::sweep {

// Raised by any change of the numbers that a trial gives.
constexpr std::int32_t kRecipe = 1;

enum class Init { random, pretrained, mean_var };

// Which part of a dataset a trial is tested on, where the dataset is divided into folds
// ([datasets.X] folds): one of 1 .. of; {0, 0}: the dataset has one division, and no folds.
struct Fold {
    std::int32_t number = 0, of = 0;
    std::int64_t split_seed = 0;  // the dataset's, which draws the folds

    bool operator==(const Fold&) const = default;
    template <class Archive>
    void fields(Archive& archive) {
        archive(number, of, split_seed);
    }
};

// What a trial is but its freeze level and seed: few of a grid's trials differ in it.
struct TrialSettings {
    std::string network;
    std::string dataset;  // its name in the sweep file; not part of the trial's name
    std::string dataset_fingerprint;
    Init init = Init::random;
    std::string init_text;     // as written: "random", "imagenet", "mean_var", or a path
    std::string weights_hash;  // content of the weight file; empty for random
    Training training;
    std::int32_t recipe = kRecipe;
    Fold fold;

    bool operator==(const TrialSettings&) const = default;
};

// One point of the grid: what is trained, and nothing about where or how. A value as any other,
// whose settings are read by an arrow: spec->network, spec->training.epochs. Copies have one block
// of settings between them, in any thread, until one of them edits its own.
class TrialSpec {
  public:
    TrialSpec();
    explicit TrialSpec(TrialSettings settings);
    // Moved from, it is what it was.
    TrialSpec(const TrialSpec&) = default;
    TrialSpec& operator=(const TrialSpec&) = default;
    ~TrialSpec() = default;

    double freeze = 0;  // percent of the base's layers
    std::int64_t seed = 1;

    const TrialSettings* operator->() const { return settings_.get(); }
    const TrialSettings& settings() const { return *settings_; }
    // To change them, in this one alone. For use at once: copied since, the next edit has others.
    TrialSettings& edit();
    // Known to have equal settings without looking at them.
    bool shares(const TrialSpec& other) const { return settings_ == other.settings_; }

    template <class Archive>
    void fields(Archive& archive) {
        if constexpr (std::is_same_v<Archive, core::Decoder>) {
            list(archive, read_into());
            settings_ = read_settings();
        } else {
            list(archive, *settings_);
        }
    }

  private:
    template <class Archive>
    void list(Archive& archive, TrialSettings& settings) {
        archive(settings.network, settings.dataset, settings.dataset_fingerprint, settings.init,
                settings.init_text, settings.weights_hash, freeze, seed, settings.training,
                settings.recipe);
        archive.since(5, settings.fold);
    }
    // Where settings are decoded to, and what was: one block for equal ones, as far as few enough
    // are known to this thread. A journal repeats them with every trial.
    static TrialSettings& read_into();
    static std::shared_ptr<TrialSettings> read_settings();

    std::shared_ptr<TrialSettings> settings_;  // written only while nobody shares it
};

// The text that names a trial: "key value" lines; keys with their recipe-1 default are left out,
// so that a key added later renames nothing.
std::string canonical_text(const TrialSpec& spec);
TrialId trial_id(const TrialSpec& spec);
// "seed 3", "seed 3, fold 2 of 5"
std::string replicate_text(const TrialSpec& spec);

// True when the head alone is trained first (warmup_epochs > 0 and warmup_for asks for it).
bool has_warmup(const TrialSpec& spec);
// Epochs of the second phase: warm-up epochs are added where there is no warm-up phase.
std::int32_t fine_tune_epochs(const TrialSpec& spec);

// What a trial costs, computed from network and dataset by whoever knows them; the scheduler knows
// neither.
struct Work {
    std::int32_t image_size = 0;  // resolved
    std::int32_t layers = 0;      // of the base
    std::int32_t frozen_layers = 0;
    std::int64_t parameters = 0;
    std::int64_t trainable_parameters = 0;
    double multiply_adds = 0;                             // of one image through the whole network
    double frozen_multiply_adds = 0;                      // of that, below the cut
    std::int64_t train_images = 0, evaluated_images = 0;  // per epoch
    std::int32_t epochs = 0;                              // both phases
    std::int64_t weight_bytes = 0;
    std::int64_t test_images = 0;  // as planned; 0: planned by a graft that did not say

    template <class Archive>
    void fields(Archive& archive) {
        archive(image_size, layers, frozen_layers, parameters, trainable_parameters, multiply_adds,
                frozen_multiply_adds, train_images, evaluated_images, epochs, weight_bytes);
        archive.since(5, test_images);
    }
};

// Multiply-adds of the whole trial: forward everywhere, twice as much again backward above the cut.
double total_multiply_adds(const Work& work);

}  // namespace graft::sweep

template <>
struct graft::core::EnumNames<graft::sweep::Init> {
    static constexpr std::array<std::string_view, 3> names{"random", "pretrained", "mean_var"};
};
