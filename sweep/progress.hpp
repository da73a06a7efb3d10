// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/enum_table.hpp"

#include "sweep/trial.hpp"

namespace graft::sweep {

// What a trial leaves behind while it is trained and when it ends. Missing numbers are NaN.

enum class Phase : std::int32_t { warmup, fine_tune };

struct Metrics {
    double loss = NAN, accuracy = NAN, auc = NAN, auc_micro = NAN, auc_macro = NAN;
    template <class Archive>
    void fields(Archive& archive) {
        archive(loss, accuracy, auc, auc_micro, auc_macro);
    }
};

// Where a trial stands: `batch` batches of epoch `epoch` (1-based, within its phase) are done.
struct Position {
    Phase phase = Phase::warmup;
    std::int32_t epoch = 1;
    std::int32_t batch = 0;
    std::int64_t step = 0;  // optimizer steps since the first of the trial
    template <class Archive>
    void fields(Archive& archive) {
        archive(phase, epoch, batch, step);
    }
    bool operator==(const Position&) const = default;
};

struct EpochRow {
    Phase phase = Phase::warmup;
    std::int32_t epoch = 1;
    std::int64_t step = 0;  // after the epoch
    double train_loss = NAN, train_accuracy = NAN;
    Metrics validation;
    double val_auc_reestimated = NAN;
    double seconds = NAN, images_per_second = NAN;
    template <class Archive>
    void fields(Archive& archive) {
        archive(phase, epoch, step, train_loss, train_accuracy, validation, val_auc_reestimated,
                seconds, images_per_second);
    }
};

// A file of the sweep, by its name relative to the sweep's directory.
struct FileRef {
    std::string name;
    std::uint64_t bytes = 0;
    std::string hash;  // core::file_hash
    template <class Archive>
    void fields(Archive& archive) {
        archive(name, bytes, hash);
    }
};

struct Best {
    Phase phase = Phase::warmup;
    std::int32_t epoch = 0;
    Metrics validation;
    template <class Archive>
    void fields(Archive& archive) {
        archive(phase, epoch, validation);
    }
};

// The end of a trial that could be trained: a diverged one is a result, too.
struct TrialResult {
    std::int32_t diverged_epoch = 0;  // > 0: the loss was not finite in that epoch
    Phase diverged_phase = Phase::warmup;
    std::optional<Best> best;  // none when it diverged before the first validation
    Metrics test;
    FileRef weights;      // best.h5; empty name when there is no best, or it was freed
    FileRef predictions;  // predictions.h5
    template <class Archive>
    void fields(Archive& archive) {
        archive(diverged_epoch, diverged_phase, best, test, weights, predictions);
    }
};

// What one member of a cohort adds with a save.
struct MemberSave {
    TrialId trial;
    std::vector<EpochRow> rows;  // since the last save
    std::optional<Best> best;
    std::vector<FileRef> files;         // state to go on from, best weights so far; none when it
                                        // ended at its last epoch or diverged
    std::optional<TrialResult> result;  // the member has ended
    double seconds = 0;                 // of training since the last save
    template <class Archive>
    void fields(Archive& archive) {
        archive(trial, rows, best, files, result, seconds);
    }
};

}  // namespace graft::sweep

template <>
struct graft::core::EnumNames<graft::sweep::Phase> {
    static constexpr std::array<std::string_view, 2> names{"warmup", "fine_tune"};
};
