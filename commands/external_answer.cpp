// SPDX-License-Identifier: Apache-2.0
#include "commands/external_answer.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/text.hpp"

#include "data/audit.hpp"
#include "sweep/metrics.hpp"

#include "results/findings/external.hpp"
#include "results/group.hpp"
#include "results/predictions/predictions.hpp"
#include "results/statistics/bootstrap.hpp"

namespace graft::commands {

namespace fs = std::filesystem;
using results::findings::Context;
using results::findings::ExternalPatients;
using results::findings::Metric;
using results::findings::PatientBootstrap;
using results::predictions::TestRead;

namespace {

bool is_scored(const ExternalData& data, data::Part part) {
    return data.images == sweep::ScoreRequest::Images::all || part == data::Part::test;
}

// A trial with the name of the dataset that it was trained on.
struct Named {
    const sweep::Trial* trial;
    const std::string* dataset;
};

std::vector<Named> named_trials(const std::vector<Context>& contexts) {
    std::vector<Named> trials;
    for (const auto& context : contexts) {
        for (const auto& cell : context.cells) {
            for (const auto& run : cell.runs) {
                trials.push_back({run.trial, &context.dataset});
            }
        }
    }
    return trials;
}

// Reads the scores on both sides.
class Reading {
  public:
    Reading(const Scored& scored, const std::vector<Context>& contexts,
            const std::vector<Metric>& values)
        : scored_(scored), trials_(named_trials(contexts)) {
        for (const auto metric : values) {
            if (PatientBootstrap::knows(metric)) {
                patients_.emplace(metric, ExternalPatients(scored.data.settings.name, metric));
            }
        }
    }

    void read() {
        read_external();
        if (!patients_.empty()) {
            read_internal();
        }
        for (auto& [metric, patients] : patients_) {
            draws_ = patients.draw();
        }
    }

    const results::findings::ExternalMetrics& metrics() const { return metrics_; }
    const results::findings::PatientsOf& patients() const { return patients_; }
    std::size_t draws() const { return draws_; }
    // Why trials have no interval over patients.
    const std::vector<std::string>& notes() const { return notes_; }

  private:
    void read_external() {
        std::vector<fs::path> paths;
        for (const auto& one : trials_) {
            paths.push_back(external_file(scored_.folder, one.trial->id));
        }
        results::predictions::read_tests(paths, [&](std::size_t i, const TestRead& read) {
            if (read.why_not) {
                core::fail_input(
                    "scores '{}' cannot be used (damaged, or of another program). Remove the "
                    "file, and run this again.",
                    paths[i].string());
            }
            const auto& id = trials_[i].trial->id;
            if (read.test.images() > 0) {
                metrics_[id] = sweep::evaluate(read.test.scores, read.test.labels, read.classes);
            }
            for (auto& [metric, patients] : patients_) {
                patients.add_external(id, read.test, read.classes);
            }
        });
    }

    void read_internal() {
        std::vector<fs::path> paths;
        for (const auto& one : trials_) {
            paths.push_back(scored_.files.predictions_of(*one.trial));
        }
        std::size_t missing = 0;
        std::string why;
        results::predictions::read_tests(paths, [&](std::size_t i, const TestRead& read) {
            if (read.why_not) {
                why = ++missing == 1 ? *read.why_not : why;
                return;
            }
            for (auto& [metric, patients] : patients_) {
                patients.add_internal(*trials_[i].dataset, trials_[i].trial->id, read.test,
                                      read.classes);
            }
        });
        if (missing > 0) {
            notes_.push_back(fmt::format("Arms of {} have no interval over patients: {}",
                                         core::counted(missing, "trial"), why));
        }
    }

    const Scored& scored_;
    std::vector<Named> trials_;
    results::findings::ExternalMetrics metrics_;
    results::findings::PatientsOf patients_;
    std::size_t draws_ = 0;
    std::vector<std::string> notes_;
};

std::string patients_note(const Reading& reading) {
    const auto& bootstrap = reading.patients().begin()->second.external();
    if (bootstrap.groups() < results::statistics::kFewestGroups) {
        return fmt::format(
            "drop_patients has no interval: the external images are of {}, fewer "
            "than {}.",
            core::counted(bootstrap.groups(), "group"), results::statistics::kFewestGroups);
    }
    return fmt::format(
        "drop_patients: the same with the interval of other {}, given these networks ({} draws of "
        "both sets of images, by group).",
        bootstrap.grouped() ? "patients" : "images", reading.draws());
}

// Once for each dataset that the trials were trained on.
std::vector<std::string> leaks(const Scored& scored, const std::vector<Context>& contexts) {
    std::set<std::string> notes;
    std::set<std::pair<std::string, bool>> seen;
    for (const auto& [trial, dataset] : named_trials(contexts)) {
        const auto& fingerprint = trial->spec->dataset_fingerprint;
        const bool folds = trial->spec->fold.of > 0;
        if (!seen.insert({fingerprint, folds}).second) {
            continue;
        }
        if (fingerprint == scored.data.fingerprint && folds) {
            notes.insert(fmt::format(
                "'{}' is the very dataset whose folds trials on '{}' were trained on: each network "
                "has seen most of the images that are scored here. What each says of its own fold: "
                "graft query.",
                scored.data.settings.name, *dataset));
            continue;
        }
        if (fingerprint == scored.data.fingerprint) {
            notes.insert(fmt::format(
                "'{}' is the very dataset that trials on '{}' were trained on{}",
                scored.data.settings.name, *dataset,
                scored.data.images == sweep::ScoreRequest::Images::all
                    ? ", and its training images are scored here: --split test leaves them out."
                    : ": its test part is the internal one, so there is no drop to look for."));
            continue;
        }
        const auto* ready = scored.record.dataset(fingerprint, trial->work.image_size);
        try {
            data::PreparedTables trained = data::Prepared(ready->prepared);
            if (folds) {  // every image is trained on, in one fold or another
                std::fill(trained.parts.begin(), trained.parts.end(), data::Part::train);
            }
            if (const auto text = leak_text(scored.data, scored.images, trained); !text.empty()) {
                notes.insert(text);
            }
        } catch (const core::InputError& error) {
            notes.insert(fmt::format(
                "Whether images of '{}' are copies of training images was not looked at: {}",
                scored.data.settings.name, error.what()));
        }
    }
    return {notes.begin(), notes.end()};
}

std::string with_commas(std::int64_t number) {
    std::string text = std::to_string(number);
    for (auto at = std::ssize(text) - 3; at > 0; at -= 3) {
        text.insert(static_cast<std::size_t>(at), ",");
    }
    return text;
}

}  // namespace

std::string images_text(const ExternalData& data, const data::PreparedTables& images) {
    std::vector<std::int64_t> counts(images.classes.size(), 0);
    std::int64_t all = 0;
    for (std::size_t i = 0; i < images.labels.size(); ++i) {
        if (is_scored(data, images.parts[i])) {
            ++counts[static_cast<std::size_t>(images.labels[i])];
            ++all;
        }
    }
    std::vector<std::string> texts;
    for (std::size_t c = 0; c < counts.size(); ++c) {
        texts.push_back(
            fmt::format("{}: {}", core::escaped(images.classes[c]), with_commas(counts[c])));
    }
    return fmt::format("{} {} images of '{}' ({})",
                       data.images == sweep::ScoreRequest::Images::all ? "all" : "the test part's",
                       with_commas(all), data.settings.name, core::join(texts));
}

std::string leak_text(const ExternalData& data, const data::PreparedTables& images,
                      const data::PreparedTables& trained) {
    // As one set, in which training has the ones and test the others.
    data::PreparedTables both;
    const auto take = [&](const data::PreparedTables& from, std::size_t i, data::Part part) {
        both.ids.push_back(from.ids[i]);
        both.groups.push_back(fmt::format("{} {}", part_name(part), i));
        both.labels.push_back(0);
        both.parts.push_back(part);
        both.contents.push_back(from.contents[i]);
        both.perceptual.push_back(from.perceptual[i]);
    };
    if (images.contents.empty() || trained.contents.empty()) {
        return {};
    }
    std::size_t scored = 0;
    for (std::size_t i = 0; i < trained.ids.size(); ++i) {
        if (trained.parts[i] == data::Part::train) {
            take(trained, i, data::Part::train);
        }
    }
    for (std::size_t i = 0; i < images.ids.size(); ++i) {
        if (is_scored(data, images.parts[i])) {
            take(images, i, data::Part::test);
            ++scored;
        }
    }
    const auto found = data::audit(both);
    if (found.equal.test + found.alike.test == 0) {
        return {};
    }
    const auto& examples = found.equal.test > 0 ? found.equal.examples : found.alike.examples;
    std::vector<std::string> counts;
    if (found.equal.test > 0) {
        counts.push_back(with_commas(found.equal.test) + " are the very files of");
    }
    if (found.alike.test > 0) {
        counts.push_back(with_commas(found.alike.test) + " look like");
    }
    return fmt::format(
        "of the {} images scored {} training images of '{}' ({}): networks may know them by heart.",
        with_commas(static_cast<std::int64_t>(scored)), core::join(counts, ", and "),
        trained.dataset, core::escaped(examples.front()));
}

ExternalAnswer external_answer(const Scored& scored, const std::vector<Context>& contexts,
                               const std::vector<Metric>& values) {
    Reading reading(scored, contexts, values);
    reading.read();
    ExternalAnswer answer;
    answer.table =
        results::findings::external_table(contexts, reading.metrics(), values, reading.patients());
    const auto trials = named_trials(contexts);
    const bool folds = std::any_of(trials.begin(), trials.end(),
                                   [](const Named& one) { return one.trial->spec->fold.of > 0; });
    answer.notes = {
        fmt::format("external: {}. internal: each trial's own test images.",
                    images_text(scored.data, scored.images)),
        fmt::format("[low, high]: 95 % interval over n {}. drop: external less internal, by trial.",
                    folds ? "trials" : "seeds (Student's)")};
    if (folds) {
        answer.notes.emplace_back(results::kFoldsNote);
    }
    if (!reading.patients().empty()) {
        answer.notes.push_back(patients_note(reading));
    }
    answer.notes.insert(answer.notes.end(), reading.notes().begin(), reading.notes().end());
    answer.cautions = leaks(scored, contexts);
    return answer;
}

}  // namespace graft::commands
