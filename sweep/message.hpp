// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/bytes.hpp"
#include "core/ids.hpp"

#include "sweep/ending.hpp"
#include "sweep/progress.hpp"
#include "sweep/stopping.hpp"
#include "sweep/trial.hpp"

namespace graft::sweep {

// The two closed sets of messages between coordinator, supervisors and trainers, in one encoding
// (core/bytes.hpp). The coordinator talks to ranks; a supervisor passes what concerns a cohort on
// to the trainer of its slots and back, unchanged. Peers compare build ids before anything else,
// so the encoding needs no compatibility between builds.

struct RankTag;
struct SlotTag;
struct CohortTag;
using Rank = core::Id<RankTag, std::int32_t>;
using Slot = core::Id<SlotTag, std::int32_t>;  // index within its rank
// One assignment of a cohort; never used twice in a sweep, so that what an older attempt still
// sends is told apart and dropped.
using CohortId = core::Id<CohortTag, std::uint64_t>;

// ---- to a worker

struct Member {
    TrialId trial;
    std::int32_t attempt = 1;
    TrialSpec spec;
    std::vector<FileRef> files;  // of the last recorded save; empty: from the start
    std::optional<Position> position;
    // Where the files cannot be gone on from, the trial begins again: it was given up for that, and
    // someone asked for a retry.
    bool may_begin_again = false;
    // Where this says that a verdict is due, the trainer saves and waits for it.
    StoppingSettings stopping = {};
    bool stops = false;  // by a verdict at its last save: it has only to be scored
    template <class Archive>
    void fields(Archive& archive) {
        archive(trial, attempt, spec, files, position, may_begin_again, stopping, stops);
    }
};

struct Assign {
    CohortId cohort;
    std::vector<Slot> slots;        // of the receiving rank
    std::vector<Member> members;    // one cohort (sweep/cohort.hpp), all at the same position
    std::string directory;          // of the sweep, absolute
    std::string prepared;           // prepared file, absolute
    std::string prepared_checksum;  // as journalled at first use
    std::string weights;            // weight file, absolute; empty for random
    std::string network;            // its definition; empty for a built-in one
    std::int32_t image_size = 0;
    template <class Archive>
    void fields(Archive& archive) {
        archive(cohort, slots, members, directory, prepared, prepared_checksum, weights, network,
                image_size);
    }
};
// The save is in the journal: what it replaced may be removed. Verdicts that were due at it are,
// too.
struct Recorded {
    CohortId cohort;
    std::int64_t save = 0;
    std::vector<TrialId> stopped;  // of its members those that end where they stand
    template <class Archive>
    void fields(Archive& archive) {
        archive(cohort, save, stopped);
    }
};
// Save at the next batch, then end the cohort with Drained: one cohort, or all of the rank.
struct Drain {
    std::optional<CohortId> cohort;
    template <class Archive>
    void fields(Archive& archive) {
        archive(cohort);
    }
};
// Nothing more will come: end.
struct Leave {
    template <class Archive>
    void fields(Archive&) {}
};
using ToWorker = std::variant<Assign, Recorded, Drain, Leave>;

// ---- from a worker

struct SlotInfo {
    std::vector<std::string> devices;  // GPU UUIDs; empty: none
    std::string device_name;           // "NVIDIA H200", or the processor's name
    std::vector<std::int32_t> cores;
    template <class Archive>
    void fields(Archive& archive) {
        archive(devices, device_name, cores);
    }
};
// First message of a rank.
struct RankHello {
    std::string host;
    std::int64_t pid = 0;
    std::string build_id;
    std::vector<SlotInfo> slots;
    template <class Archive>
    void fields(Archive& archive) {
        archive(host, pid, build_id, slots);
    }
};
// First message of a trainer.
struct TrainerHello {
    std::string build_id;
    template <class Archive>
    void fields(Archive& archive) {
        archive(build_id);
    }
};
// A cohort's attempt has begun on the device; numerics: kind of device, threads, instruction set,
// library versions.
struct Begun {
    CohortId cohort;
    std::string device, numerics;
    template <class Archive>
    void fields(Archive& archive) {
        archive(cohort, device, numerics);
    }
};
// Shown, never recorded.
struct Progress {
    CohortId cohort;
    Position position;
    std::int32_t batches = 0;  // of the epoch
    double images_per_second = 0;
    double loss = 0;
    double val_auc = NAN;  // of the last validation
    template <class Archive>
    void fields(Archive& archive) {
        archive(cohort, position, batches, images_per_second, loss, val_auc);
    }
};
// A save whose files are synced: of all members that have no result yet, or of those that end with
// it. Numbers count from 1 in each cohort.
struct Saved {
    CohortId cohort;
    std::int64_t save = 0;
    Position position;
    std::vector<MemberSave> members;
    double save_seconds = 0;
    template <class Archive>
    void fields(Archive& archive) {
        archive(cohort, save, position, members, save_seconds);
    }
};
struct Ended {
    CohortId cohort;
    Ending ending;
    template <class Archive>
    void fields(Archive& archive) {
        archive(cohort, ending);
    }
};
// The rank is alive; sent every second.
struct Alive {
    template <class Archive>
    void fields(Archive&) {}
};
// The slot can take no work any more, with the reason in words.
struct SlotLost {
    Slot slot;
    std::string reason;
    template <class Archive>
    void fields(Archive& archive) {
        archive(slot, reason);
    }
};
// The rank has left in good order.
struct Left {
    template <class Archive>
    void fields(Archive&) {}
};
// A trainer does nothing before its saves, the last of which is named, are recorded; for the
// supervisor alone.
struct Waits {
    CohortId cohort;
    std::int64_t save = 0;
    template <class Archive>
    void fields(Archive& archive) {
        archive(cohort, save);
    }
};
using FromWorker = std::variant<RankHello, TrainerHello, Begun, Progress, Saved, Ended, Alive,
                                SlotLost, Left, Waits>;

}  // namespace graft::sweep
