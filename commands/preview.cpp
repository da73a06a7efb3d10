// SPDX-License-Identifier: Apache-2.0
#include "commands/preview.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "core/text.hpp"

namespace graft::commands {

namespace {

// The setting that says how strong an operation is; the others have none.
std::string strength_of(sweep::Augmentation operation) {
    using sweep::Augmentation;
    switch (operation) {
        case Augmentation::flip_horizontal:
        case Augmentation::flip_vertical:
            return {};
        case Augmentation::noise:
            return "noise_std";
        default:
            return std::string(core::name_of(operation));
    }
}

std::string caption_of(const data::PreparedTables& tables, std::uint32_t sample) {
    return fmt::format("{}: {}", tables.classes[static_cast<std::size_t>(tables.labels[sample])],
                       tables.ids[sample]);
}

sweep::PictureRequest request_of(const sweep::TrialSpec& spec, std::int32_t size,
                                 const std::filesystem::path& prepared, std::size_t images) {
    const data::Prepared tables(prepared);
    sweep::PictureRequest request;
    request.prepared = prepared.string();
    request.training = spec->training;
    request.seed = spec.seed;
    request.samples = spread_samples(tables, images);
    request.title = fmt::format("{}, {} px, augmented by {}", spec->dataset, size,
                                augmentation_text(spec->training));
    request.columns = {"as prepared"};
    for (int epoch = 1; epoch <= request.epochs; ++epoch) {
        request.columns.push_back(fmt::format("epoch {}", epoch));
    }
    for (const auto sample : request.samples) {
        request.rows.push_back(caption_of(tables, sample));
    }
    return request;
}

}  // namespace

std::string augmentation_text(const sweep::Training& training) {
    std::vector<std::string> texts;
    for (const auto operation : training.augment) {
        const auto strength = strength_of(operation);
        texts.push_back(
            strength.empty()
                ? std::string(core::name_of(operation))
                : fmt::format("{} {}", strength,
                              sweep::text_of(sweep::find_training_key(strength)->value(training))));
    }
    return texts.empty() ? "none" : core::join(texts);
}

std::vector<std::uint32_t> spread_samples(const data::PreparedTables& tables, std::size_t count) {
    std::vector<std::vector<std::uint32_t>> of_class(tables.classes.size());
    for (std::size_t i = 0; i < tables.labels.size(); ++i) {
        if (tables.parts[i] == data::Part::train) {
            of_class[static_cast<std::size_t>(tables.labels[i])].push_back(
                static_cast<std::uint32_t>(i));
        }
    }
    std::erase_if(of_class, [](const auto& images) { return images.empty(); });
    std::vector<std::uint32_t> samples;
    for (const auto& images : of_class) {
        const std::size_t wanted =
            std::clamp<std::size_t>(count / of_class.size(), 1, images.size());
        for (std::size_t i = 0; i < wanted; ++i) {
            samples.push_back(images[images.size() * (2 * i + 1) / (2 * wanted)]);
        }
    }
    return samples;
}

std::vector<Preview> previews_of(
    const std::vector<sweep::PlannedTrial>& trials,
    const std::map<std::pair<std::string, std::int32_t>, std::filesystem::path>& prepared,
    std::size_t images) {
    std::vector<Preview> previews;
    std::set<std::tuple<std::string, std::int32_t, std::string>> seen;
    std::map<std::string, int> sheets;
    for (const auto& [spec, work] : trials) {
        const auto file = prepared.find({spec->dataset, work.image_size});
        if (file == prepared.end() ||
            !seen.emplace(spec->dataset, work.image_size, augmentation_text(spec->training))
                 .second) {
            continue;
        }
        auto request = request_of(spec, work.image_size, file->second, images);
        if (request.samples.empty()) {
            continue;
        }
        const int number = ++sheets[spec->dataset];
        previews.push_back(
            {spec->dataset,
             number == 1 ? spec->dataset : fmt::format("{}-{}", spec->dataset, number),
             std::move(request)});
    }
    return previews;
}

}  // namespace graft::commands
