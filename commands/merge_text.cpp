// SPDX-License-Identifier: Apache-2.0
#include "commands/merge_text.hpp"

#include <algorithm>

#include "core/text.hpp"

#include "commands/naming.hpp"

namespace graft::commands {

namespace {

using Conflicts = std::vector<MergePlan::Conflict>;

constexpr std::size_t kShown = 10;  // trials of one kind
constexpr std::size_t kNamed = 3;   // ids in one line

std::string source_line(const MergedSource& source) {
    const auto& plan = source.plan;
    if (!source.started) {
        return source.directory.string() + ": not started\n";
    }
    std::vector<std::string> parts{core::counted(source.taken, "result") + " taken"};
    const auto add = [&](std::size_t n, const char* what) {
        if (n > 0) {
            parts.push_back(fmt::format("{} {}", n, what));
        }
    };
    add(plan.equal.size(), "here already, equal to the bit");
    add(plan.differing.size(), "here already, with other numbers");
    add(plan.other_pixels.size(), "trained on other pixels");
    add(source.damaged.size(), "with missing or damaged files");
    add(plan.unplanned.size(), "not in this sweep's grid");
    add(plan.unfinished, "without a result yet");
    return fmt::format("{}: {}\n", source.directory.string(), core::join(parts));
}

std::string shown_trial(const sweep::Record& record, const sweep::TrialId& id) {
    const auto* trial = record.find(id);
    return trial ? shown(*trial, record) : id.text();
}

void add_conflicts(std::string& text, const std::string& title, const Conflicts& conflicts,
                   const sweep::Record& record) {
    if (conflicts.empty()) {
        return;
    }
    text += "\n" + title + "\n";
    for (std::size_t i = 0; i < std::min(kShown, conflicts.size()); ++i) {
        text += fmt::format("  {}\n    {}\n", shown_trial(record, conflicts[i].trial),
                            conflicts[i].text);
    }
    if (conflicts.size() > kShown) {
        text += fmt::format("  ... and {} more\n", conflicts.size() - kShown);
    }
}

void add_unplanned(std::string& text, const MergedSource& source) {
    const auto& ids = source.plan.unplanned;
    if (ids.empty()) {
        return;
    }
    std::vector<std::string> named;
    for (std::size_t i = 0; i < std::min(kNamed, ids.size()); ++i) {
        named.push_back(ids[i].text());
    }
    text += fmt::format(
        "\nNot taken from {}: {} that this sweep does not plan ({}{}). Add what gives them to its "
        "grid to take them.\n",
        source.directory.string(), core::counted(ids.size(), "trial"), core::join(named),
        ids.size() > kNamed ? ", ..." : "");
}

void add_parts(std::string& text, const Merged& merged, const std::string& named) {
    if (!merged.ended.empty()) {
        text += fmt::format("{} {} train{} no more.\n", merged.ended.size() == 1 ? "Part" : "Parts",
                            core::join(merged.ended), merged.ended.size() == 1 ? "s" : "");
    }
    if (merged.given_back > 0) {
        text += fmt::format(
            "{} without a result {} the sweep's own again{}.\n",
            core::counted(merged.given_back, "trial"), merged.given_back == 1 ? "is" : "are",
            merged.given_back_begun > 0 ? fmt::format(", {} of them begun in a part, to begin anew",
                                                      merged.given_back_begun)
                                        : "");
    }
    if (merged.left > 0) {
        text += fmt::format("{} {} on: graft status {}\n", core::counted(merged.left, "part"),
                            merged.left == 1 ? "goes" : "go", named);
    }
}

}  // namespace

std::string merge_text(const Merged& merged, const sweep::Record& record,
                       const std::string& named) {
    std::string text;
    for (const auto& source : merged.sources) {
        text += source_line(source);
    }
    for (const auto& source : merged.sources) {
        const auto from = source.directory.string();
        add_conflicts(text,
                      "Other numbers in " + from + "; what is here stays:", source.plan.differing,
                      record);
        add_conflicts(text, "Not taken from " + from + ", trained on other pixels:",
                      source.plan.other_pixels, record);
        add_conflicts(text, "Not taken from " + from + ", as a file is missing or damaged:",
                      source.damaged, record);
        add_unplanned(text, source);
    }
    text += "\n";
    add_parts(text, merged, named);
    if (merged.message.empty()) {
        text += fmt::format("sweep {}: {} of {} have results.\nNext: {}\n", record.sweep_name(),
                            merged.results, core::counted(merged.trials, "trial"),
                            merged.results < merged.trials && merged.left == 0
                                ? "graft run " + named + "  (trains the others)"
                                : "graft query " + named);
    }
    return text;
}

}  // namespace graft::commands
