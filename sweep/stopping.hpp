// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/enum_table.hpp"
#include "core/value.hpp"

#include "sweep/progress.hpp"
#include "sweep/trial.hpp"

namespace graft::sweep {

// [stopping]: which trials end before their last epoch. Part of no trial's name.
//
// Epochs are counted after the first `warmup_epochs`, which every trial trains: of a trial without
// a warm-up phase they are the first of its only phase. Nothing is stopped among them.

enum class StopRule : std::int32_t {
    none,
    // After `patience` epochs without a better validation (Keras' EarlyStopping with min_delta 0);
    // 0, which no file says: at min_epochs.
    patience,
    // Asynchronous successive halving, its stopping variant (Li et al. 2018, arXiv:1810.05934): at
    // each rung a trial goes on when it is in the best 1/reduction of those that reached the rung.
    asha
};

struct StoppingSettings {
    StopRule stop = StopRule::none;
    std::int32_t patience = 10;   // epochs
    std::int32_t min_epochs = 0;  // patience stops none before
    // Keys of the grid that rivals may differ in: those that agree in all others compete.
    std::vector<std::string> over;
    std::int32_t reduction = 3;
    std::int32_t first_rung = 1;  // epochs; the next rungs: times `reduction` each
    bool family = false;          // trials of the confirmatory family ([findings]) are stopped, too
    bool operator==(const StoppingSettings&) const = default;

    template <class Archive>
    void fields(Archive& archive) {
        archive(stop, patience, min_epochs, over, reduction, first_rung, family);
    }
};

// Reads the section. Throws InputError naming file, line and key.
StoppingSettings read_stopping_section(const core::Table& table);
// The section of a whole sweep file; nothing is stopped where there is none.
StoppingSettings stopping_settings(std::string_view sweep_file);

// Epochs that lie behind a position between two of them; nothing within an epoch, at the beginning,
// and in the first warmup_epochs.
std::optional<std::int32_t> epochs_behind(const TrialSpec& spec, const Position& position);
// The epoch of a row or a best one, counted alike: 0 or less in the first warmup_epochs.
std::int32_t counted_epoch(const TrialSpec& spec, Phase phase, std::int32_t epoch);

// ASHA's rungs before epoch `epochs`, rising.
std::vector<std::int32_t> rungs(const StoppingSettings& settings, std::int32_t epochs);

// A verdict on the trial is due where it stands: a trainer saves there and waits for it. With
// patience this is the verdict: it stops.
bool verdict_due(const StoppingSettings& settings, const TrialSpec& spec, const Position& position,
                 const std::optional<Best>& best);

// ASHA's verdict at a rung: `better` of `reached` trials that got there, itself included, are
// better than it.
bool goes_on(std::size_t better, std::size_t reached, std::int32_t reduction);

// Equal for trials that agree in all but the keys `over`.
std::string rivals_key(const TrialSpec& spec, const std::vector<std::string>& over);

}  // namespace graft::sweep

template <>
struct graft::core::EnumNames<graft::sweep::StopRule> {
    static constexpr std::array<std::string_view, 3> names{"none", "patience", "asha"};
};
