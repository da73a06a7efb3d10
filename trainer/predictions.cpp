// SPDX-License-Identifier: Apache-2.0
#include "trainer/predictions.hpp"

#include <numeric>

#include "core/h5/file.hpp"

#include "trainer/aside.hpp"

namespace graft::trainer {

namespace {

void write_part(core::h5::File& file, const std::string& group, const data::Prepared& prepared,
                const PartPredictions& part) {
    std::vector<std::string> ids, groups;
    std::vector<std::int32_t> labels;
    for (const auto image : part.images) {
        ids.push_back(prepared.ids.at(image));
        groups.push_back(prepared.groups.at(image));
        labels.push_back(prepared.labels.at(image));
    }
    file.write_texts(group + "/id", ids);
    file.write(group + "/label", labels);
    file.write_texts(group + "/group", groups);
    file.write(group + "/scores", {part.images.size(), prepared.classes.size()},
               part.predictions.scores.data());
}

// Of a sample of the images.
void write_features(core::h5::File& file, const PartPredictions& test, std::int64_t seed) {
    Indices rows(test.images.size());
    std::iota(rows.begin(), rows.end(), 0U);
    rows = sample_of(rows, kKeptFeatures, seed);
    const std::size_t width =
        test.images.empty() ? 0 : test.predictions.features.size() / test.images.size();
    std::vector<float> features;
    std::vector<std::int32_t> numbers(rows.begin(), rows.end());
    for (const auto row : rows) {
        const auto first =
            test.predictions.features.begin() + static_cast<std::ptrdiff_t>(row * width);
        features.insert(features.end(), first, first + static_cast<std::ptrdiff_t>(width));
    }
    file.write("/test/features", {rows.size(), width}, features.data());
    file.write("/test/feature_rows", numbers);
}

}  // namespace

void write_predictions(const std::filesystem::path& path, const data::Prepared& prepared,
                       const PartPredictions& validation, const PartPredictions& test,
                       std::int64_t seed) {
    write_aside(path, [&](const std::filesystem::path& aside) {
        core::h5::File file = core::h5::File::create(aside);
        file.write_texts("/classes", prepared.classes);
        write_part(file, "/validation", prepared, validation);
        write_part(file, "/test", prepared, test);
        write_features(file, test, seed);
        file.close();
    });
}

}  // namespace graft::trainer
