// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/h5/file.hpp"

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

#include "results/predictions/predictions.hpp"
#include "results/table.hpp"

namespace graft::results::exports {

// Of the layout that docs/export.md describes; the tables have kStoreFormat.
constexpr std::int64_t kHandOnFormat = 1;

// One HDF5 file to hand on, which needs no other: the tables of the store and, of each trial with a
// result, its predictions, pooled features and curves. It is filled trial by trial, and holds no
// more of them in memory than one.
//
//   /trials, /epochs, ...      as in the store; the rows that were chosen
//   /contents                  one row for each trial that was added or is missing
//   /images/<fingerprint>/<part>[_2...]/{id,label,group}   each once, whatever trials share it
//   /predictions/<trial>/classes, <part>/{id,label,group,scores,roc,precision_recall},
//       test/{features,feature_rows}
//
// id, label and group of a trial are hard links to those under /images. Equal arguments give equal
// bytes.
class HandOnFile {
  public:
    // Replaces a file that is there. `end`: how far of the sweep's own journal `record` goes.
    HandOnFile(const std::filesystem::path& path, const sweep::Record& record,
               sweep::JournalEnd end);
    // The trial has a result with a predictions file, which `kept` was read from.
    void add(const sweep::Trial& trial, const predictions::Predictions& kept);
    // The predictions of this trial cannot be had, and why.
    void add_missing(const sweep::Trial& trial, const std::string& problem);
    // The tables, and the end of the file. Nothing can be added after it.
    void finish(const std::vector<Table>& tables);

  private:
    struct Content {
        std::string trial, predictions, problem, source_hash;
        std::int64_t source_bytes = 0;
    };
    void note(const sweep::Trial& trial, const std::string& group, const std::string& problem);
    void add_part(const sweep::Trial& trial, const std::string& name, const predictions::Part& part,
                  std::size_t classes);
    // Where ids, labels and groups of a part are stored; stores them when they are new.
    std::string images_of(const sweep::Trial& trial, const std::string& name,
                          const predictions::Part& part);

    core::h5::File file_;
    std::vector<Content> contents_;
    std::map<std::string, std::string> images_;  // hash of what is stored -> its group
};

// Whether HandOnFile wrote what is there. False for all else, damaged files included.
bool is_hand_on_file(const std::filesystem::path& path);

// The ROC and precision-recall curves of a part: for two classes that of class 1; for more one of
// each class against the rest, and as class -1 all of them against the rest, which the micro
// average is over. Columns: class, then those of RocPoint and of PrecisionPoint. A class without a
// curve (predictions/curves.hpp) has no rows.
Table roc_table(const predictions::Part& part, std::size_t classes);
Table precision_recall_table(const predictions::Part& part, std::size_t classes);

}  // namespace graft::results::exports
