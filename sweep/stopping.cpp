// SPDX-License-Identifier: Apache-2.0
#include "sweep/stopping.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/network_name.hpp"
#include "sweep/split_axis.hpp"
#include "sweep/toml.hpp"

namespace graft::sweep {

namespace {

const std::vector<std::string> kKeys{"stop",      "patience",   "min_epochs", "over",
                                     "reduction", "first_rung", "family"};
constexpr std::int64_t kMostEpochs = 100'000;

// Axes whose trials can be measured against one another.
std::vector<std::string> axes() {
    std::vector<std::string> names{"network", "init", "freeze", "seed", "split_seed", "fold"};
    for (const auto& name : training_key_names()) {
        if (name != "best_by") {  // values of different measures are not better or worse
            names.push_back(name);
        }
    }
    return names;
}

std::vector<std::string> read_over(const core::Entry& entry) {
    const auto known = axes();
    auto over = core::as_strings(entry.key, entry.value);
    for (const auto& axis : over) {
        if (std::find(known.begin(), known.end(), axis) == known.end()) {
            core::fail_choice(entry.key, core::Value{axis, entry.value.place}, known);
        }
    }
    return over;
}

std::int32_t read_count(const core::Entry& entry, std::int64_t least) {
    return static_cast<std::int32_t>(core::as_int(entry.key, entry.value, least, kMostEpochs));
}

// Keys of one rule that are written under another one would do nothing.
void check_rule(const core::Table& table, const StoppingSettings& settings) {
    const auto belongs = [&](std::string_view key, StopRule rule) {
        const auto* entry = table.find(key);
        if (entry && settings.stop != rule) {
            core::fail_input(
                "{}: '{}' does nothing with stop = \"{}\" (it is a key of \"{}\"). Leave it out, "
                "or write stop = \"{}\".",
                entry->value.place.text(), key, core::name_of(settings.stop), core::name_of(rule),
                core::name_of(rule));
        }
    };
    belongs("patience", StopRule::patience);
    belongs("min_epochs", StopRule::patience);
    belongs("over", StopRule::asha);
    belongs("reduction", StopRule::asha);
    belongs("first_rung", StopRule::asha);
    if (settings.stop == StopRule::asha && settings.over.empty()) {
        const auto* entry = table.find("stop");
        core::fail_input(
            "{}: stop = \"asha\" has no 'over' (it names the axes along which trials compete). "
            "Write, for example, over = [\"learning_rate\", \"dropout\"].",
            entry->value.place.text());
    }
}

}  // namespace

StoppingSettings read_stopping_section(const core::Table& table) {
    StoppingSettings settings;
    for (const auto& entry : table.entries) {
        if (entry.key == "stop") {
            const auto rule = core::value_of<StopRule>(core::as_string(entry.key, entry.value));
            if (!rule) {
                core::fail_choice(entry.key, entry.value, {"none", "patience", "asha"});
            }
            settings.stop = *rule;
        } else if (entry.key == "patience") {
            settings.patience = read_count(entry, 1);
        } else if (entry.key == "min_epochs") {
            settings.min_epochs = read_count(entry, 0);
        } else if (entry.key == "over") {
            settings.over = read_over(entry);
        } else if (entry.key == "reduction") {
            settings.reduction = read_count(entry, 2);
        } else if (entry.key == "first_rung") {
            settings.first_rung = read_count(entry, 1);
        } else if (entry.key == "family") {
            settings.family = core::as_bool(entry.key, entry.value);
        } else {
            core::fail_unknown_key(entry, "[stopping]", kKeys);
        }
    }
    check_rule(table, settings);
    return settings;
}

StoppingSettings stopping_settings(std::string_view sweep_file) {
    const auto root = parse_toml(sweep_file, "sweep.toml");
    const auto* entry = root.find("stopping");
    const auto* table = entry ? entry->value.table() : nullptr;
    return table ? read_stopping_section(*table) : StoppingSettings{};
}

std::int32_t counted_epoch(const TrialSpec& spec, Phase phase, std::int32_t epoch) {
    const bool shifted = phase == Phase::warmup || !has_warmup(spec);
    return epoch - (shifted ? spec->training.warmup_epochs : 0);
}

std::optional<std::int32_t> epochs_behind(const TrialSpec& spec, const Position& position) {
    const auto done = counted_epoch(spec, position.phase, position.epoch - 1);
    return position.batch == 0 && done > 0 ? std::optional(done) : std::nullopt;
}

std::vector<std::int32_t> rungs(const StoppingSettings& settings, std::int32_t epochs) {
    std::vector<std::int32_t> found;
    for (std::int64_t rung = settings.first_rung; rung < epochs; rung *= settings.reduction) {
        found.push_back(static_cast<std::int32_t>(rung));
    }
    return found;
}

bool verdict_due(const StoppingSettings& settings, const TrialSpec& spec, const Position& position,
                 const std::optional<Best>& best) {
    const auto behind = epochs_behind(spec, position);
    if (settings.stop == StopRule::none || !behind || *behind >= spec->training.epochs) {
        return false;
    }
    if (settings.stop == StopRule::asha) {
        const auto all = rungs(settings, spec->training.epochs);
        return std::find(all.begin(), all.end(), *behind) != all.end();
    }
    const auto since =
        best ? counted_epoch(spec, best->phase, best->epoch) : -spec->training.warmup_epochs;
    return *behind >= settings.min_epochs && *behind - since >= settings.patience;
}

bool goes_on(std::size_t better, std::size_t reached, std::int32_t reduction) {
    return better < std::max<std::size_t>(1, reached / static_cast<std::size_t>(reduction));
}

std::string rivals_key(const TrialSpec& spec, const std::vector<std::string>& over) {
    const auto varies = [&](std::string_view key) {
        return std::find(over.begin(), over.end(), key) != over.end();
    };
    std::string text;
    for (const auto& line : core::split(canonical_text(spec), '\n')) {
        const auto key = line.substr(0, line.find(' '));
        if (varies(key == "weights" ? "init" : key)) {
            continue;
        }
        // What follows from another axis is no difference of its own: another network has other
        // weights of the same name.
        if (key == "dataset" && varies("split_seed")) {
            text += "dataset " + split_name(spec->dataset).dataset + "\n";
        } else if (key == "weights" && varies("network")) {
            text += "weights " + spec->init_text + "\n";
        } else if (key == "network" && varies("input_range")) {
            text.append("network ").append(network_content(spec->network, InputRange::unit)) +=
                "\n";
        } else {
            text += line + "\n";
        }
    }
    return text;
}

}  // namespace graft::sweep
