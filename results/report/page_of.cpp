// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "sweep/stopping.hpp"

#include "results/report/chapter.hpp"
#include "results/report/words.hpp"
#include "results/status.hpp"

namespace graft::results::report {

namespace {

// When anything was last recorded.
core::WallTime latest(const sweep::Record& record) {
    core::WallTime time;
    for (const auto& start : record.starts()) {
        time = std::max(
            {time, start.started.time, start.closed ? start.closed->time : start.started.time});
    }
    for (const auto& trial : record.trials()) {
        for (const auto& attempt : trial.attempts) {
            time = std::max({time, attempt.start, attempt.end.value_or(attempt.start),
                             attempt.last_save.value_or(attempt.start)});
        }
    }
    return time;
}

std::string subtitle_of(const Material& material) {
    const auto counts = status_of(material.source.record).counts;
    std::string text =
        fmt::format("{} of {} trials have a result", counts.with_result(), counts.total());
    if (counts.failed > 0) {
        text += fmt::format(", {} failed", counts.failed);
    }
    if (counts.stopped > 0) {
        text += fmt::format(", {} stopped early", counts.stopped);
    }
    if (counts.diverged > 0) {
        text += fmt::format(", {} diverged", counts.diverged);
    }
    return fmt::format("{} · {} · graft {}", text,
                       "as of " + core::wall_text(latest(material.source.record)) + " UTC",
                       GRAFT_VERSION);
}

Paragraph state_of(const Material& material) {
    const auto counts = status_of(material.source.record).counts;
    const auto left = counts.waiting + counts.running;
    if (counts.total() == 0) {
        return {
            "Nothing was planned in this sweep yet: there is nothing to report. Start it with "
            "graft run.",
            Tone::warning};
    }
    if (counts.with_result() == 0) {
        return {counts.failed > 0 && left == 0
                    ? "Every trial failed: there is no number to report. What went wrong stands "
                      "below."
                    : "No trial has ended yet: come back later, the report is made anew each "
                      "time.",
                Tone::warning};
    }
    return left > 0 ? Paragraph{fmt::format("{} have not ended: what follows will change.",
                                            counted(left, "trial")),
                                Tone::warning}
                    : Paragraph{"Every trial has ended."};
}

// Nothing where no rule ended a trial.
std::optional<Paragraph> stopped_text(const Material& material) {
    const auto stopped = status_of(material.source.record).counts.stopped;
    if (stopped == 0) {
        return std::nullopt;
    }
    const bool in_family = sweep::stopping_settings(material.source.record.sweep_file()).family;
    return Paragraph{
        fmt::format(
            "{} stopped early by [stopping]: each counts with its best epoch until then, as "
            "columns 'stopped' show; that favours whoever was not stopped. {}",
            counted(stopped, "trial") + (stopped == 1 ? " was" : " were"),
            in_family ? "The sweep file asks for them in the confirmatory family, too."
                      : "Tested comparisons (the confirmatory family) leave them out."),
        Tone::warning};
}

Paragraph how_to_read(const Material& material) {
    const auto has_folds = [](const sweep::Trial& trial) {
        return !trial.left_out && trial.spec->fold.of > 0;
    };
    const auto& trials = material.source.record.trials();
    const bool has_any = std::any_of(trials.begin(), trials.end(), has_folds);
    std::string text =
        "Intervals are 95 % unless said otherwise, over seeds and divisions of the data: they "
        "say what another seed would have given with these images. Where patients are "
        "named, they are over other patients. The best checkpoint of a trial is chosen on "
        "validation; test is scored once, for it. Comparisons named in [findings] are tested; "
        "everything else is exploratory. ";
    if (has_any) {
        text +=
            "Folds of a dataset share training images and are no independent replicates: intervals "
            "and p over them are corrected for that, and wider. ";
    }
    return {text + "Formulas: docs/statistics.md."};
}

}  // namespace

Page page_of(const Source& source) {
    const Material material = material_of(source);
    Page page{source.record.sweep_name(), subtitle_of(material), {}};
    Section opening{"findings", "Findings", {state_of(material)}};
    if (auto stopped = stopped_text(material)) {
        opening.blocks.emplace_back(std::move(*stopped));
    }
    std::vector<Section> sections;
    for (const auto chapter_of :
         {pretraining, folds, fewer_images, training_speed, overfitting, freezing, features,
          small_network, judgement, trials, data, provenance}) {
        auto chapter = chapter_of(material);
        for (auto& paragraph : chapter.findings) {
            opening.blocks.emplace_back(std::move(paragraph));
        }
        if (!chapter.section.blocks.empty()) {
            sections.push_back(std::move(chapter.section));
        }
    }
    opening.blocks.emplace_back(how_to_read(material));
    page.sections.push_back(std::move(opening));
    for (auto& section : sections) {
        page.sections.push_back(std::move(section));
    }
    return page;
}

}  // namespace graft::results::report
