// SPDX-License-Identifier: Apache-2.0
// The images that everything rests on.
#include <set>

#include <fmt/format.h>

#include "core/text.hpp"

#include "results/audit_text.hpp"
#include "results/report/chapter.hpp"
#include "results/report/words.hpp"
#include "results/tables.hpp"

namespace graft::results::report {

namespace {

struct ClassRow {
    const sweep::DatasetReady* data;
    std::size_t which;  // class
};

std::int64_t at(const std::vector<std::int64_t>& counts, std::size_t which) {
    return which < counts.size() ? counts[which] : 0;
}

Table class_table(const std::vector<ClassRow>& rows) {
    using Row = ClassRow;
    return {
        "classes",
        {
            column("dataset", rows, [](const Row& r) { return r.data->dataset; }),
            column("size", rows, [](const Row& r) { return r.data->size; }),
            column("class", rows, [](const Row& r) { return r.data->classes[r.which]; }),
            column("train", rows, [](const Row& r) { return at(r.data->train_counts, r.which); }),
            column("validation", rows,
                   [](const Row& r) { return at(r.data->validation_counts, r.which); }),
            column("test", rows, [](const Row& r) { return at(r.data->test_counts, r.which); }),
        }};
}

Table dataset_table(const sweep::Record& record) {
    const Table all = datasets_table(record);
    std::vector<std::size_t> rows(all.rows());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = i;
    }
    Table table{"datasets", {}};
    for (const char* name : {"dataset", "size", "stored_size", "classes", "train", "validation",
                             "test", "skipped", "duplicates", "fingerprint", "pixels_checksum"}) {
        table.columns.push_back(gather(all.at(name), rows));
    }
    return table;
}

void warn_of_missing_classes(const sweep::DatasetReady& data, Chapter& chapter) {
    for (std::size_t c = 0; c < data.classes.size(); ++c) {
        for (const auto& [name, counts] : {std::pair("training", &data.train_counts),
                                           std::pair("validation", &data.validation_counts),
                                           std::pair("test", &data.test_counts)}) {
            if (!counts->empty() && at(*counts, c) == 0) {
                chapter.findings.push_back(
                    {fmt::format("Dataset {} has no {} image of class '{}': metrics that need it "
                                 "are not given there.",
                                 data.dataset, name, data.classes[c]),
                     Tone::warning});
            }
        }
    }
}

struct AuditRow {
    std::string dataset;
    AuditLine line;
};

std::vector<AuditRow> audit_rows(const sweep::Record& record) {
    std::vector<AuditRow> rows;
    for (const auto& data : record.datasets()) {
        for (auto& line : audit_lines(data, record.audit(data.fingerprint))) {
            rows.push_back({data.dataset, std::move(line)});
        }
    }
    return rows;
}

Table audit_table(const std::vector<AuditRow>& rows) {
    const auto result = [](const AuditRow& row) -> std::string {
        switch (row.line.leak) {
            case Leak::none:
                return "ok";
            case Leak::unknown:
                return "unknown";
            case Leak::found:
                return "found";
        }
        return "";
    };
    return {"audit",
            {
                column("dataset", rows, [](const AuditRow& r) { return r.dataset; }),
                column("result", rows, result),
                column("what", rows, [](const AuditRow& r) { return r.line.text; }),
            }};
}

// What the test part may share with the others: groups, copies, and shares of classes.
void add_audit(const sweep::Record& record, Chapter& chapter) {
    const auto rows = audit_rows(record);
    std::set<std::string> found;
    for (const auto& row : rows) {
        if (row.line.leak == Leak::found) {
            found.insert(row.dataset);
        }
    }
    if (!found.empty()) {
        chapter.findings.push_back(
            {fmt::format("The parts of {} share something, or differ in their classes: see the "
                         "audit below, under The images.",
                         core::join(std::vector<std::string>(found.begin(), found.end()))),
             Tone::warning});
    }
    chapter.section.blocks.emplace_back(
        Sheet{"audit", "Audit of the parts",
              "Whether groups (patients) or copies of images lie in more than one part, so that "
              "test scores flatter, and whether the parts have the same shares of classes.",
              audit_table(rows)});
}

}  // namespace

Chapter data(const Material& material) {
    Chapter chapter{{}, {"data", "The images", {}}};
    const auto& record = material.source.record;
    std::vector<ClassRow> rows;
    for (const auto& data : record.datasets()) {
        for (std::size_t c = 0; c < data.classes.size(); ++c) {
            rows.push_back({&data, c});
        }
        warn_of_missing_classes(data, chapter);
    }
    if (!record.datasets().empty()) {
        chapter.section.blocks.emplace_back(
            Sheet{"datasets", "Datasets",
                  "Images of each part (of a dataset with folds, with the first one as test); "
                  "NAME@SEED is a dataset divided by that seed. skipped: bad images left out; "
                  "duplicates: images that share a group because they are "
                  "copies.",
                  dataset_table(record)});
        chapter.section.blocks.emplace_back(Sheet{
            "classes", "Classes", "Images of each class in each part.", class_table(rows), true});
        add_audit(record, chapter);
    }
    const auto& augmented = material.source.augmented;
    chapter.section.blocks.insert(chapter.section.blocks.end(), augmented.begin(), augmented.end());
    return chapter;
}

}  // namespace graft::results::report
