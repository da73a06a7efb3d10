// SPDX-License-Identifier: Apache-2.0
#include "results/pairing.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "core/error.hpp"
#include "core/text.hpp"

#include "results/tables.hpp"

namespace graft::results {

namespace {

constexpr std::size_t kMostValues = 6;  // of a distinction, in a sentence

using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

Names all_settings() {
    Names names = setting_columns();
    names.insert(names.end(), {"seed", "split_seed", "fold"});
    return names;
}

// Each once, in the order of the rows.
Names values_of(const Side& side, const std::string& column) {
    const Column& cells = side.trials->at(column);
    Names values;
    std::set<std::string> known;
    for (const std::size_t row : side.rows) {
        std::string text = text_of(cells.at(row));
        text = text.empty() ? "none" : text;
        if (known.insert(text).second) {
            values.push_back(std::move(text));
        }
    }
    return values;
}

std::string listed(Names values) {
    if (values.size() > kMostValues) {
        values.resize(kMostValues);
        values.emplace_back("...");
    }
    return core::join(values);
}

Names with_what_follows(Names but) {
    const std::vector<std::pair<std::string, std::string>> follows{
        {"dataset", "dataset_fingerprint"},
        {"split_seed", "dataset_fingerprint"},
        {"init", "weights_hash"},
        {"network", "weights_hash"},
    };
    for (const auto& [setting, content] : follows) {
        if (contains(but, setting) && !contains(but, content)) {
            but.push_back(content);
        }
    }
    return but;
}

void check_settings(const Names& but) {
    const Names known = all_settings();
    for (const auto& name : but) {
        if (!contains(known, name)) {
            const auto near = core::nearest(name, known);
            core::fail_input(
                "'{}' is not a setting of trials (--but names those in which partners may "
                "differ).{} Settings: {}.",
                name, near.empty() ? "" : fmt::format(" Did you mean '{}'?", near),
                core::join(known));
        }
    }
}

// Settings of which each side has one value, and not the same.
Names uniform_distinctions(const Side& first, const Side& second) {
    Names but;
    for (const auto& name : all_settings()) {
        const Names left = values_of(first, name), right = values_of(second, name);
        if (left.size() == 1 && right.size() == 1 && left != right) {
            but.push_back(name);
        }
    }
    return but;
}

bool is_of_folds(std::string_view name) {
    return name == "fold" || name == "folds";
}

// Trials on different folds are tested on different images: none is another's partner.
void check_folds(const Side& first, const Side& second, const Names& free) {
    Names apart;
    std::copy_if(free.begin(), free.end(), std::back_inserter(apart), is_of_folds);
    if (!apart.empty()) {
        const auto text = [](const Side& side) {
            return fmt::format("folds {}, fold {}", listed(values_of(side, "folds")),
                               listed(values_of(side, "fold")));
        };
        core::fail_input(
            "trials of '{}' ({}) have no partners in '{}' ({}): other folds are tested on other "
            "images. Compare sides with equal folds, or look at the means of each: graft query "
            "... --group-by {}.",
            first.name, text(first), second.name, text(second), core::join(apart, ","));
    }
}

std::vector<std::string> keys_of(const Side& side, const Names& columns) {
    std::vector<const Column*> cells;
    for (const auto& name : columns) {
        cells.push_back(&side.trials->at(name));
    }
    std::vector<std::string> keys;
    for (const std::size_t row : side.rows) {
        std::string key;
        for (const Column* column : cells) {
            key += text_of(column->at(row)) + '\n';
        }
        keys.push_back(std::move(key));
    }
    return keys;
}

using RowsOfKey = std::unordered_map<std::string, std::vector<std::size_t>>;

RowsOfKey rows_of_keys(const Side& side, const std::vector<std::string>& keys) {
    RowsOfKey rows;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        rows[keys[i]].push_back(side.rows[i]);
    }
    return rows;
}

[[noreturn]] void fail_ambiguous(const Side& side, const std::vector<std::size_t>& rows,
                                 const Names& but, const char* option) {
    for (const auto& name : but) {
        const Names values = values_of({side.name, side.trials, rows}, name);
        if (values.size() > 1) {
            core::fail_input(
                "{} trials of '{}' could be the partner of one (they differ in {}: {}). Choose "
                "one of them: {} '{}={}'.",
                rows.size(), side.name, name, listed(values), option, name, values.front());
        }
    }
    core::fail_input("trials {} and {} of '{}' have equal settings. Choose one: {} 'trial=...'.",
                     text_of(side.trials->at("trial").at(rows[0])),
                     text_of(side.trials->at("trial").at(rows[1])), side.name, option);
}

[[noreturn]] void fail_without_pairs(const Side& first, const Side& second, const Names& columns) {
    std::vector<std::string> texts;
    Names but;
    for (const auto& name : columns) {
        const Names left = values_of(first, name), right = values_of(second, name);
        const bool common = std::any_of(left.begin(), left.end(),
                                        [&](const auto& value) { return contains(right, value); });
        if (!common) {
            texts.push_back(text_of(Distinction{name, left, right}));
            but.push_back(name);
        }
    }
    check_folds(first, second, but);
    if (but.empty()) {
        core::fail_input(
            "no trial of '{}' has a partner in '{}' (none agrees with one in all settings at "
            "once). Name the settings in which partners may differ: --but ...; or list both: "
            "graft query.",
            first.name, second.name);
    }
    core::fail_input(
        "no trial of '{}' has a partner in '{}' (they differ in {}). Compare across "
        "that: --but {}.",
        first.name, second.name, core::join(texts, " and in "), core::join(but, ","));
}

}  // namespace

std::string text_of(const Distinction& distinction) {
    return fmt::format("{} ({}; {})", distinction.column, listed(distinction.first),
                       listed(distinction.second));
}

Pairing pair_trials(const Side& first, const Side& second,
                    const std::optional<std::vector<std::string>>& but) {
    if (but) {
        check_settings(*but);
    }
    const Names free = with_what_follows(but ? *but : uniform_distinctions(first, second));
    check_folds(first, second, free);
    Names columns = all_settings();
    std::erase_if(columns, [&](const auto& name) {
        const bool said_by_content = name == "dataset" && !contains(free, "dataset_fingerprint");
        return contains(free, name) || said_by_content;
    });
    Pairing pairing;
    for (const auto& name : free) {
        pairing.distinctions.push_back({name, values_of(first, name), values_of(second, name)});
    }
    const auto left = keys_of(first, columns), right = keys_of(second, columns);
    const RowsOfKey of_first = rows_of_keys(first, left), of_second = rows_of_keys(second, right);
    for (std::size_t i = 0; i < left.size(); ++i) {
        const auto found = of_second.find(left[i]);
        if (found == of_second.end()) {
            pairing.only_first.push_back(first.rows[i]);
            continue;
        }
        if (of_first.at(left[i]).size() > 1) {
            fail_ambiguous(first, of_first.at(left[i]), free, "--where-first");
        }
        if (found->second.size() > 1) {
            fail_ambiguous(second, found->second, free, "--where-second");
        }
        pairing.pairs.emplace_back(first.rows[i], found->second.front());
    }
    for (std::size_t i = 0; i < right.size(); ++i) {
        if (!of_first.contains(right[i])) {
            pairing.only_second.push_back(second.rows[i]);
        }
    }
    if (pairing.pairs.empty()) {
        fail_without_pairs(first, second, columns);
    }
    return pairing;
}

}  // namespace graft::results
