// SPDX-License-Identifier: Apache-2.0
#include "commands/verify_text.hpp"

#include <algorithm>

#include "core/text.hpp"

#include "commands/naming.hpp"

namespace graft::commands {

namespace {

std::string cell_text(const results::Cell& cell) {
    const auto text = results::text_of(cell);
    return text.empty() ? "nothing" : text;
}

std::string text_of(const results::TrialDifference& difference) {
    return fmt::format("{}: recorded {}, now {}", difference.where, cell_text(difference.recorded),
                       cell_text(difference.again));
}

std::string numerics_line(const Verdict& verdict) {
    return fmt::format("numerics differ: recorded {}; here {}",
                       core::join(verdict.recorded_numerics, ", then "), verdict.numerics);
}

std::string equal_text(const Verdict& verdict) {
    std::string text = fmt::format("equal to the bit: {}{}", core::counted(verdict.epochs, "epoch"),
                                   verdict.has_files ? ", the result, best.h5 and predictions.h5"
                                                     : " and the result, which has no files");
    if (verdict.recorded_numerics != std::vector{verdict.numerics}) {
        text += fmt::format(" (although {})", numerics_line(verdict));
    }
    return text;
}

std::string differs_text(const Verdict& verdict) {
    if (!verdict.failed.empty()) {
        return "differs: it failed this time (" + verdict.failed + ")";
    }
    if (verdict.comparison.first) {
        return fmt::format("differs in {}, first in {}",
                           core::counted(verdict.comparison.count, "value"),
                           text_of(*verdict.comparison.first));
    }
    return fmt::format(
        "differs: the sweep's trials/{}/best.h5 does not have its recorded content; trained again "
        "it has",
        verdict.trial);
}

std::string incomparable_text(const Verdict& verdict) {
    std::string text = "cannot be compared to the bit: " + numerics_line(verdict);
    if (verdict.comparison.largest) {
        text += "; largest difference in " + text_of(*verdict.comparison.largest);
    }
    return text;
}

std::string kept_text(const Verdict& verdict) {
    if (verdict.kept.empty()) {
        return "";
    }
    const auto best = fmt::format("{}/trials/{}/best.h5", verdict.kept, verdict.trial);
    return fmt::format(
        "\n    kept: {}{}", verdict.kept,
        verdict.best_changed && !verdict.comparison.first && verdict.failed.empty()
            ? fmt::format("\n    To mend the sweep's file, copy this over it: {}", best)
            : "");
}

}  // namespace

Verdict verdict_of(const sweep::Trial& recorded, const sweep::Trial& again, bool best_changed) {
    Verdict verdict;
    verdict.trial = recorded.id.text();
    verdict.epochs = recorded.rows.size();
    verdict.has_files = !sweep::result_of(recorded.state)->weights.name.empty();
    verdict.recorded_numerics = recorded.numerics();
    verdict.best_changed = best_changed;
    if (!again.attempts.empty()) {
        verdict.numerics = again.attempts.back().numerics;
    }
    if (const auto* failed = std::get_if<sweep::Failed>(&again.state)) {
        verdict.failed = failed->message;
        verdict.kind = VerdictKind::differs;
        return verdict;
    }
    verdict.comparison = results::compare(recorded, again);
    const bool same_numerics = verdict.recorded_numerics == std::vector{verdict.numerics};
    if (verdict.comparison.first) {
        verdict.kind = same_numerics ? VerdictKind::differs : VerdictKind::incomparable;
    } else if (best_changed) {
        verdict.kind = VerdictKind::differs;
    }
    return verdict;
}

bool all_equal(const std::vector<Verdict>& verdicts) {
    return std::all_of(verdicts.begin(), verdicts.end(),
                       [](const Verdict& verdict) { return verdict.kind == VerdictKind::equal; });
}

std::string verdict_text(const Verdict& verdict) {
    const auto what = verdict.kind == VerdictKind::equal     ? equal_text(verdict)
                      : verdict.kind == VerdictKind::differs ? differs_text(verdict)
                                                             : incomparable_text(verdict);
    return verdict.trial + " " + what + "." + kept_text(verdict);
}

std::string cost_text(const sweep::Record& record, const std::vector<const sweep::Trial*>& trials,
                      bool all, bool named) {
    double seconds = 0;
    for (const auto* trial : trials) {
        seconds += trial->seconds;
    }
    const auto took = core::duration_text(seconds);
    if (all) {
        return fmt::format(
            "Training {} of '{}' again, one after the other: they took {} when they "
            "were recorded.\n",
            core::counted(trials.size(), "finished trial"), record.sweep_name(), took);
    }
    const auto which =
        trials.size() == 1 ? shown(*trials.front(), record) : core::counted(trials.size(), "trial");
    return fmt::format("Training {} again{}: {} took {} when recorded.\n", which,
                       named ? "" : ", the cheapest finished trial",
                       trials.size() == 1 ? "it" : "they", took);
}

std::string summary_text(const std::vector<Verdict>& verdicts) {
    if (verdicts.size() < 2) {
        return "";
    }
    const auto count = [&](VerdictKind kind) {
        return std::count_if(verdicts.begin(), verdicts.end(),
                             [kind](const Verdict& verdict) { return verdict.kind == kind; });
    };
    return fmt::format("{} trials: {} equal, {} differ, {} cannot be compared.\n", verdicts.size(),
                       count(VerdictKind::equal), count(VerdictKind::differs),
                       count(VerdictKind::incomparable));
}

}  // namespace graft::commands
