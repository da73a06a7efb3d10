// SPDX-License-Identifier: Apache-2.0
#include "commands/failures_text.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "sweep/trainer_log.hpp"
#include "sweep/trial_names.hpp"

#include "results/format.hpp"

namespace graft::commands {

namespace {

using results::Failure;
using results::Fate;
using results::json_quoted;
using sweep::TrialNames;

constexpr std::size_t kWidth = 84;   // columns of long texts
constexpr std::size_t kTrials = 5;   // named of one group
constexpr std::size_t kGroups = 10;  // lines of the summary
constexpr std::size_t kLogLines = 8;
constexpr std::size_t kMessage = 600;  // characters
constexpr std::uint64_t kLogBytes = std::uint64_t{16} << 20;

std::string shown(std::string_view text) {
    return core::printable(text, kMessage);
}

std::string_view title_of(Fate fate) {
    static constexpr std::array<std::string_view, core::EnumNames<Fate>::names.size()> kTitles{
        "Failed", "Go on after faults", "Have their results all the same", "Diverged"};
    return kTitles.at(static_cast<std::size_t>(fate));
}

std::string ago(core::WallTime time, core::WallTime now) {
    return core::duration_text(std::max(0.0, core::seconds_between(time, now))) + " ago";
}

std::string slots_text(const sweep::Attempt& attempt) {
    std::vector<std::string> slots;
    for (const auto slot : attempt.slots) {
        slots.push_back(std::to_string(slot.value));
    }
    return core::join(slots, ",");
}

std::string place_of(const sweep::Attempt& attempt) {
    return shown(fmt::format("rank {} slot {} on {}{}", attempt.rank.value, slots_text(attempt),
                             attempt.host,
                             attempt.device.empty() ? "" : " (" + attempt.device + ")"));
}

core::WallTime end_of(const sweep::Attempt& attempt) {
    return attempt.end.value_or(attempt.start);
}

// "node1 (8), node2", of the groups' last faults; empty when they are one host's.
std::string hosts_of(const Failure& failure) {
    std::map<std::string, std::size_t> hosts;
    for (const auto* trial : failure.trials) {
        if (!trial->attempts.empty()) {
            ++hosts[trial->attempts.back().host];
        }
    }
    std::vector<std::string> texts;
    for (const auto& [host, count] : hosts) {
        texts.push_back(fmt::format("{} ({})", shown(host), count));
    }
    return texts.size() > 1 ? core::join(texts) : std::string();
}

std::string field(std::string_view name, std::string_view text) {
    return fmt::format("    {:<8}{}\n", name, text);
}

// Over as many lines as it needs.
std::string long_field(std::string_view name, const std::string& text) {
    std::string lines, line;
    for (const auto& word : core::split(text, ' ')) {
        if (!line.empty() && line.size() + 1 + word.size() > kWidth) {
            lines += field(lines.empty() ? name : "", line);
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    return lines + field(lines.empty() ? name : "", line);
}

std::string words_of(results::FailureClass failure) {
    if (failure == results::FailureClass::no_memory) {
        return "no device memory";
    }
    std::string words(core::name_of(failure));
    std::replace(words.begin(), words.end(), '_', ' ');
    return words;
}

std::string next_of(const Failure& failure) {
    const std::string advice(results::advice_of(failure.failure));
    return failure.fate == Fate::recovered
               ? "Nothing for these trials. If it comes again: " + advice
               : advice;
}

std::string trials_of(const TrialNames& names, const Failure& failure) {
    std::string text;
    const auto count = std::min(kTrials, failure.trials.size());
    for (std::size_t i = 0; i < count; ++i) {
        const auto& trial = *failure.trials[i];
        text += field(i > 0                        ? ""
                      : failure.trials.size() == 1 ? "trial"
                                                   : "trials",
                      trial.id.text() + "  " + shown(names.of(trial.spec)));
    }
    if (failure.trials.size() > count) {
        text += field("", fmt::format("and {} more", failure.trials.size() - count));
    }
    return text;
}

std::string group_text(const FailuresView& view, const TrialNames& names, const Failure& failure) {
    std::string text = fmt::format("\n  {}: {}\n", core::counted(failure.trials.size(), "trial"),
                                   words_of(failure.failure));
    text += long_field("why", shown(failure.message));
    text += trials_of(names, failure);
    if (const auto hosts = hosts_of(failure); !hosts.empty()) {
        text += field("hosts", hosts);
    }
    if (const auto* attempt = failure.attempt) {
        const auto end = end_of(*attempt);
        const auto whose = failure.trials.size() > 1 ? " of " + failure.trial->id.text() : "";
        text += field(failure.trials.size() > 1 ? "latest" : "where",
                      fmt::format("attempt {}{}, {}, {} UTC ({})", attempt->number, whose,
                                  place_of(*attempt), core::wall_text(end), ago(end, view.now)));
        const auto lines = view.log_lines(*attempt);
        text += field("log", sweep::trainer_log(attempt->rank, attempt->slots) +
                                 (lines.empty() ? " (it says nothing of this attempt)" : ""));
        for (const auto& line : lines) {
            text += field("", "| " + line);
        }
    }
    return text + long_field("next", next_of(failure));
}

enum class SupportLine { leave, add };

std::string devices_text(const FailuresView& view, SupportLine support) {
    std::string text;
    for (const auto& [failure, until] : scheduler::devices_aside(*view.record, view.now)) {
        text += fmt::format("  {} on {}: gets no work while others can, until {} UTC ({})\n",
                            shown(failure->device), shown(failure->host), core::wall_text(until),
                            shown(failure->reason));
        if (support == SupportLine::add) {
            text += field("support", support_line(*view.record, *failure, view.device_facts));
        }
    }
    return text.empty() ? text : "\nDevices set aside:\n" + text;
}

std::string json_attempt(const FailuresView& view, const sweep::Attempt& attempt) {
    std::vector<std::string> lines;
    for (const auto& line : view.log_lines(attempt)) {
        lines.push_back(json_quoted(line));
    }
    return fmt::format(
        R"({{"attempt": {}, "host": {}, "rank": {}, "slots": {}, "device": {}, "end": {}, )"
        R"("log": {}, "lines": [{}]}})",
        attempt.number, json_quoted(shown(attempt.host)), attempt.rank.value,
        json_quoted(slots_text(attempt)), json_quoted(shown(attempt.device)),
        results::json_number(static_cast<double>(end_of(attempt).micros) * 1e-6),
        json_quoted(sweep::trainer_log(attempt.rank, attempt.slots)), core::join(lines));
}

std::string json_group(const FailuresView& view, const TrialNames& names, const Failure& failure) {
    std::vector<std::string> trials;
    for (const auto* trial : failure.trials) {
        trials.push_back(fmt::format(R"({{"trial": {}, "what": {}}})",
                                     json_quoted(trial->id.text()),
                                     json_quoted(shown(names.of(trial->spec)))));
    }
    return fmt::format(
        "    {{\"class\": \"{}\", \"fate\": \"{}\", \"message\": {},\n"
        "     \"trials\": [{}],\n     \"latest\": {}, \"latest_trial\": {},\n     \"next\": {}}}",
        core::name_of(failure.failure), core::name_of(failure.fate),
        json_quoted(shown(failure.message)), core::join(trials),
        failure.attempt ? json_attempt(view, *failure.attempt) : "null",
        json_quoted(failure.trial->id.text()), json_quoted(next_of(failure)));
}

std::string summary_line(const TrialNames& names, const Failure& failure) {
    const auto& first = *failure.trials.front();
    const auto what = shown(names.of(first.spec));
    return failure.trials.size() == 1
               ? fmt::format("  {}  {}: {}\n", first.id.text(), what, shown(failure.message))
               : fmt::format("  {} trials, the first {}  {}: {}\n", failure.trials.size(),
                             first.id.text(), what, shown(failure.message));
}

bool is_in_summary(const Failure& failure) {
    return failure.fate == Fate::failed || failure.fate == Fate::goes_on;
}

std::size_t trials_with(const std::vector<Failure>& failures, Fate fate) {
    std::size_t count = 0;
    for (const auto& failure : failures) {
        count += failure.fate == fate ? failure.trials.size() : 0;
    }
    return count;
}

}  // namespace

std::string failures_text(const FailuresView& view) {
    const auto failures = results::failures_of(*view.record);
    const TrialNames names(view.record->trials());
    std::string text = fmt::format("sweep {}: ", shown(view.record->sweep_name()));
    if (failures.empty()) {
        text += "nothing went wrong.\n";
    } else {
        std::size_t trials = 0;
        for (const auto& failure : failures) {
            trials += failure.trials.size();
        }
        text += fmt::format("{} met with trouble\n", core::counted(trials, "trial"));
    }
    const Failure* before = nullptr;
    for (const auto& failure : failures) {
        if (!before || before->fate != failure.fate) {
            text += fmt::format("\n{} ({}):\n", title_of(failure.fate),
                                core::counted(trials_with(failures, failure.fate), "trial"));
        }
        text += group_text(view, names, failure);
        before = &failure;
    }
    return text + devices_text(view, SupportLine::add);
}

std::string failures_json(const FailuresView& view) {
    const TrialNames names(view.record->trials());
    std::vector<std::string> groups;
    for (const auto& failure : results::failures_of(*view.record)) {
        groups.push_back(json_group(view, names, failure));
    }
    return fmt::format(
        "{{\n  \"sweep\": {},\n  \"failures\": [{}{}],\n  \"devices_aside\": {}\n}}\n",
        json_quoted(view.record->sweep_name()), groups.empty() ? "" : "\n",
        core::join(groups, ",\n"),
        devices_json(scheduler::devices_aside(*view.record, view.now), *view.record,
                     view.device_facts));
}

std::string failures_summary(const FailuresView& view) {
    const auto failures = results::failures_of(*view.record);
    const TrialNames names(view.record->trials());
    std::string text;
    std::size_t lines = 0;
    const Failure* before = nullptr;
    for (const auto& failure : failures) {
        if (!is_in_summary(failure) || lines == kGroups) {
            continue;
        }
        if (!before || before->fate != failure.fate) {
            text += fmt::format("\n{} ({}):\n", title_of(failure.fate),
                                trials_with(failures, failure.fate));
        }
        text += summary_line(names, failure);
        before = &failure;
        ++lines;
    }
    const auto all =
        static_cast<std::size_t>(std::count_if(failures.begin(), failures.end(), is_in_summary));
    if (all > lines) {
        text += fmt::format("  ... and {} more kinds\n", all - lines);
    }
    text += devices_text(view, SupportLine::leave);
    return text.empty() ? text
                        : text + fmt::format(
                                     "\nLogs, places and what to do: graft status {} "
                                     "--failures\n",
                                     view.directory);
}

std::string devices_json(const std::vector<scheduler::DeviceAside>& devices,
                         const sweep::Record& record, const DeviceFactsOf& facts) {
    std::vector<std::string> items;
    for (const auto& [failure, until] : devices) {
        items.push_back(
            fmt::format(R"({{"device": {}, "host": {}, "failed": {}, "until": {}, "reason": {}, )"
                        R"("support": {}}})",
                        json_quoted(shown(failure->device)), json_quoted(shown(failure->host)),
                        results::json_number(static_cast<double>(failure->time.micros) * 1e-6),
                        results::json_number(static_cast<double>(until.micros) * 1e-6),
                        json_quoted(shown(failure->reason)),
                        json_quoted(support_line(record, *failure, facts))));
    }
    return "[" + core::join(items) + "]";
}

std::vector<std::string> read_log_lines(const std::filesystem::path& directory,
                                        const sweep::Attempt& attempt) {
    try {
        const core::ReadFile file(directory / sweep::trainer_log(attempt.rank, attempt.slots));
        const auto bytes = std::min(kLogBytes, file.size());
        std::string text(bytes, '\0');
        file.read_at(file.size() - bytes, text.data(), text.size());
        return sweep::last_lines(sweep::part_of_attempt(text, attempt.cohort), kLogLines);
    } catch (const core::Error&) {
        return {};  // freed, or on another file system: the page says that there is none
    }
}

}  // namespace graft::commands
