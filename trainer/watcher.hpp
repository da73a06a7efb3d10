// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sweep/progress.hpp"

namespace graft::trainer {

// What the training of a cohort tells and asks between batches: the session in a trainer, a fake in
// tests.
class Watcher {
  public:
    virtual ~Watcher() = default;

    struct Shown {
        sweep::Position position;
        std::int32_t batches = 0;      // of the epoch
        double images_per_second = 0;  // through the cohort: each image once, for all members
        double loss = 0;               // of the epoch so far, mean over the members
        double val_auc = 0;            // the best member's at the last validation, or NaN
    };
    enum class Request { go_on, drain };
    // After every batch of training and of evaluation; `drain`: save now, and leave. `shown` waits
    // for the device: to be called where it is shown.
    virtual Request after_batch(const std::function<Shown()>& shown) = 0;

    // The number that the next save takes in its files' names.
    virtual std::int64_t next_save() const = 0;
    // The files of one save are written and synced: of all members that have no result yet, or of
    // those that end with it.
    virtual void saved(const sweep::Position& position, std::vector<sweep::MemberSave> members,
                       double save_seconds) = 0;
    // After a save at which verdicts are due (sweep/stopping.hpp): waits for them. Of the members
    // those that end where they stand.
    virtual std::vector<sweep::TrialId> verdicts() { return {}; }
};

}  // namespace graft::trainer
