// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.hpp"

#include "sweep/message.hpp"

namespace graft::sweep {

// The events of the journal, in the encoding of core/bytes.hpp. New members (`since` that format)
// and kinds are added at the end only, with a new kJournalFormat; a golden journal of every format
// stays readable.
constexpr std::uint32_t kJournalFormat = 5;

// Reasons of starts that ran nothing: they cleaned up, divided the sweep, or took results in.
constexpr std::string_view kCleaned = "cleaned", kDivided = "divided", kMerged = "merged";
constexpr bool ran_nothing(std::string_view reason) {
    return reason == kCleaned || reason == kDivided || reason == kMerged;
}

// What a segment found of an earlier one; bytes beyond `accepted_bytes` are void.
struct Seal {
    std::int64_t segment = 0;
    std::uint64_t accepted_bytes = 0;
    template <class Archive>
    void fields(Archive& archive) {
        archive(segment, accepted_bytes);
    }
};

// First event of every segment.
struct Started {
    core::WallTime time;
    std::string start_id;  // random; also in the file `ending`
    std::string host, version, job;
    std::int64_t pid = 0;
    std::vector<Seal> seals;
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, start_id, host, version, job, pid, seals);
    }
};

struct PlannedTrial {
    TrialSpec spec;
    Work work;
    template <class Archive>
    void fields(Archive& archive) {
        archive(spec, work);
    }
};
// The grid as it is now: these trials are added, those are left out of the sweep (kept in the
// record, outside queries) or taken back in by being added again.
struct Planned {
    core::WallTime time;
    std::string sweep_name;
    std::string sweep_file;  // the resolved text
    std::vector<PlannedTrial> added;
    std::vector<TrialId> left_out;
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, sweep_name, sweep_file, added, left_out);
    }
};

struct DatasetReady {
    core::WallTime time;
    std::string dataset, fingerprint;
    std::int32_t size = 0, stored_size = 0;
    std::string prepared;         // absolute path of the prepared file
    std::string pixels_checksum;  // another one later is an error
    std::vector<std::string> classes;
    std::int64_t train = 0, validation = 0, test = 0;
    std::vector<std::string> skipped;  // "path: reason" of every bad image
    std::int64_t duplicates = 0;       // images that share their group because they are duplicates
    // Images of each class, in the order of `classes`: AUC floors come from them.
    std::vector<std::int64_t> train_counts = {}, validation_counts = {}, test_counts = {};
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, dataset, fingerprint, size, stored_size, prepared, pixels_checksum, classes,
                train, validation, test, skipped, duplicates, train_counts, validation_counts,
                test_counts);
    }
};

struct AttemptMember {
    TrialId trial;
    std::int32_t attempt = 1;
    template <class Archive>
    void fields(Archive& archive) {
        archive(trial, attempt);
    }
};
struct AttemptStarted {
    core::WallTime time;
    CohortId cohort;
    std::vector<AttemptMember> members;
    Rank rank;
    std::vector<Slot> slots;
    std::string host;
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, cohort, members, rank, slots, host);
    }
};
struct AttemptBegun {
    core::WallTime time;
    CohortId cohort;
    std::string device, numerics;
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, cohort, device, numerics);
    }
};
struct SaveRecorded {
    core::WallTime time;
    Saved save;
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, save);
    }
};
struct AttemptEnded {
    core::WallTime time;
    CohortId cohort;
    Ending ending;
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, cohort, ending);
    }
};
// The retry rules gave a trial up.
struct TrialFailed {
    core::WallTime time;
    TrialId trial;
    std::string message;
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, trial, message);
    }
};
// Last event of a segment that was closed in good order.
struct Closed {
    core::WallTime time;
    std::string reason;  // "done", "drained", "stopped", "no space", "cleaned", "divided", "merged"
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, reason);
    }
};

// Since format 2:

// A device failed and gets no work for seven days, on this host or any other.
struct DeviceFailed {
    core::WallTime time;
    std::string host, device;  // its UUID
    std::string reason;
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, host, device, reason);
    }
};
// A failed trial waits again, on request; attempts before this count for no rule any more. Since
// format 5 also one that was stopped: it is trained to its last epoch.
struct TrialRetried {
    core::WallTime time;
    TrialId trial;
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, trial);
    }
};
// What became of a request, after the events that carry it out; only then its file goes.
struct RequestAnswered {
    core::WallTime time;
    std::string request;  // name of its file
    std::string answer;   // in words
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, request, answer);
    }
};

// Since format 3:

// Files of a trial that the record names, and does not name any more: they are deleted after this.
enum class Freed : std::int32_t {
    weights,  // best.h5 of a trial that has its result; what else is recorded of it stays
    state,    // what a failed trial would have gone on from: a retry begins it anew
};
struct FilesFreed {
    core::WallTime time;
    TrialId trial;
    Freed what = Freed::weights;
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, trial, what);
    }
};

// Since format 4:

// Images outside training whose copy lies in another part of their dataset.
struct LeakedCopies {
    std::int64_t validation = 0, test = 0;
    std::vector<std::string> examples;  // the first few, "a (train) and b (test)"
    template <class Archive>
    void fields(Archive& archive) {
        archive(validation, test, examples);
    }
};
// What lies in more than one part of a dataset that is ready: it is the same at every size.
struct DatasetAudited {
    core::WallTime time;
    std::string dataset, fingerprint;
    bool grouped = false;  // groups are known: not every image is one of its own
    std::int64_t groups_across = 0;
    std::vector<std::string> groups;  // the first few, "name (train, test)"
    bool copies_known = false;        // the prepared file has what copies are found by
    LeakedCopies equal, alike;        // files; pictures by their perceptual hash, not equal
    std::int32_t alike_bits = 0;      // in which hashes of alike pictures may differ
    std::int64_t conflicting = 0;     // sets of equal files with different labels
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, dataset, fingerprint, grouped, groups_across, groups, copies_known, equal,
                alike, alike_bits, conflicting);
    }
};

// Since format 5:

// What a rule of [stopping] says of a trial that stands between two epochs, where its last save
// before this left it. One that stops ends there, with its best epoch so far as its result.
struct TrialJudged {
    core::WallTime time;
    TrialId trial;
    std::int32_t epoch = 0;  // behind it, as [stopping] counts
    bool stops = false;
    std::string reason;  // in words
    template <class Archive>
    void fields(Archive& archive) {
        archive(time, trial, epoch, stops, reason);
    }
};

using Event = std::variant<Started, Planned, DatasetReady, AttemptStarted, AttemptBegun,
                           SaveRecorded, AttemptEnded, TrialFailed, Closed, DeviceFailed,
                           TrialRetried, RequestAnswered, FilesFreed, DatasetAudited, TrialJudged>;

}  // namespace graft::sweep

template <>
struct graft::core::EnumNames<graft::sweep::Freed> {
    static constexpr std::array<std::string_view, 2> names{"weights", "state"};
};
