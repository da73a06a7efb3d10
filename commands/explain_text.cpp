// SPDX-License-Identifier: Apache-2.0
#include "commands/explain_text.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/network_name.hpp"
#include "sweep/trial_names.hpp"

#include "commands/company_text.hpp"
#include "commands/naming.hpp"
#include "commands/verdict_text.hpp"

namespace graft::commands {

namespace {

using scheduler::Outcome;

std::string ago(core::WallTime time, core::WallTime now) {
    return fmt::format("{} UTC, {} ago", core::wall_text(time),
                       core::duration_text(std::max(0.0, core::seconds_between(time, now))));
}

std::string about(core::WallTime time, core::WallTime now) {
    const double left = core::seconds_between(now, time);
    return left > 0 ? fmt::format("in about {} ({} UTC)", core::duration_text(left),
                                  core::wall_text(time))
                    : std::string("any moment now: longer than its like took");
}

std::string slots_text(const std::vector<sweep::Slot>& slots) {
    std::vector<std::string> texts;
    for (const auto slot : slots) {
        texts.push_back(std::to_string(slot.value));
    }
    return core::join(texts, "+");
}

std::string where(const sweep::Attempt& attempt) {
    return fmt::format("{}, rank {}, slot {}", attempt.host, attempt.rank.value,
                       slots_text(attempt.slots));
}

std::string class_text(const scheduler::TrialClass& its_class) {
    const auto what =
        its_class.freeze ? "freeze " + core::shortest(*its_class.freeze) : std::string("cohorts");
    return fmt::format("{} on {} at {} px, {}", sweep::network_label(its_class.network),
                       its_class.need.dataset, its_class.need.size, what);
}

std::string learned_text(const scheduler::InLine& line) {
    if (!line.learned) {
        return fmt::format(
            "unknown: no trial has been saved. Until then trials are ordered by work "
            "({:.3g} multiply-adds)",
            line.multiply_adds);
    }
    const auto figures = core::counted(static_cast<std::size_t>(line.learned->figures), "trial");
    const auto of = [&] {
        switch (line.learned->from) {
            case scheduler::LearnedFrom::its_class:
                return fmt::format("of its class on {}", line.device);
            case scheduler::LearnedFrom::its_network:
                return fmt::format("of its network on {}", line.device);
            case scheduler::LearnedFrom::its_device:
                return fmt::format("of other networks on {}", line.device);
            case scheduler::LearnedFrom::anything:
                break;
        }
        return std::string("on other devices");
    };
    return fmt::format("about {}, from {} {}", core::duration_text(line.seconds.value_or(0)),
                       figures, of());
}

std::string dataset_text(const scheduler::Waits& waits, const ExplainView& view) {
    const auto& need = waits.its_class.need;
    const auto what = fmt::format("dataset {} at {} px", need.dataset, need.size);
    return waits.prepared ? fmt::format(
                                "{}: its prepared file is gone. The run makes it again, or type: "
                                "graft prepare {}",
                                what, view.directory)
                          : fmt::format(
                                "{} is not prepared yet. The run prepares one dataset after the "
                                "other (logs/prepare-{}-{}.log)",
                                what, need.dataset, need.size);
}

void add(std::string& text, const std::string& name, const std::string& what) {
    if (!what.empty()) {
        text += fmt::format("  {:<10} {}\n", name + ":", what);
    }
}

void add_waits(std::string& text, const ExplainView& view, const scheduler::Waits& waits) {
    switch (waits.reason) {
        case scheduler::WaitReason::left_out:
            add(text, "why",
                "an edit of the sweep file left it out. It is kept, and comes back "
                "when the file names it again");
            return;
        case scheduler::WaitReason::not_running: {
            const auto why = why_runs(view);
            add(text, "why", "nothing runs the sweep: " + why.why);
            add(text, "type", why.type);
            break;
        }
        case scheduler::WaitReason::dataset:
            add(text, "why", dataset_text(waits, view));
            break;
        case scheduler::WaitReason::in_line:
            add(text, "why",
                waits.line && waits.line->place == 1
                    ? "no slot is free; it is first in line"
                    : "no slot is free, and what takes longer goes first");
            break;
    }
    if (waits.reason == scheduler::WaitReason::not_running && !waits.ready) {
        add(text, "also", dataset_text(waits, view));
    }
    add(text, "together", waiting_company(waits.company));
    if (waits.line) {
        const auto& line = *waits.line;
        add(text, "in line",
            fmt::format("{} of {}, the longest first; {} of {} of its class ({})", line.place,
                        line.of, line.class_place, line.of_class, class_text(waits.its_class)));
        add(text, "will take", learned_text(line));
        if (!line.other_numerics.empty()) {
            add(text, "hardware",
                fmt::format("it was saved under {}, which no slot has that was seen so far",
                            line.other_numerics));
        }
    }
}

std::string save_text(const sweep::Trial& trial, const sweep::Attempt& attempt,
                      core::WallTime now) {
    if (!attempt.last_save) {
        return "none in this attempt" +
               std::string(trial.rows.empty() ? "" : ", which goes on from an earlier one");
    }
    return fmt::format("{}, after {} of {} epochs", ago(*attempt.last_save, now), trial.rows.size(),
                       trial.work.epochs);
}

void add_runs(std::string& text, const ExplainView& view, const sweep::Trial& trial,
              const scheduler::Runs& runs) {
    const auto& attempt = *runs.attempt;
    add(text, "where",
        fmt::format("{} ({})", where(attempt),
                    attempt.device.empty() ? "its trainer starts" : attempt.device));
    add(text, "together", running_company(runs.company));
    add(text, "since", fmt::format("{}; attempt {}", ago(attempt.start, view.now), attempt.number));
    add(text, "last save", save_text(trial, attempt, view.now));
    add(text, "ends",
        runs.expected_end ? about(*runs.expected_end, view.now)
                          : std::string("unknown: nothing was saved yet"));
    add(text, "hung",
        fmt::format("when its trainer says nothing for 20 times its longest silence, at least {}; "
                    "before its first batch, {}",
                    core::duration_text(runs.hung_after.count()),
                    core::duration_text(runs.hung_before_progress.count())));
}

std::string file_text(const sweep::FileRef& file) {
    return file.name.empty() ? "" : fmt::format("{} ({})", file.name, core::bytes_text(file.bytes));
}

void add_done(std::string& text, const ExplainView& view, const sweep::Trial& trial) {
    const auto numerics = trial.numerics();
    const auto& result = *sweep::result_of(trial.state);
    if (result.diverged_epoch > 0) {
        add(text, "diverged",
            fmt::format("the loss was not finite in epoch {} of {}: a result, never tried again",
                        result.diverged_epoch, core::name_of(result.diverged_phase)));
    }
    const auto by = core::name_of(trial.spec->training.best_by);
    add(text, "best",
        result.best
            ? fmt::format("epoch {} of {}, chosen by {} on the validation images (ties: lower "
                          "loss, then earlier): val_auc {:.4f}, test_auc {:.4f}",
                          result.best->epoch, core::name_of(result.best->phase), by,
                          result.best->validation.auc, result.test.auc)
            : fmt::format("none: no epoch could be chosen by {}", by));
    add(text, "took",
        fmt::format("{} of training in {}", core::duration_text(trial.seconds),
                    core::counted(trial.attempts.size(), "attempt")));
    add(text, numerics.size() > 1 ? "mixed" : "numerics",
        numerics.size() > 1
            ? fmt::format("{}: its numbers come again only where this happens again",
                          core::join(numerics, ", then "))
            : core::join(numerics));
    add(text, "weights", file_text(result.weights));
    add(text, "scores", file_text(result.predictions));
    add(text, "files in", view.directory);
}

void add_failed(std::string& text, const ExplainView& view,
                const scheduler::TrialExplanation& trial) {
    const auto& message = std::get<sweep::Failed>(trial.trial->state).message;
    add(text, "message", message);
    add(text, "rule", trial.rule);
    const auto counted = std::count_if(trial.accounts.begin(), trial.accounts.end(),
                                       [](const auto& account) { return account.counts; });
    add(text, "counted",
        fmt::format("{} of {}; see below", counted,
                    core::counted(trial.accounts.size(), "attempt")));
    add(text, "type",
        fmt::format("graft retry {} --trial {}", view.directory, trial.trial->id.text()));
}

std::string ending_text(const scheduler::Account& account) {
    const auto& ending = account.attempt->ending;
    if (!ending) {
        return "it has not ended";
    }
    return fmt::format("{}; {}: {}", sweep::text_of(*ending),
                       account.counts ? "counts" : "does not count", account.why);
}

std::string attempt_line(const scheduler::Account& account, core::WallTime now) {
    const auto& attempt = *account.attempt;
    const auto end = attempt.end.value_or(now);
    return fmt::format(
        "  {:>3}  {}  {:>9}  {:>5}  {:<9}  {}, {}\n       {}\n", attempt.number,
        core::wall_text(attempt.start),
        core::duration_text(std::max(0.0, core::seconds_between(attempt.start, end))),
        attempt.saves, attempt.ending ? text_of(scheduler::counted_against(*attempt.ending)) : "-",
        where(attempt) + (attempt.members > 1 ? fmt::format(", in a cohort of {}", attempt.members)
                                              : std::string()),
        attempt.device.empty() ? "its trainer never began" : attempt.device, ending_text(account));
}

std::string attempts_text(const std::vector<scheduler::Account>& accounts, core::WallTime now) {
    if (accounts.empty()) {
        return "\nNo attempt so far.\n";
    }
    std::string text = fmt::format("\nAttempts:\n  {:>3}  {:<19}  {:>9}  {:>5}  {:<9}  {}\n", "no.",
                                   "started (UTC)", "for", "saves", "against", "where");
    for (const auto& account : accounts) {
        text += attempt_line(account, now);
    }
    return text;
}

std::string next_text(const ExplainView& view, const scheduler::SweepExplanation& sweep) {
    if (!sweep.next) {
        return sweep.waiting.contains(scheduler::WaitReason::in_line) ||
                       sweep.waiting.contains(scheduler::WaitReason::dataset)
                   ? "none can be assigned now: no slot suits any of them"
                   : "";
    }
    const auto& next = *sweep.next;
    const auto& trial = *view.record->find(next.trial);
    std::string text = shown(trial, *view.record);
    text += next.members > 1 ? fmt::format(" in a cohort of {}", next.members) : std::string();
    if (next.dataset_first) {
        text += fmt::format(", once dataset {} is prepared", trial.spec->dataset);
    } else if (next.rank) {
        text += fmt::format(", on slot {} of rank {}", slots_text(next.slots), next.rank->value);
        text += next.at ? ", which is free " + about(*next.at, view.now) : std::string();
    } else {
        text += ", at the next start";
    }
    return text;
}

std::string reason_text(scheduler::WaitReason reason) {
    switch (reason) {
        case scheduler::WaitReason::left_out:
            return "left out by an edit of the sweep file";
        case scheduler::WaitReason::not_running:
            return "because nothing runs the sweep";
        case scheduler::WaitReason::dataset:
            return "for their dataset to be prepared";
        case scheduler::WaitReason::in_line:
            break;
    }
    return "for a slot";
}

std::string_view standing(const ExplainView& view) {
    const auto& closed = start_of(*view.record).closed;
    return view.runner ? "running" : closed && closed->reason == "done" ? "ended" : "not running";
}

}  // namespace

std::string explain_text(const ExplainView& view, const scheduler::SweepExplanation& sweep) {
    const auto why = why_runs(view);
    std::string text = fmt::format("sweep {}: {}\n", view.record->sweep_name(),
                                   fmt::format("{}: {}", standing(view), why.why));
    add(text, "type", why.type);
    if (sweep.slots > 0) {
        add(text, "slots",
            fmt::format("{} of {} at work (those that had any since the last start)", sweep.busy,
                        sweep.slots));
    }
    for (const auto& aside : sweep.slots_aside) {
        add(text, "aside",
            fmt::format("slot {} of rank {} on {}: {} ({})", aside.slot.value, aside.rank.value,
                        aside.host, aside.reason,
                        aside.until ? "until " + core::wall_text(*aside.until) + " UTC"
                                    : "until the next start"));
    }
    for (const auto& aside : sweep.devices_aside) {
        add(text, "device",
            fmt::format("{} on {} failed {} ({}). It gets work only when no other can take any, "
                        "until {} UTC",
                        aside.failure->device, aside.failure->host,
                        ago(aside.failure->time, view.now), aside.failure->reason,
                        core::wall_text(aside.until)));
        add(text, "support", support_line(*view.record, *aside.failure, view.device_facts));
    }
    add(text, "no save",
        fmt::format("{} in a row ended before a save; at {} the sweep stops",
                    core::counted(static_cast<std::size_t>(sweep.without_save), "attempt"),
                    scheduler::kAttemptsWithoutSave));
    for (const auto& [reason, count] : sweep.waiting) {
        add(text, "waiting",
            fmt::format("{}, {}", core::counted(count, "trial"), reason_text(reason)));
    }
    add(text, "next", next_text(view, sweep));
    return text;
}

std::string explain_text(const ExplainView& view, const scheduler::TrialExplanation& explained) {
    const auto& trial = *explained.trial;
    const auto& spec = trial.spec;
    std::string text = fmt::format("trial {}: {}\n", trial.id.text(), state_name(explained));
    add(text, "what", sweep::TrialNames(view.record->trials()).of(spec));
    add(text, "settings", core::join(unusual_settings(spec)));
    add(text, "work",
        fmt::format("{} of {} layers frozen, {} of {} parameters trained, {} px, {} epochs",
                    trial.work.frozen_layers, trial.work.layers, trial.work.trainable_parameters,
                    trial.work.parameters, trial.work.image_size, trial.work.epochs));
    if (trial.left_out && !explained.waits) {
        add(text, "left out", "an edit of the sweep file left it out; its results are kept");
    }
    add(text, "verdict", verdict_text(trial, view.directory));
    if (explained.waits) {
        add_waits(text, view, *explained.waits);
    } else if (explained.runs) {
        add_runs(text, view, trial, *explained.runs);
    } else if (sweep::result_of(trial.state)) {
        add_done(text, view, trial);
    } else if (std::holds_alternative<sweep::Failed>(trial.state)) {
        add_failed(text, view, explained);
    }
    return text + attempts_text(explained.accounts, view.now);
}

}  // namespace graft::commands
