// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <iostream>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "commands/clean_files.hpp"
#include "commands/cleaning.hpp"
#include "commands/hold.hpp"
#include "commands/live.hpp"
#include "commands/options.hpp"
#include "commands/parts.hpp"
#include "results/format.hpp"

namespace graft::commands {

namespace {

using results::json_quoted;

constexpr const char* kDescription =
    "Frees disk space that the sweep does not need: states and weights of superseded attempts,\n"
    "states of finished and failed trials, half-written and other left-over files. Results, the\n"
    "journal, predictions.h5, and the state of every trial that is to go on always stay; weights\n"
    "(best.h5) stay unless a rule says otherwise. It never asks: look first with --dry-run. A "
    "sweep\n"
    "that runs is not touched.\n"
    "\n"
    "  graft clean DIR --dry-run\n"
    "  graft clean DIR --weights best_per:network,dataset   keep the best of each, by validation";

enum class Format { text, json };
enum class Tense { would, will };

void add_options(OptionsOf& options) {
    options.named().add_options()("weights", po::value<std::string>()->default_value("all"),
                                  "which best.h5 to keep: all, none, or the best for each "
                                  "combination of columns, best_per:COLUMN,COLUMN...")(
        "left-out", "also free weights of trials that an edited sweep file left out")(
        "logs", "also free the logs of trainers all of whose attempts ended well")(
        "dry-run", "show what would be freed, and free nothing")("json", "for programs");
    options.positional("sweep", 1);
}

Tally tally_of(const CleanPlan& plan) {
    Tally tally;
    for (const auto& item : plan.items) {
        tally.add(item);
    }
    return tally;
}

std::string table_of(const Tally& tally) {
    std::string text;
    for (std::size_t i = 0; i < tally.parts.size(); ++i) {
        const auto& part = tally.parts.at(i);
        if (part.files > 0) {
            text += fmt::format("  {:<38}{:>12}  {:>10}\n", title_of(static_cast<CleanKind>(i)),
                                core::counted(part.files, "file"), core::bytes_text(part.bytes));
        }
    }
    return text;
}

std::string plan_text(const Live& live, const CleanPlan& plan, Tense tense) {
    std::string text = fmt::format("sweep {}: ", live.record.sweep_name());
    if (plan.items.empty()) {
        text += "there is nothing to free.\n";
    } else {
        text += tense == Tense::would ? "this would be freed:\n" : "this is freed:\n";
        text += table_of(tally_of(plan));
    }
    for (const auto& note : plan.notes) {
        text += note + "\n";
    }
    return text;
}

std::string summary(const Tally& tally, const std::filesystem::path& sweep, Tense tense) {
    const auto total = tally.total();
    return fmt::format("{} {} in {}; {} free now\n", tense == Tense::would ? "would free" : "freed",
                       core::bytes_text(total.bytes), core::counted(total.files, "file"),
                       core::bytes_text(core::free_bytes(sweep)));
}

std::string json_of(const Live& live, const Tally& tally, const CleanPlan& plan, Tense tense) {
    std::vector<std::string> kinds, notes;
    for (std::size_t i = 0; i < tally.parts.size(); ++i) {
        const auto& part = tally.parts.at(i);
        if (part.files > 0) {
            kinds.push_back(fmt::format(R"({{"kind": "{}", "files": {}, "bytes": {}}})",
                                        core::name_of(static_cast<CleanKind>(i)), part.files,
                                        part.bytes));
        }
    }
    for (const auto& note : plan.notes) {
        notes.push_back(json_quoted(note));
    }
    const auto total = tally.total();
    return fmt::format(
        "{{\n  \"sweep\": {},\n  \"dry_run\": {},\n  \"files\": {}, \"bytes\": {}, \"free_bytes\": "
        "{},\n  \"kinds\": [{}],\n  \"notes\": [{}]\n}}\n",
        json_quoted(live.record.sweep_name()), tense == Tense::would, total.files, total.bytes,
        core::free_bytes(live.directory), core::join(kinds), core::join(notes));
}

int show(const Live& live, const CleanPlan& plan, Format format) {
    const auto tally = tally_of(plan);
    std::cout << (format == Format::json
                      ? json_of(live, tally, plan, Tense::would)
                      : plan_text(live, plan, Tense::would) +
                            (plan.items.empty() ? ""
                                                : summary(tally, live.directory, Tense::would)));
    return 0;
}

int carry_out(const Live& live, const CleanPlan& plan, const CleanRules& rules, Format format) {
    if (format == Format::text) {
        std::cout << plan_text(live, plan, Tense::will) << std::flush;
    }
    const auto cleaned = clean_sweep(live.directory, rules, [](const std::string& line) {
        std::cerr << "graft: " << line << "\n";
    });
    if (format == Format::json) {
        std::cout << json_of(live, cleaned.freed, plan, Tense::will);
    } else if (!plan.items.empty()) {
        std::cout << summary(cleaned.freed, live.directory, Tense::will);
    }
    std::cout << std::flush;
    if (!cleaned.message.empty()) {
        std::cerr << "graft: " << cleaned.message << "\n";
    }
    return cleaned.exit_code;
}

}  // namespace

int clean(const Arguments& arguments) {
    OptionsOf options("clean", "graft clean DIR|FILE [--weights RULE] [OPTIONS]", kDescription);
    add_options(options);
    if (!options.parse(arguments)) {
        return 0;
    }
    CleanRules rules;
    rules.weights = results::parse_weight_rule(options.get<std::string>("weights"));
    rules.left_out = options.has("left-out");
    rules.logs = options.has("logs");
    const Format format = options.has("json") ? Format::json : Format::text;
    const Live live = read_live(options.word("sweep"));
    const auto runner = runner_of(live.directory, live.record);
    if (runner && !options.has("dry-run")) {
        fail_running(live.directory, *runner);
    }
    auto plan = clean_plan(live.record, files_of(live.directory), rules,
                           surroundings_of(live.directory, live.record));
    if (const auto parts = parts_of(live.directory); !parts.empty()) {
        plan.notes.push_back(fmt::format("Its {} are cleaned one by one: graft clean {}",
                                         core::counted(parts.size(), "part"),
                                         parts.front().string()));
    }
    return options.has("dry-run") ? show(live, plan, format) : carry_out(live, plan, rules, format);
}

}  // namespace graft::commands
