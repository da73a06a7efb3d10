// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sweep/record.hpp"

#include "results/row_cache.hpp"
#include "results/table.hpp"

namespace graft::results {

// A sweep that a question goes to. Record and cache must live as long as what is made of them.
struct Asked {
    std::string name;                 // in column `sweep`
    std::filesystem::path directory;  // absolute: column `checkpoint` names files in it
    const sweep::Record* record = nullptr;
    const RowCache* cache = nullptr;  // of rows that the record lacks; null: it has them all
};

constexpr std::array<std::string_view, 6> kTableNames{"trials",   "epochs",  "attempts",
                                                      "datasets", "skipped", "provenance"};

// The tables of one sweep or several as questions see them: those of the store, with a first column
// `sweep`, and in `trials` a last one `checkpoint`, the absolute path of the best epoch's weights.
// A trial that stands in several sweeps (equal names, equal trials) is there once: of the first one
// that has its result, else of the first that began it. Columns are made when they are asked for.
class Sweeps {
  public:
    explicit Sweeps(std::vector<Asked> sweeps);

    std::size_t count() const { return sweeps_.size(); }
    // One of kTableNames.
    const Columns& table(std::string_view name) const;
    // For each row of `epochs` that of `trials`.
    std::vector<std::size_t> trials_of_epochs() const;
    // Trials that stand in several of the sweeps.
    std::size_t repeated() const { return repeated_; }

  private:
    void choose();
    std::size_t epochs_of(std::size_t sweep, std::size_t trial) const;
    std::unique_ptr<Columns> make(std::string_view name) const;

    std::vector<Asked> sweeps_;
    std::vector<std::vector<bool>> kept_;  // by sweep and trial
    std::size_t repeated_ = 0;
    mutable std::map<std::string, std::unique_ptr<Columns>, std::less<>> tables_;
};

}  // namespace graft::results
