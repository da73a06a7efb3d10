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

void write_features(core::h5::File& file, const Predictions& test, const Indices& rows) {
    const std::size_t width = rows.empty() ? 0 : test.features.size() / rows.size();
    file.write("/test/features", {rows.size(), width}, test.features.data());
    file.write("/test/feature_rows", std::vector<std::int32_t>(rows.begin(), rows.end()));
}

}  // namespace

Indices feature_rows(const Indices& images, std::int64_t seed) {
    Indices rows(images.size());
    std::iota(rows.begin(), rows.end(), 0U);
    return sample_of(rows, kKeptFeatures, seed);
}

void write_predictions(const std::filesystem::path& path, const data::Prepared& prepared,
                       const PartPredictions& validation, const PartPredictions& test,
                       const Indices& feature_rows) {
    write_aside(path, [&](const std::filesystem::path& aside) {
        core::h5::File file = core::h5::File::create(aside);
        file.write_texts("/classes", prepared.classes);
        write_part(file, "/validation", prepared, validation);
        write_part(file, "/test", prepared, test);
        write_features(file, test.predictions, feature_rows);
        file.close();
    });
}

}  // namespace graft::trainer
