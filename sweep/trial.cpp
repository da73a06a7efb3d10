// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial.hpp"

#include <atomic>
#include <unordered_map>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

#include "sweep/by_settings.hpp"
#include "sweep/network_name.hpp"

namespace graft::sweep {

namespace {

// Texts and settings that are kept: a grid has many trials of few settings.
constexpr std::size_t kKept = 4096;

std::string written_out(const Training& training) {
    static const std::vector<TrainingValue> defaults = [] {
        std::vector<TrainingValue> values;
        for (const auto& key : training_keys()) {
            values.push_back(key.value(Training{}));
        }
        return values;
    }();
    std::string text;
    auto usual = defaults.begin();
    for (const auto& key : training_keys()) {
        const auto value = key.value(training);
        if (value != *usual++) {
            text += fmt::format("{} {}\n", key.name, text_of(value));
        }
    }
    return text;
}

// Lines of the keys that do not have their default.
const std::string& training_text(const Training& training) {
    thread_local std::unordered_map<std::string, std::string> texts;
    if (texts.size() >= kKept) {
        texts.clear();
    }
    const auto [place, is_new] = texts.try_emplace(core::encode(training));
    if (is_new) {
        place->second = written_out(training);
    }
    return place->second;
}

// The split seed is in the dataset's fingerprint.
std::string fold_text(const Fold& fold) {
    return fold.of == 0 ? "" : fmt::format("fold {} of {}\n", fold.number, fold.of);
}

// Of a canonical text: what stands before the freeze level, and what behind the seed.
struct Around {
    std::string head, tail;
};

// By hand: it is made a million times for a large grid, and a format string costs as much as all
// the rest.
Around around(const TrialSettings& settings) {
    std::string text = "graft trial\nrecipe ";
    const auto line = [&text](std::string_view value, std::string_view next) {
        text.append(value).append(next);
    };
    line(std::to_string(settings.recipe), "\nnetwork ");
    line(network_content(settings.network, settings.training.input_range), "\ndataset ");
    line(settings.dataset_fingerprint, "\ninit ");
    line(core::name_of(settings.init), "\nweights ");
    line(settings.weights_hash.empty() ? "none" : settings.weights_hash, "\nfreeze ");
    return {text, training_text(settings.training) + fold_text(settings.fold)};
}

const Around& around(const TrialSpec& spec) {
    thread_local BySettings<Around> kept;
    return kept.of(spec, [](const TrialSettings& settings) { return around(settings); });
}

void write_text(std::string& text, const Around& around, double freeze, std::int64_t seed) {
    text.assign(around.head).append(core::shortest(freeze)).append("\nseed ");
    text.append(std::to_string(seed)).append(1, '\n').append(around.tail);
}

}  // namespace

TrialSpec::TrialSpec() {
    static const auto defaults = std::make_shared<TrialSettings>();
    settings_ = defaults;
}

TrialSpec::TrialSpec(TrialSettings settings)
    : settings_(std::make_shared<TrialSettings>(std::move(settings))) {}

TrialSettings& TrialSpec::edit() {
    if (settings_.use_count() != 1) {
        settings_ = std::make_shared<TrialSettings>(*settings_);
    }
    // Whoever shared it before has read it before this thread writes.
    std::atomic_thread_fence(std::memory_order_acquire);
    return *settings_;
}

TrialSettings& TrialSpec::read_into() {
    thread_local TrialSettings settings;  // kept: its texts need no memory of their own each time
    return settings;
}

std::shared_ptr<TrialSettings> TrialSpec::read_settings() {
    thread_local std::unordered_map<std::string, std::shared_ptr<TrialSettings>> kept;
    const TrialSettings& read = read_into();
    if (kept.size() >= kKept) {
        kept.clear();
    }
    core::Encoder key;
    key(read.network, read.dataset, read.dataset_fingerprint, read.init, read.init_text,
        read.weights_hash, read.training, read.recipe, read.fold);
    auto& known = kept[key.take()];
    if (!known) {
        known = std::make_shared<TrialSettings>(read);
    }
    return known;
}

std::string canonical_text(const TrialSpec& spec) {
    std::string text;
    write_text(text, around(spec), spec.freeze, spec.seed);
    return text;
}

TrialId trial_id(const TrialSpec& spec) {
    thread_local std::string text;
    write_text(text, around(spec), spec.freeze, spec.seed);
    return TrialId(core::content_number(text));
}

std::string replicate_text(const TrialSpec& spec) {
    const auto& fold = spec->fold;
    return fmt::format("seed {}", spec.seed) +
           (fold.of > 0 ? fmt::format(", fold {} of {}", fold.number, fold.of) : "");
}

bool has_warmup(const TrialSpec& spec) {
    return spec->training.warmup_epochs > 0 &&
           (spec->init == Init::pretrained || spec->training.warmup_for == WarmupFor::all);
}

std::int32_t fine_tune_epochs(const TrialSpec& spec) {
    return spec->training.epochs + (has_warmup(spec) ? 0 : spec->training.warmup_epochs);
}

double total_multiply_adds(const Work& work) {
    const double trained = work.multiply_adds - work.frozen_multiply_adds;
    const double per_train_image = work.multiply_adds + 2 * trained;
    return work.epochs * (static_cast<double>(work.train_images) * per_train_image +
                          static_cast<double>(work.evaluated_images) * work.multiply_adds);
}

}  // namespace graft::sweep
