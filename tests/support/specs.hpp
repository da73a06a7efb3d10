// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sweep/event.hpp"

namespace graft::tests {

// A trial that differs from others by its seed alone.
inline sweep::PlannedTrial planned_trial(std::int64_t seed = 1) {
    sweep::PlannedTrial planned;
    planned.spec.edit().network = "small_cnn";
    planned.spec.edit().dataset = "pcam";
    planned.spec.edit().dataset_fingerprint = "0123456789abcdef0123456789abcdef";
    planned.spec.edit().init_text = "random";
    planned.spec.seed = seed;
    planned.work.multiply_adds = 1e9;
    planned.work.train_images = 100;
    planned.work.evaluated_images = 20;
    planned.work.epochs = 5;
    return planned;
}

inline sweep::Started started(std::int64_t micros = 0) {
    sweep::Started event;
    event.time = {micros};
    event.start_id = "start";
    event.host = "host";
    return event;
}

inline sweep::Planned planned(std::vector<sweep::PlannedTrial> trials) {
    sweep::Planned event;
    event.sweep_name = "example";
    event.added = std::move(trials);
    return event;
}

inline sweep::AttemptStarted attempt_started(std::uint64_t cohort, const sweep::TrialId& trial,
                                             std::int32_t attempt = 1) {
    sweep::AttemptStarted event;
    event.cohort = sweep::CohortId(cohort);
    event.members = {{trial, attempt}};
    event.slots = {sweep::Slot(0)};
    event.host = "host";
    return event;
}

// A save after epoch `epoch` of the fine-tuning, with that epoch's row.
inline sweep::SaveRecorded save_recorded(std::uint64_t cohort, const sweep::TrialId& trial,
                                         std::int32_t epoch) {
    sweep::EpochRow row;
    row.phase = sweep::Phase::fine_tune;
    row.epoch = epoch;
    row.train_loss = 1.0 / epoch;
    row.validation.auc = 0.5 + 0.01 * epoch;
    sweep::MemberSave member;
    member.trial = trial;
    member.rows = {row};
    member.best = sweep::Best{row.phase, epoch, row.validation};
    member.files = {{"trials/x/1.1.state.h5", 100, "hash"}};
    member.seconds = 10;
    sweep::SaveRecorded event;
    event.save.cohort = sweep::CohortId(cohort);
    event.save.save = epoch;
    event.save.position = {sweep::Phase::fine_tune, epoch + 1, 0, 10 * epoch};
    event.save.members = {member};
    return event;
}

inline sweep::AttemptEnded attempt_ended(std::uint64_t cohort, sweep::Ending ending) {
    sweep::AttemptEnded event;
    event.cohort = sweep::CohortId(cohort);
    event.ending = std::move(ending);
    return event;
}

}  // namespace graft::tests
