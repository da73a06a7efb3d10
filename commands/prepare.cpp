// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <unistd.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/socket.hpp"
#include "core/text.hpp"

#include "commands/options.hpp"
#include "commands/preparing.hpp"
#include "commands/preview.hpp"
#include "commands/sheet.hpp"
#include "commands/study.hpp"

namespace graft::commands {

namespace {

// Shows graft-prepare's "progress DONE ALL" lines: in place on a terminal, else not at all.
class ProgressLine {
  public:
    explicit ProgressLine(std::string name)
        : name_(std::move(name)), terminal_(::isatty(STDOUT_FILENO) == 1) {}
    void take(const std::string& bytes) {
        rest_ += bytes;
        for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
            line(rest_.substr(0, end));
            rest_.erase(0, end + 1);
        }
    }

  private:
    void line(const std::string& text) {
        const auto words = core::split(text, ' ');
        if (terminal_ && words.size() == 3 && words[0] == "progress") {
            fmt::print("\r\033[K{:<13} {} of {} images", name_, words[1], words[2]);
            std::fflush(stdout);
        } else if (terminal_ && words[0] == "ready") {
            fmt::print("\r\033[K");
        }
    }
    std::string name_, rest_;
    bool terminal_;
};

void show(const data::PrepareResult& result) {
    for (const auto& file : result.files) {
        fmt::print("{:<13} {:>4} px  {} train, {} validation, {} test  {}{}\n", result.dataset,
                   file.size, result.parts.train, result.parts.validation, result.parts.test,
                   file.path, file.made ? "" : "  (was there)");
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
                   copies.near,
                   copies.across > 0
                       ? fmt::format("; {} sets of copies lie in more than one part", copies.across)
                       : ", kept on one side of the split");
    }
    if (result.images_per_second > 0) {
        fmt::print("{:<13} decoded in {} ({:.0f} images/s)\n", result.dataset,
                   core::duration_text(result.seconds), result.images_per_second);
    }
}

data::PrepareResult prepare_one(const data::PrepareRequest& request,
                                const core::fs::path& scratch) {
    Preparation job = preparation(request, scratch);
    auto [ours, theirs] = core::socket_pair();
    job.spawn.descriptors = {{1, theirs.get()}};
    core::Child child = core::spawn(job.spawn);
    theirs.close();
    ProgressLine progress(request.dataset.name);
    for (std::string bytes = core::read_some(ours); !bytes.empty(); bytes = core::read_some(ours)) {
        progress.take(bytes);
    }
    const auto status = child.wait();
    const auto* exited = std::get_if<core::Exited>(&status);
    if (!exited || exited->code != 0) {
        // graft-prepare has said on standard error what is wrong.
        throw core::Error(fmt::format("dataset '{}' could not be prepared ({}). Mend what is named "
                                      "above and run this again.",
                                      request.dataset.name, core::text_of(status)),
                          exited ? exited->code : 70);
    }
    auto result = data::read_result(job.result);
    show(result);
    return result;
}

using PreparedFiles = std::map<std::pair<std::string, std::int32_t>, core::fs::path>;

PreparedFiles prepare_all(const Study& study, int workers) {
    std::map<std::string, std::vector<std::int32_t>> sizes;
    for (const auto& needed : needed_data(study.trials)) {
        sizes[needed.dataset].push_back(needed.size);
    }
    const core::fs::path scratch =
        core::fs::path(study.file.run.prepared) / fmt::format(".requests.{}", core::own_pid());
    PreparedFiles files;
    for (const auto& [name, wanted] : sizes) {
        const auto result = prepare_one(
            {study.datasets.at(name), wanted, study.file.run.prepared, workers}, scratch);
        for (const auto& file : result.files) {
            files[{name, file.size}] = file.path;
        }
    }
    core::remove_tree(scratch);
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
