// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial.hpp"

#include <unordered_map>

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

#include "sweep/network_name.hpp"

namespace graft::sweep {

namespace {

constexpr std::size_t kIdDigits = 16;
// Texts that are kept: a grid has many trials of few settings.
constexpr std::size_t kTextsKept = 4096;

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
    if (texts.size() >= kTextsKept) {
        texts.clear();
    }
    const auto [place, is_new] = texts.try_emplace(core::encode(training));
    if (is_new) {
        place->second = written_out(training);
    }
    return place->second;
}

}  // namespace

// By hand: it is made a million times for a large grid, and a format string costs as much as all
// the rest.
std::string canonical_text(const TrialSpec& spec) {
    std::string text = "graft trial\nrecipe ";
    const auto line = [&text](std::string_view value, std::string_view next) {
        text.append(value).append(next);
    };
    line(std::to_string(spec.recipe), "\nnetwork ");
    line(network_content(spec.network, spec.training.input_range), "\ndataset ");
    line(spec.dataset_fingerprint, "\ninit ");
    line(core::name_of(spec.init), "\nweights ");
    line(spec.weights_hash.empty() ? "none" : spec.weights_hash, "\nfreeze ");
    line(core::shortest(spec.freeze), "\nseed ");
    line(std::to_string(spec.seed), "\n");
    return text += training_text(spec.training);
}

TrialId trial_id(const TrialSpec& spec) {
    return TrialId(core::content_hash(canonical_text(spec)).substr(0, kIdDigits));
}

bool has_warmup(const TrialSpec& spec) {
    return spec.training.warmup_epochs > 0 &&
           (spec.init == Init::pretrained || spec.training.warmup_for == WarmupFor::all);
}

std::int32_t fine_tune_epochs(const TrialSpec& spec) {
    return spec.training.epochs + (has_warmup(spec) ? 0 : spec.training.warmup_epochs);
}

double total_multiply_adds(const Work& work) {
    const double trained = work.multiply_adds - work.frozen_multiply_adds;
    const double per_train_image = work.multiply_adds + 2 * trained;
    return work.epochs * (static_cast<double>(work.train_images) * per_train_image +
                          static_cast<double>(work.evaluated_images) * work.multiply_adds);
}

}  // namespace graft::sweep
