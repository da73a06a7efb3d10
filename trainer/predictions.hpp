// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "trainer/dataset.hpp"
#include "trainer/evaluation.hpp"

namespace graft::trainer {

// Pooled features are kept of at most so many test images.
constexpr std::size_t kKeptFeatures = 2000;
// The rows of `images` whose features are kept: drawn by `seed`, ascending.
Indices feature_rows(const Indices& images, std::int64_t seed);

// The scores of one part of the dataset, and features of some of its images.
struct PartPredictions {
    const Indices& images;
    const Predictions& predictions;
};

// Writes a predictions file: /classes; groups /validation and /test with id, label, group and
// scores [n, classes]; /test/features [m, f] with /test/feature_rows [m], the rows of `test` that
// they belong to. Written aside, synced and renamed.
void write_predictions(const std::filesystem::path& path, const data::PreparedTables& tables,
                       const PartPredictions& validation, const PartPredictions& test,
                       const Indices& feature_rows);

// The same of images of another dataset, as they stand in the part `test`, without features and
// with an empty part `validation`; an attribute `made_of` of the root says what the scores were
// made of. Written as it is: the caller syncs and renames it.
void write_external_predictions(const std::filesystem::path& path,
                                const data::PreparedTables& tables, const PartPredictions& images,
                                const std::string& made_of);

}  // namespace graft::trainer
