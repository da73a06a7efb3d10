// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sweep/record.hpp"

namespace graft::commands {

// How result files come from one sweep into another.
enum class Bringing {
    link,  // a second name for the same file where the file system allows it, else a copy
    copy,  // a file of the sweep's own: nobody else can change it
};

// The result files of one trial, best.h5 and predictions.h5, on their way into a sweep: beside
// their names until publish(). What goes without is removed.
class BroughtFiles {
  public:
    BroughtFiles(std::filesystem::path into, sweep::TrialId trial)
        : into_(std::move(into)), trial_(std::move(trial)) {}
    ~BroughtFiles();
    BroughtFiles(const BroughtFiles&) = delete;
    BroughtFiles& operator=(const BroughtFiles&) = delete;

    // Brings what the result names from the sweep in `from`, and checks its content. Returns what
    // is wrong with a file there, in words; nothing when all is well. A file that an earlier try
    // has brought is not brought again.
    std::optional<std::string> bring(const std::filesystem::path& from,
                                     const sweep::TrialResult& result, Bringing how);
    // Gives them their names, synced: from here on the record may name them.
    void publish();

  private:
    struct Pair {
        std::filesystem::path aside, plain;
    };
    std::optional<std::string> bring_file(const std::filesystem::path& from,
                                          const sweep::FileRef& file, std::string_view kind,
                                          Bringing how);

    std::filesystem::path into_;
    sweep::TrialId trial_;
    std::vector<Pair> brought_;
    std::vector<std::filesystem::path> there_;  // of an earlier try
};

}  // namespace graft::commands
