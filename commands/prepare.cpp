// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "core/text.hpp"

#include "commands/options.hpp"
#include "commands/preparing.hpp"
#include "commands/preview.hpp"
#include "commands/sheet.hpp"
#include "commands/study.hpp"

namespace graft::commands {

namespace {

// Where the copies lie.
std::string where_text(const data::PrepareResult& result) {
    if (result.folds > 0) {
        const auto apart = result.audit.equal.test + result.audit.alike.test;
        return apart > 0 ? fmt::format("; {} with an equal or alike image in another fold",
                                       core::counted(static_cast<std::size_t>(apart), "image"))
                         : ", kept in one fold each";
    }
    return result.duplicates.across > 0
               ? fmt::format("; {} sets of copies lie in more than one part",
                             result.duplicates.across)
               : ", kept on one side of the split";
}

void show(const data::PrepareResult& result) {
    for (const auto& file : result.files) {
        const auto in_fold =
            result.folds > 0 ? fmt::format(" in fold 1 of {}", result.folds) : std::string();
        fmt::print("{:<13} {:>4} px  {} train, {} validation, {} test{}  {}{}\n", result.dataset,
                   file.size, result.parts.train, result.parts.validation, result.parts.test,
                   in_fold, file.path, file.made ? "" : "  (was there)");
    }
    if (!result.bad.empty()) {
        fmt::print("{:<13} {} images left out, as on_bad_image = \"skip\" says:\n", result.dataset,
                   result.bad.size());
        for (const auto& bad : result.bad) {
            fmt::print("    {}: {}\n", core::escaped(bad.path), core::escaped(bad.reason, 1000));
        }
    }
    const auto& copies = result.duplicates;
    if (copies.exact + copies.near > 0) {
        fmt::print("{:<13} {} exact and {} near copies{}\n", result.dataset, copies.exact,
                   copies.near, where_text(result));
    }
    if (result.images_per_second > 0) {
        fmt::print("{:<13} decoded in {} ({:.0f} images/s)\n", result.dataset,
                   core::duration_text(result.seconds), result.images_per_second);
    }
}

using PreparedFiles = std::map<std::pair<std::string, std::int32_t>, core::fs::path>;

PreparedFiles prepare_all(const Study& study, int workers) {
    std::map<std::string, std::vector<std::int32_t>> sizes;
    for (const auto& needed : needed_data(study.trials)) {
        sizes[needed.dataset].push_back(needed.size);
    }
    PreparedFiles files;
    for (const auto& [name, wanted] : sizes) {
        const auto result = prepare_one(
            {study.datasets.at(name), wanted, study.file.run.prepared, workers}, stdout);
        show(result);
        for (const auto& file : result.files) {
            files[{name, file.size}] = file.path;
        }
    }
    return files;
}

void show_augmented(const Study& study, const PreparedFiles& files, std::size_t images,
                    const core::fs::path& folder) {
    for (const auto& preview : previews_of(study.trials, files, images)) {
        const auto png = folder / (preview.name + ".png");
        make_sheet(preview.request, png);
        fmt::print("{:<13} {} images as training sees them: {}\n", preview.dataset,
                   preview.request.samples.size(), png.string());
    }
}

}  // namespace

int prepare(const Arguments& arguments) {
    OptionsOf options("prepare", "graft prepare FILE|DIR [--workers N] [--preview]",
                      "Decodes every dataset of the sweep into one file per size, for all sweeps "
                      "that share [run] prepared.\nWhat is there already is kept.");
    options.named().add_options()("workers", po::value<int>()->default_value(0),
                                  "processes that decode; 0: one per core")(
        "preview",
        "also draw images before and after augmentation, with their labels: DIR/preview/*.png")(
        "images", po::value<std::size_t>()->default_value(8),
        "how many of each dataset; at least one of each class");
    options.positional("sweep file", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    const auto file = options.word("sweep file");
    const Study study = load_study(file);
    const auto files = prepare_all(study, options.get<int>("workers"));
    if (options.has("preview")) {
        show_augmented(study, files, options.get<std::size_t>("images"),
                       sweep_directory(file) / kPreviewFolder);
    }
    return 0;
}

}  // namespace graft::commands
