// SPDX-License-Identifier: Apache-2.0
#include "data/labels.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/text.hpp"

#include "data/csv.hpp"

namespace graft::data {

namespace {

struct Columns {
    std::size_t id = 0, label = 0;
    std::optional<std::size_t> group;
};

Columns columns_of(const DatasetSettings& settings, const Csv& table) {
    Columns columns;
    columns.id = settings.id_column.empty() ? 0 : table.column(settings.id_column);
    columns.label = settings.label_column.empty() ? 1 : table.column(settings.label_column);
    if (columns.label >= table.header.size() || columns.id == columns.label) {
        core::fail_input(
            "[datasets.{}]: id and label cannot both be column '{}' of '{}'. Give "
            "id_column and label_column; its columns: {}.",
            settings.name, table.header[columns.id], table.path.string(), core::join(table.header));
    }
    if (!settings.group_column.empty()) {
        columns.group = table.column(settings.group_column);
    }
    return columns;
}

// Several whole numbers with spaces between: labels of one image, not the name of a class.
bool is_several_labels(const std::string& text) {
    if (text.find(' ') == std::string::npos) {
        return false;
    }
    const auto words = core::split(text, ' ');
    return std::all_of(words.begin(), words.end(),
                       [](const auto& word) { return core::parse_int(word).has_value(); });
}

class LabelReader {
  public:
    LabelReader(const DatasetSettings& settings, const Csv& table)
        : settings_(settings), table_(table), columns_(columns_of(settings, table)) {}

    void read(const Csv::Row& row, Labels& labels) {
        const std::string& id = row.fields[columns_.id];
        const std::string& label = row.fields[columns_.label];
        const std::string place = fmt::format("{}:{}", table_.path.string(), row.line);
        if (id.empty() || label.empty()) {
            labels.bad.push_back(
                {place, id.empty() ? "the row has no id" : "the row has no label"});
            labels.left_out.push_back(id);
            return;
        }
        const auto [known, is_new] = seen_.try_emplace(id, label);
        if (!is_new) {
            if (known->second != label) {
                core::fail_input(
                    "{}: id '{}' has label '{}' (and '{}' in an earlier row). Keep one "
                    "of the rows.",
                    place, core::escaped(id), core::escaped(label), core::escaped(known->second));
            }
            return;
        }
        if (is_several_labels(label)) {
            if (!settings_.single_label) {
                core::fail_input(
                    "{}: id '{}' has several labels ('{}'). Set single_label = true to "
                    "use rows with exactly one.",
                    place, core::escaped(id), core::escaped(label));
            }
            labels.left_out.push_back(id);
            return;
        }
        labels.rows.push_back({id, label, columns_.group ? row.fields[*columns_.group] : ""});
    }

  private:
    const DatasetSettings& settings_;
    const Csv& table_;
    Columns columns_;
    std::map<std::string, std::string> seen_;
};

}  // namespace

Labels read_labels(const DatasetSettings& settings) {
    const Csv table = read_csv(settings.path / settings.labels);
    LabelReader reader(settings, table);
    Labels labels;
    for (const auto& row : table.rows) {
        reader.read(row, labels);
    }
    return labels;
}

void refine_labels(const DatasetSettings& settings, Labels& labels) {
    std::set<std::string> present;
    std::map<std::string, std::int64_t> counts;
    for (auto& row : labels.rows) {
        present.insert(row.label);
        const auto renamed = settings.map_labels.find(row.label);
        if (renamed != settings.map_labels.end()) {
            row.label = renamed->second;
        }
        ++counts[row.label];
    }
    for (const auto& [from, to] : settings.map_labels) {
        if (!present.contains(from)) {
            core::fail_input(
                "[datasets.{}] map_labels renames '{}' (a label that no image has). "
                "Labels: {}.",
                settings.name, from, core::join({present.begin(), present.end()}));
        }
    }
    const auto is_small = [&](const LabelRow& row) {
        return counts[row.label] < settings.min_class_size;
    };
    for (const auto& row : labels.rows) {
        if (is_small(row)) {
            labels.left_out.push_back(row.id);
        }
    }
    std::erase_if(labels.rows, is_small);
}

std::map<std::string, std::string> read_groups(const DatasetSettings& settings) {
    const Csv table = read_csv(settings.path / settings.groups);
    if (table.header.size() < 2) {
        core::fail_input("'{}' has one column (id and group expected). Correct groups.",
                         table.path.string());
    }
    std::map<std::string, std::string> groups;
    for (const auto& row : table.rows) {
        const auto [known, is_new] = groups.try_emplace(row.fields[0], row.fields[1]);
        if (!is_new && known->second != row.fields[1]) {
            core::fail_input(
                "{}:{}: id '{}' is in group '{}' (and in '{}' in an earlier row). Keep "
                "one of the rows.",
                table.path.string(), row.line, row.fields[0], row.fields[1], known->second);
        }
    }
    return groups;
}

std::vector<std::string> sorted_classes(std::vector<std::string> names) {
    const bool numbers = std::all_of(names.begin(), names.end(), [](const auto& name) {
        return core::parse_int(name).has_value();
    });
    const auto before = [numbers](const std::string& a, const std::string& b) {
        if (numbers) {
            const auto left = *core::parse_int(a);
            const auto right = *core::parse_int(b);
            return left != right ? left < right : a < b;
        }
        return a < b;
    };
    std::sort(names.begin(), names.end(), before);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace graft::data
