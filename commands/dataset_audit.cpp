// SPDX-License-Identifier: Apache-2.0
#include "commands/dataset_audit.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "data/audit.hpp"
#include "data/folds.hpp"
#include "data/split.hpp"

#include "commands/preparing.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

using Lines = std::vector<results::AuditLine>;

// Prepared files of the dataset, the smallest first: its tables are those of all.
std::vector<fs::path> prepared_files(const data::DatasetSettings& settings,
                                     const data::Manifest& manifest, const fs::path& directory) {
    const std::string name = data::prepared_name(settings.name, manifest.fingerprint, 0);
    const std::string start = name.substr(0, name.size() - std::string_view("0.h5").size());
    std::vector<fs::path> found;
    std::error_code none;  // there is no directory yet
    for (const auto& entry : fs::directory_iterator(directory, none)) {
        const auto file = entry.path().filename().string();
        if (file.starts_with(start) && file.ends_with(".h5")) {
            found.push_back(entry.path());
        }
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
        return std::pair(fs::file_size(a), a) < std::pair(fs::file_size(b), b);
    });
    return found;
}

Lines lines_of(data::PreparedTables tables, const data::DatasetSettings& settings) {
    const auto found = settings.folds > 0
                           ? data::audit_folds(tables, settings.folds, settings.split_seed)
                           : data::audit(tables);
    if (settings.folds > 0) {
        tables.parts = data::parts_of_fold(tables, 1, settings.folds, settings.split_seed);
    }
    sweep::DatasetReady counts;
    counts.classes = tables.classes;
    counts.train_counts = data::class_counts(tables, data::Part::train);
    counts.validation_counts = data::class_counts(tables, data::Part::validation);
    counts.test_counts = data::class_counts(tables, data::Part::test);
    const auto audited = audited_event(found, tables.dataset, tables.fingerprint, core::WallTime{});
    return results::audit_lines(counts, &audited);
}

}  // namespace

Lines audit_dataset(const data::DatasetSettings& settings, const data::Manifest& manifest,
                    const fs::path& prepared) {
    const auto files = prepared_files(settings, manifest, prepared);
    if (!files.empty()) {
        return lines_of(data::Prepared(files.front()), settings);
    }
    constexpr const char* later = "Copies in other parts are looked for when it is prepared.";
    if (!manifest.samples.front().part) {
        const auto how = settings.folds > 0
                             ? fmt::format("{} folds, each tested on once,", settings.folds)
                             : std::string("8:1:1");
        return {{results::Leak::unknown,
                 fmt::format(
                     "Not divided yet: it will be {} by class, with no group in two parts. ", how) +
                     later}};
    }
    auto lines = lines_of(data::listed_tables(manifest), settings);
    lines[1].text = later;
    return lines;
}

}  // namespace graft::commands
