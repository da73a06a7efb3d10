// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "core/file.hpp"
#include "core/h5/file.hpp"

#include "sweep/trial_files.hpp"

#include "results/predictions/predictions.hpp"
#include "support/record_builder.hpp"

namespace graft::tests {

// Predictions of a few made-up images. `first`: of the ids, so that others make another part.
inline results::predictions::Predictions kept_predictions(int classes = 2,
                                                          const std::string& first = "a") {
    results::predictions::Predictions kept;
    for (int c = 0; c < classes; ++c) {
        kept.classes.push_back(std::to_string(c));
    }
    for (auto* part : {&kept.validation, &kept.test}) {
        for (int i = 0; i < 6; ++i) {
            part->ids.push_back(fmt::format("{}{}", first, i));
            part->groups.push_back(fmt::format("g{}", i / 2));
            part->labels.push_back(i % classes);
            for (int c = 0; c < classes; ++c) {
                part->scores.push_back(static_cast<float>((i * 3 + c * 5) % 7) / 8.0F);
            }
        }
    }
    kept.test.groups[0] = "elsewhere";
    kept.features = {1, 2, 3, 4, 5, 6};
    kept.feature_width = 3;
    kept.feature_rows = {4, 1};
    return kept;
}

// As trainer/predictions.cpp writes it.
inline void write_kept_predictions(const std::filesystem::path& path,
                                   const results::predictions::Predictions& kept) {
    auto file = core::h5::File::create(path);
    file.write_texts("/classes", kept.classes);
    for (const auto& [name, part] :
         {std::pair("/validation", &kept.validation), std::pair("/test", &kept.test)}) {
        const std::string group = name;
        file.write_texts(group + "/id", part->ids);
        file.write(group + "/label", part->labels);
        file.write_texts(group + "/group", part->groups);
        file.write(group + "/scores", {part->images(), kept.classes.size()}, part->scores.data());
    }
    file.write("/test/features", {kept.feature_rows.size(), kept.feature_width},
               kept.features.data());
    file.write("/test/feature_rows", kept.feature_rows);
    file.close();
}

// The trial ends with a result whose predictions.h5 is as the record says.
inline void finish_with_predictions(RecordBuilder& builder, const std::filesystem::path& sweep,
                                    const sweep::TrialId& trial,
                                    const results::predictions::Predictions& kept) {
    const auto name = sweep::plain_file(trial, "predictions");
    core::create_directories((sweep / name).parent_path());
    write_kept_predictions(sweep / name, kept);
    sweep::SaveRecorded save;
    save.save.cohort = builder.start({trial});
    save.save.save = 1;
    auto& member = save.save.members.emplace_back();
    member.trial = trial;
    member.result.emplace().best.emplace();
    member.result->predictions = sweep::file_reference(sweep, name, name);
    builder.apply(save);
    builder.end(save.save.cohort, sweep::Completed{});
}

}  // namespace graft::tests
