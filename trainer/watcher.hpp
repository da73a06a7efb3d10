// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "sweep/progress.hpp"

namespace graft::trainer {

// What the training of a trial tells and asks between batches: the session in a trainer, a fake in
// tests.
class Watcher {
  public:
    virtual ~Watcher() = default;

    struct Shown {
        sweep::Position position;
        std::int32_t batches = 0;  // of the epoch
        double images_per_second = 0;
        double loss = 0;     // of the epoch so far
        double val_auc = 0;  // of the last validation, or NaN
    };
    enum class Request { go_on, drain };
    // After every batch of training and of evaluation; `drain`: save now, and leave.
    virtual Request after_batch(const Shown& shown) = 0;

    // The number that the next save takes in its files' names.
    virtual std::int64_t next_save() const = 0;
    // The files of `save` are written and synced.
    virtual void saved(const sweep::Position& position, const sweep::MemberSave& save,
                       double save_seconds) = 0;
};

}  // namespace graft::trainer
