// SPDX-License-Identifier: Apache-2.0
#include "commands/file_check.hpp"

#include <set>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

#include "data/prepared.hpp"
#include "sweep/network_name.hpp"
#include "sweep/trial_files.hpp"

#include "commands/study.hpp"
#include "commands/weight_files.hpp"
#include "results/store.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr const char* kMissing = "is not there";
constexpr const char* kChanged =
    "does not have its recorded content (changed from outside, or a failing disk)";

// What `look` finds; an error on the way is a finding, too.
template <class Look>
void looked(FileCheck& check, const std::string& file, const std::string& advice, Look look) {
    std::string problem;
    try {
        problem = look();
    } catch (const core::Error& error) {
        problem = std::string("cannot be checked: ") + error.what();
        problem.erase(problem.find_last_not_of('.') + 1);
    }
    if (!problem.empty()) {
        check.findings.push_back({file, problem, advice});
    }
}

std::string problem_of(sweep::FileState state) {
    switch (state) {
        case sweep::FileState::whole:
            break;
        case sweep::FileState::missing:
            return kMissing;
        case sweep::FileState::changed:
            return kChanged;
    }
    return "";
}

struct TrialFiles {
    const CheckedSweep& sweep;
    const sweep::Trial& trial;
    FileCheck& check;

    void result(const sweep::FileRef& file, std::string_view kind) const {
        if (file.name.empty()) {  // there is none, or it was freed
            return;
        }
        ++check.results;
        check.bytes += file.bytes;
        const auto advice = fmt::format(
            "The trial's numbers are in the journal. Put the file back, or make it again: graft "
            "verify {} {} --keep",
            sweep.named, trial.id.text());
        looked(check, file.name, advice,
               [&] { return problem_of(sweep::state_of_result(sweep.directory, file, kind)); });
    }
    void state(const sweep::FileRef& file) const {
        ++check.states;
        check.bytes += file.bytes;
        const auto advice = fmt::format(
            "The trial goes on from it: put it back. Else let the next run give the trial up, and "
            "it begins again: graft retry {} --trial {}",
            sweep.named, trial.id.text());
        looked(check, file.name, advice,
               [&] { return problem_of(sweep::state_of_file(sweep.directory, file)); });
    }
};

std::string problem_of_pixels(const data::Prepared& prepared) {
    std::vector<std::uint8_t> block;
    for (std::uint64_t first = 0; first < prepared.count(); first += data::kImagesPerChecksum) {
        const auto images = std::min(data::kImagesPerChecksum, prepared.count() - first);
        block.resize(images * prepared.image_bytes());
        prepared.read_images(first, images, block.data());
    }
    return "";
}

std::string problem_of_prepared(const sweep::DatasetReady& dataset) {
    if (!fs::exists(dataset.prepared)) {
        return kMissing;
    }
    const data::Prepared prepared(dataset.prepared);
    if (prepared.pixels_checksum != dataset.pixels_checksum ||
        data::checksum_text(prepared.checksums) != dataset.pixels_checksum) {
        return fmt::format(
            "holds other pixels than the sweep was begun with (checksum {} instead "
            "of {})",
            prepared.pixels_checksum, dataset.pixels_checksum);
    }
    return problem_of_pixels(prepared);
}

void check_prepared(const CheckedSweep& sweep, FileCheck& check) {
    for (const auto& dataset : sweep.record->datasets()) {
        ++check.prepared;
        const auto advice = fmt::format(
            "Remove what is left of it, and make it again from its images: graft prepare {}",
            sweep.named);
        looked(check, dataset.prepared, advice, [&] { return problem_of_prepared(dataset); });
    }
}

void check_weight_files(const CheckedSweep& sweep, FileCheck& check) {
    const auto file = file_of(*sweep.record);
    std::set<std::vector<std::string>> seen;
    for (const auto& trial : sweep.record->trials()) {
        const auto& spec = trial.spec;
        if (trial.left_out || spec->init == sweep::Init::random ||
            !seen.insert({spec->network, spec->init_text, spec->weights_hash}).second) {
            continue;
        }
        ++check.weights;
        looked(check,
               fmt::format("The weight file of {}, init '{}',", sweep::network_label(spec->network),
                           spec->init_text),
               "Put the earlier file back: its trials cannot be trained with another.", [&] {
                   const auto path =
                       weight_file(file, spec->network, spec->init_text, {file.path.string(), 0});
                   return core::file_hash(path) == spec->weights_hash ? "" : kChanged;
               });
    }
}

}  // namespace

void check_trial_files(const CheckedSweep& sweep, const sweep::Trial& trial, FileCheck& check) {
    const TrialFiles files{sweep, trial, check};
    if (const auto* result = sweep::result_of(trial.state)) {
        files.result(result->weights, "best");
        files.result(result->predictions, "predictions");
    }
    for (const auto& file : trial.files) {
        files.state(file);
    }
}

FileCheck check_files(const CheckedSweep& sweep) {
    FileCheck check;
    for (const auto& trial : sweep.record->trials()) {
        check_trial_files(sweep, trial, check);
    }
    check_prepared(sweep, check);
    check_weight_files(sweep, check);
    return check;
}

void check_store(const CheckedSweep& sweep, sweep::JournalEnd end, FileCheck& check) {
    check.store = true;
    const auto path = results::store_path(sweep.directory);
    looked(check, "results.h5", "Build it anew from the journal: graft publish " + sweep.named,
           [&] {
               if (!fs::exists(path)) {
                   return std::string(kMissing);
               }
               const auto difference = results::difference_of_store(*sweep.record, end, path);
               return difference ? "is not what the journal says: " + *difference : std::string();
           });
}

std::string check_text(const FileCheck& check) {
    std::string text;
    for (const auto& finding : check.findings) {
        text += fmt::format("{} {}.\n    {}\n", finding.file, finding.problem, finding.advice);
    }
    text += fmt::format(
        "{}Looked at {} and {} to go on from ({}), {}, {}, the journal{}.\n",
        text.empty() ? "" : "\n", core::counted(check.results, "result file"),
        core::counted(check.states, "file"), core::bytes_text(check.bytes),
        core::counted(check.prepared, "prepared dataset"),
        core::counted(check.weights, "weight file"),
        check.store ? " and results.h5" : " (results.h5 follows it while the sweep runs)");
    text += check.findings.empty()
                ? std::string("Everything is there, with its recorded content.\n")
                : fmt::format("{} not as recorded.\n",
                              check.findings.size() == 1
                                  ? "1 is"
                                  : fmt::format("{} are", check.findings.size()));
    return text;
}

}  // namespace graft::commands
