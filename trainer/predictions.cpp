// SPDX-License-Identifier: Apache-2.0
#include "trainer/predictions.hpp"

#include <numeric>

#include "core/h5/file.hpp"

#include "trainer/aside.hpp"

namespace graft::trainer {

namespace {

void write_part(core::h5::File& file, const std::string& group, const data::PreparedTables& tables,
                const PartPredictions& part) {
    std::vector<std::string> ids, groups;
    std::vector<std::int32_t> labels;
    for (const auto image : part.images) {
        ids.push_back(tables.ids.at(image));
        groups.push_back(tables.groups.at(image));
        labels.push_back(tables.labels.at(image));
    }
    file.write_texts(group + "/id", ids);
    file.write(group + "/label", labels);
    file.write_texts(group + "/group", groups);
    file.write(group + "/scores", {part.images.size(), tables.classes.size()},
               part.predictions.scores.data());
}

void write_features(core::h5::File& file, const Predictions& test, const Indices& rows) {
    const std::size_t width = rows.empty() ? 0 : test.features.size() / rows.size();
    file.write("/test/features", {rows.size(), width}, test.features.data());
    file.write("/test/feature_rows", std::vector<std::int32_t>(rows.begin(), rows.end()));
}

void write_all(core::h5::File& file, const data::PreparedTables& tables,
               const PartPredictions& validation, const PartPredictions& test,
               const Indices& feature_rows) {
    file.write_texts("/classes", tables.classes);
    write_part(file, "/validation", tables, validation);
    write_part(file, "/test", tables, test);
    write_features(file, test.predictions, feature_rows);
}

}  // namespace

Indices feature_rows(const Indices& images, std::int64_t seed) {
    Indices rows(images.size());
    std::iota(rows.begin(), rows.end(), 0U);
    return sample_of(rows, kKeptFeatures, seed);
}

void write_predictions(const std::filesystem::path& path, const data::PreparedTables& tables,
                       const PartPredictions& validation, const PartPredictions& test,
                       const Indices& feature_rows) {
    write_aside(path, [&](const std::filesystem::path& aside) {
        core::h5::File file = core::h5::File::create(aside);
        write_all(file, tables, validation, test, feature_rows);
        file.close();
    });
}

void write_external_predictions(const std::filesystem::path& path,
                                const data::PreparedTables& tables, const PartPredictions& images,
                                const std::string& made_of) {
    const Indices none;
    const Predictions unscored;
    core::h5::File file = core::h5::File::create(path);
    write_all(file, tables, {none, unscored}, images, none);
    file.write_attribute("/", "made_of", made_of);
    file.close();
}

}  // namespace graft::trainer
