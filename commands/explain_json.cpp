// SPDX-License-Identifier: Apache-2.0
// Explanations for programs, and the words that they share with the text for people.
#include <array>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/network_name.hpp"

#include "commands/explain_text.hpp"
#include "commands/failures_text.hpp"
#include "results/format.hpp"

namespace graft::commands {

namespace {

using results::json_number;
using results::json_quoted;

std::string json_time(const std::optional<core::WallTime>& time) {
    return time ? json_number(static_cast<double>(time->micros) * 1e-6) : std::string("null");
}

std::string json_texts(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted;
    for (const auto& text : texts) {
        quoted.push_back(json_quoted(text));
    }
    return "[" + core::join(quoted) + "]";
}

std::string json_slots(const std::vector<sweep::Slot>& slots) {
    std::vector<std::string> numbers;
    for (const auto slot : slots) {
        numbers.push_back(std::to_string(slot.value));
    }
    return "[" + core::join(numbers) + "]";
}

std::string json_line(const std::optional<scheduler::InLine>& line) {
    if (!line) {
        return "null";
    }
    return fmt::format(
        R"({{"place": {}, "of": {}, "class_place": {}, "of_class": {}, "multiply_adds": {}, )"
        R"("seconds": {}, "learned_from": {}, "trials": {}, "device": {}}})",
        line->place, line->of, line->class_place, line->of_class, json_number(line->multiply_adds),
        line->seconds ? json_number(*line->seconds) : "null",
        line->learned ? json_quoted(name_of(line->learned->from)) : "null",
        line->learned ? line->learned->figures : 0, json_quoted(line->device));
}

std::string json_company(const scheduler::InCompany& company) {
    std::vector<std::string> others;
    for (const auto& id : company.others) {
        others.push_back(json_quoted(id.text()));
    }
    return fmt::format(
        R"({{"others": [{}], "going": {}, "gain": {}, "alone": {}}})", core::join(others),
        company.going, json_number(company.gain),
        company.alone == scheduler::Alone::no ? "null" : json_quoted(name_of(company.alone)));
}

std::string json_waits(const ExplainView& view, const scheduler::Waits& waits) {
    const auto why = why_runs(view);
    const bool stands = waits.reason == scheduler::WaitReason::not_running;
    return fmt::format(
        R"({{"reason": {}, "why": {}, "type": {}, "dataset": {}, "dataset_ready": {}, )"
        R"("in_line": {}, "cohort": {}}})",
        json_quoted(name_of(waits.reason)), stands ? json_quoted(why.why) : "null",
        stands ? json_quoted(why.type) : "null", json_quoted(waits.its_class.need.dataset),
        waits.ready, json_line(waits.line), json_company(waits.company));
}

std::string json_runs(const scheduler::Runs& runs) {
    return fmt::format(R"({{"attempt": {}, "since": {}, "last_save": {}, "expected_end": {}, )"
                       R"("hung_after_seconds": {}, "hung_before_progress_seconds": {}, )"
                       R"("cohort": {}}})",
                       runs.attempt->number, json_time(runs.attempt->start),
                       json_time(runs.attempt->last_save), json_time(runs.expected_end),
                       json_number(runs.hung_after.count()),
                       json_number(runs.hung_before_progress.count()), json_company(runs.company));
}

std::string json_result(const sweep::Trial& trial) {
    const auto* found = sweep::result_of(trial.state);
    if (!found) {
        return "null";
    }
    const auto& result = *found;
    const auto* stopped = std::get_if<sweep::Stopped>(&trial.state);
    return fmt::format(
        R"({{"best_epoch": {}, "best_phase": {}, "chosen_by": {}, "diverged_epoch": {}, )"
        R"("stopped_after": {}, "stopped_because": {}, )"
        R"("val_auc": {}, "test_auc": {}, "mixed": {}, "weights": {}, "predictions": {}}})",
        result.best ? std::to_string(result.best->epoch) : "null",
        result.best ? json_quoted(core::name_of(result.best->phase)) : "null",
        json_quoted(core::name_of(trial.spec->training.best_by)), result.diverged_epoch,
        stopped ? std::to_string(stopped->epoch) : "null",
        stopped ? json_quoted(stopped->reason) : "null",
        json_number(result.best ? result.best->validation.auc : NAN), json_number(result.test.auc),
        trial.mixed(), json_quoted(result.weights.name), json_quoted(result.predictions.name));
}

std::string json_attempt(const scheduler::Account& account) {
    const auto& attempt = *account.attempt;
    return fmt::format(
        R"(    {{"attempt": {}, "host": {}, "rank": {}, "slots": {}, "device": {}, )"
        R"("numerics": {}, "start": {}, "end": {}, "saves": {}, "ending": {}, "message": {}, )"
        R"("against": {}, "counts": {}, "why": {}, "members": {}}})",
        attempt.number, json_quoted(attempt.host), attempt.rank.value, json_slots(attempt.slots),
        json_quoted(attempt.device), json_quoted(attempt.numerics), json_time(attempt.start),
        json_time(attempt.end), attempt.saves,
        attempt.ending ? json_quoted(sweep::kind_of(*attempt.ending)) : "null",
        attempt.ending ? json_quoted(sweep::text_of(*attempt.ending)) : "null",
        attempt.ending ? json_quoted(text_of(scheduler::counted_against(*attempt.ending))) : "null",
        account.counts, json_quoted(account.why), attempt.members);
}

std::string json_next(const std::optional<scheduler::Next>& next) {
    if (!next) {
        return "null";
    }
    return fmt::format(
        R"({{"trial": {}, "members": {}, "dataset_first": {}, "rank": {}, "slots": {}, )"
        R"("at": {}}})",
        json_quoted(next->trial.text()), next->members, next->dataset_first,
        next->rank ? std::to_string(next->rank->value) : "null", json_slots(next->slots),
        json_time(next->at));
}

}  // namespace

std::string_view name_of(scheduler::WaitReason reason) {
    static constexpr std::array<std::string_view, 4> kNames{"left_out", "not_running", "dataset",
                                                            "in_line"};
    return kNames.at(static_cast<std::size_t>(reason));
}

std::string_view name_of(scheduler::LearnedFrom from) {
    static constexpr std::array<std::string_view, 4> kNames{"class", "network", "device",
                                                            "anything"};
    return kNames.at(static_cast<std::size_t>(from));
}

std::string_view name_of(scheduler::Alone alone) {
    static constexpr std::array<std::string_view, 5> kNames{"no", "cohorts_off", "begins_again",
                                                            "held_apart", "shares_little"};
    return kNames.at(static_cast<std::size_t>(alone));
}

std::string_view text_of(scheduler::Against against) {
    static constexpr std::array<std::string_view, 5> kTexts{"nobody", "the trial", "its slot",
                                                            "its device", "its host"};
    return kTexts.at(static_cast<std::size_t>(against));
}

std::vector<std::string> unusual_settings(const sweep::TrialSpec& spec) {
    std::vector<std::string> settings;
    for (const auto& key : sweep::training_keys()) {
        const auto value = key.value(spec->training);
        const auto usual = key.value(sweep::Training{});
        if (value != usual) {
            settings.push_back(fmt::format("{} {} (default {})", key.name, sweep::text_of(value),
                                           sweep::text_of(usual)));
        }
    }
    return settings;
}

std::string state_name(const scheduler::TrialExplanation& trial) {
    const bool interrupted =
        trial.waits && std::holds_alternative<sweep::Running>(trial.trial->state);
    return interrupted ? "interrupted" : std::string(sweep::name_of(trial.trial->state));
}

std::string explain_json(const ExplainView& view, const scheduler::SweepExplanation& sweep) {
    const auto why = why_runs(view);
    std::vector<std::string> waiting;
    for (const auto& [reason, count] : sweep.waiting) {
        waiting.push_back(fmt::format("{}: {}", json_quoted(name_of(reason)), count));
    }
    std::vector<std::string> slots;
    for (const auto& aside : sweep.slots_aside) {
        slots.push_back(
            fmt::format(R"({{"rank": {}, "slot": {}, "host": {}, "reason": {}, "until": {}}})",
                        aside.rank.value, aside.slot.value, json_quoted(aside.host),
                        json_quoted(aside.reason), json_time(aside.until)));
    }
    return fmt::format(
        "{{\n  \"sweep\": {},\n  \"runs\": {},\n  \"why\": {},\n  \"type\": {},\n"
        "  \"slots\": {}, \"busy\": {},\n  \"slots_aside\": [{}],\n  \"devices_aside\": {},\n"
        "  \"attempts_without_save\": {}, \"attempts_without_save_at_most\": {},\n"
        "  \"waiting\": {{{}}},\n  \"next\": {}\n}}\n",
        json_quoted(view.record->sweep_name()), view.runner.has_value(), json_quoted(why.why),
        json_quoted(why.type), sweep.slots, sweep.busy, core::join(slots),
        devices_json(sweep.devices_aside, *view.record, view.device_facts), sweep.without_save,
        scheduler::kAttemptsWithoutSave, core::join(waiting), json_next(sweep.next));
}

std::string explain_json(const ExplainView& view, const scheduler::TrialExplanation& explained) {
    const auto& trial = *explained.trial;
    const auto& spec = trial.spec;
    const auto* failed = std::get_if<sweep::Failed>(&trial.state);
    std::vector<std::string> attempts;
    for (const auto& account : explained.accounts) {
        attempts.push_back(json_attempt(account));
    }
    return fmt::format(
        "{{\n  \"trial\": {}, \"state\": {}, \"left_out\": {},\n"
        "  \"network\": {}, \"dataset\": {}, \"init\": {}, \"freeze\": {}, \"seed\": {},\n"
        "  \"fold\": {}, \"folds\": {},\n"
        "  \"settings\": {},\n  \"waits\": {},\n  \"runs\": {},\n"
        "  \"message\": {}, \"rule\": {},\n  \"result\": {},\n  \"numerics\": {},\n"
        "  \"attempts\": [{}{}{}]\n}}\n",
        json_quoted(trial.id.text()), json_quoted(state_name(explained)), trial.left_out,
        json_quoted(sweep::network_label(spec->network)), json_quoted(spec->dataset),
        json_quoted(spec->init_text), json_number(spec.freeze), spec.seed, spec->fold.number,
        spec->fold.of, json_texts(unusual_settings(spec)),
        explained.waits ? json_waits(view, *explained.waits) : "null",
        explained.runs ? json_runs(*explained.runs) : "null",
        failed ? json_quoted(failed->message) : "null",
        failed ? json_quoted(explained.rule) : "null", json_result(trial),
        json_texts(trial.numerics()), attempts.empty() ? "" : "\n", core::join(attempts, ",\n"),
        attempts.empty() ? "" : "\n  ");
}

}  // namespace graft::commands
