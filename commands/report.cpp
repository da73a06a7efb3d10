// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <fmt/format.h>

#include "commands/kept_files.hpp"
#include "commands/live.hpp"
#include "commands/options.hpp"
#include "commands/report_files.hpp"
#include "commands/saliency.hpp"
#include "commands/whole.hpp"
#include "results/predictions/predictions.hpp"
#include "results/report/chapter.hpp"
#include "results/report/page.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDescription =
    "Writes what a sweep has found as one HTML page that needs nothing else: findings in\n"
    "sentences with intervals, figures, tables, and where the numbers come from. Every figure is\n"
    "written as an SVG file, too. Needs no images, weights or GPU; a sweep that still runs is\n"
    "reported as it is now.\n"
    "\n"
    "  graft report DIR                         DIR/report.html and DIR/figures/*.svg\n"
    "  graft report DIR --output paper.html --figures paper/\n"
    "  graft report DIR --saliency              with maps of evidence in the worst images\n"
    "\n"
    "What is tested is named in [findings] of the sweep file; formulas: docs/statistics.md.";

std::vector<results::report::Picture> salient_of(const fs::path& sweep, const sweep::Record& record,
                                                 const KeptFiles& files, std::size_t images) {
    std::vector<std::string> missing;
    const auto saliencies = saliencies_of(record, files, images, missing);
    for (const auto& text : missing) {
        std::cerr << "graft: " << text << "\n";
    }
    return salient_pictures(sweep, saliencies);
}

}  // namespace

int report(const Arguments& arguments) {
    OptionsOf options("report", "graft report DIR|FILE [OPTIONS]", kDescription);
    options.named().add_options()("output", po::value<std::string>(),
                                  "the page (DIR/report.html unless given)")(
        "figures", po::value<std::string>(), "folder of the SVG files (figures, beside the page)")(
        "saliency", po::value<std::size_t>()->implicit_value(8),
        "show where the evidence lies in the worst-classified images (8, or so many) of each "
        "dataset's best checkpoint; needs the images and weights: DIR/saliency/*.png");
    options.positional("sweep", 1);
    if (!options.parse(arguments)) {
        return 0;
    }
    const Live live = read_live(options.word("sweep"));
    const auto whole = read_parts(live);
    const KeptFiles files(live, whole);
    const auto read = [&](const sweep::Trial& trial) {
        return results::predictions::read_predictions(files.predictions_of(trial));
    };
    const auto read_tests = [&](const std::vector<const sweep::Trial*>& trials,
                                const results::report::Source::UseTest& use) {
        std::vector<fs::path> paths;
        for (const auto* trial : trials) {
            paths.push_back(files.predictions_of(*trial));
        }
        results::predictions::read_tests(paths, use);
    };
    const fs::path output =
        options.find<std::string>("output").value_or((live.directory / "report.html").string());
    const fs::path folder = options.find<std::string>("figures").value_or(
        (fs::absolute(output).parent_path() / "figures").string());
    const auto& record = whole ? whole->record : live.record;
    results::report::Source source{record, read, read_tests};
    source.augmented = augmented_pictures(live.directory);
    if (const auto images = options.find<std::size_t>("saliency")) {
        source.salient = salient_of(live.directory, record, files, *images);
    }
    const auto files_written = write_report(results::report::page_of(source), output, folder);
    std::cout << fmt::format("Report: {}\nFigures: {} SVG files in {}\n",
                             files_written.page.string(), files_written.figures.size(),
                             folder.string());
    return 0;
}

}  // namespace graft::commands
