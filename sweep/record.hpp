// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sweep/event.hpp"

namespace graft::sweep {

// Everything that the journal says, folded into tables: the state that scheduling starts from, and
// what the store is built of. The fold is one function, apply(), used live and in replay.

struct Attempt {
    std::int32_t number = 1;
    CohortId cohort;
    Rank rank;
    std::vector<Slot> slots;
    std::string host, device, numerics;
    core::WallTime start;
    std::optional<core::WallTime> end;
    std::optional<Ending> ending;  // none while it runs
    std::int64_t saves = 0;
    std::optional<core::WallTime> last_save;
    bool void_saves = false;   // a later attempt began anew: nothing of them is in the result
    std::int32_t members = 1;  // trials in its cohort when it started
    template <class Archive>
    void fields(Archive& archive) {
        archive(number, cohort, rank, slots, host, device, numerics, start, end, ending, saves,
                last_save, void_saves, members);
    }
};

// States of a trial, each with exactly its data.
struct Waiting {
    template <class Archive>
    void fields(Archive&) {}
};
struct Running {
    CohortId cohort;
    template <class Archive>
    void fields(Archive& archive) {
        archive(cohort);
    }
};
struct Done {
    TrialResult result;
    template <class Archive>
    void fields(Archive& archive) {
        archive(result);
    }
};
struct Failed {
    std::string message;
    template <class Archive>
    void fields(Archive& archive) {
        archive(message);
    }
};
// Ended by a rule of [stopping]: with a result as any other, and a state to go on from.
struct Stopped {
    TrialResult result;
    std::int32_t epoch = 0;  // behind it, as [stopping] counts
    std::string reason;      // in words
    template <class Archive>
    void fields(Archive& archive) {
        archive(result, epoch, reason);
    }
};
using TrialState = std::variant<Waiting, Running, Done, Failed, Stopped>;
// "waiting", "running", "done", "diverged", "failed", "stopped"
std::string_view name_of(const TrialState& state);
// Of a trial that is done or was stopped; null: it has none.
const TrialResult* result_of(const TrialState& state);

// What a rule of [stopping] said last.
struct Verdict {
    std::int32_t epoch = 0;
    bool stops = false;
    std::string reason;
    template <class Archive>
    void fields(Archive& archive) {
        archive(epoch, stops, reason);
    }
};

struct Trial {
    TrialId id;
    TrialSpec spec;
    Work work;
    bool left_out = false;
    TrialState state;
    std::vector<EpochRow> rows;  // one of every epoch that is saved
    std::vector<Attempt> attempts;
    std::size_t forgiven = 0;  // attempts before a retry on request: no rule counts them
    double seconds = 0;        // of training, over all attempts, as far as saved
    // Of the last recorded save: where to go on.
    std::optional<Position> position;
    std::vector<FileRef> files;
    std::optional<Best> best;
    std::optional<Verdict> verdict;
    bool to_the_end = false;  // it was stopped, and a retry asked for: no rule stops it again

    // A verdict says that it ends where it stands; it has no result yet.
    bool is_to_stop() const { return verdict && verdict->stops && !result_of(state); }
    // It was given up, a retry was asked for, and nothing is saved since: where its state is lost
    // it may begin again.
    bool may_begin_again() const;
    // Under which its saves were made, each once, the first one first.
    std::vector<std::string> numerics() const;
    // Attempts under different numerics whose saves were used.
    bool mixed() const { return numerics().size() > 1; }

    // All but the rows.
    template <class Archive>
    void fields(Archive& archive) {
        archive(id, spec, work, left_out, state, attempts, forgiven, seconds, position, files, best,
                verdict, to_the_end);
    }
};

struct Start {
    Started started;
    std::optional<Closed> closed;
    template <class Archive>
    void fields(Archive& archive) {
        archive(started, closed);
    }
};

// An attempt that ended without a save.
struct Futile {
    Rank rank;
    std::vector<Slot> slots;
    core::WallTime end;
    Ending ending;
    template <class Archive>
    void fields(Archive& archive) {
        archive(rank, slots, end, ending);
    }
};

class Record {
  public:
    // Throws SystemError naming the event when it does not fit the state (an unknown trial, a save
    // of an attempt that is not open).
    void apply(const Event& event);

    const std::vector<Trial>& trials() const { return trials_; }
    const Trial* find(const TrialId& id) const;
    const std::vector<DatasetReady>& datasets() const { return datasets_; }
    const DatasetReady* dataset(const std::string& fingerprint, std::int32_t size) const;
    // What was found in a dataset; null: an earlier graft prepared it, or none yet.
    const DatasetAudited* audit(const std::string& fingerprint) const;
    const std::vector<Start>& starts() const { return starts_; }
    // The last start that was to train, not only to keep house; null: there is none.
    const Start* last_run() const;
    // Every failure of a device, the oldest first.
    const std::vector<DeviceFailed>& failed_devices() const { return failed_devices_; }
    // Of every request, in the order of their answers.
    const std::vector<RequestAnswered>& answers() const { return answers_; }
    // In their order, over all starts: those since anything was saved, or since a start was closed
    // for another reason than "drained" (then the user was told, and ran again). One that only
    // cleaned up changes nothing.
    const std::vector<Futile>& futile() const { return futile_; }
    // Seconds that the longest save of all took.
    double longest_save() const { return longest_save_; }
    std::int64_t saves() const { return saves_; }  // over all starts
    const std::string& sweep_name() const { return sweep_name_; }
    const std::string& sweep_file() const { return sweep_file_; }
    // Larger than every cohort id used so far.
    CohortId next_cohort() const { return CohortId(last_cohort_.value + 1); }
    // Members of an open attempt; nothing when the cohort is not running.
    const std::vector<TrialId>* members(CohortId cohort) const;

    // The whole record but the rows of its trials (which are most of it), as bytes and back: for
    // who keeps rows elsewhere. from_bytes() throws DecodeError.
    std::string bytes_without_rows() const;
    static Record from_bytes(std::string_view bytes);
    // Puts the rows of trial number `trial` in.
    void give_rows(std::size_t trial, std::vector<EpochRow> rows);

    // As bytes_without_rows().
    template <class Archive>
    void fields(Archive& archive) {
        archive(trials_, datasets_, starts_, failed_devices_, answers_, futile_, sweep_name_,
                sweep_file_, longest_save_, saves_, last_cohort_, open_);
    }

  private:
    void on(const Started& event);
    void on(const Planned& event);
    void on(const DatasetReady& event);
    void on(const AttemptStarted& event);
    void on(const AttemptBegun& event);
    void on(const SaveRecorded& event);
    void on(const AttemptEnded& event);
    void on(const TrialFailed& event);
    void on(const Closed& event);
    void on(const DeviceFailed& event);
    void on(const TrialRetried& event);
    void on(const RequestAnswered& event);
    void on(const FilesFreed& event);
    void on(const DatasetAudited& event);
    void on(const TrialJudged& event);
    Trial& at(const TrialId& id);
    const std::vector<TrialId>& open(CohortId cohort) const;
    Attempt& attempt_of(Trial& trial, CohortId cohort);

    std::vector<Trial> trials_;  // in the order in which they were planned
    std::unordered_map<TrialId, std::size_t> index_;
    std::vector<DatasetReady> datasets_;
    std::map<std::string, DatasetAudited> audits_;  // by fingerprint
    std::vector<Start> starts_;
    std::vector<DeviceFailed> failed_devices_;
    std::vector<RequestAnswered> answers_;
    std::vector<Futile> futile_;
    std::string sweep_name_, sweep_file_;
    double longest_save_ = 0;
    std::int64_t saves_ = 0;
    CohortId last_cohort_{0};
    std::map<CohortId, std::vector<TrialId>> open_;
};

// What the journal in a sweep's directory says; an empty record where there is none. Throws as
// read_journal().
Record read_record(const std::filesystem::path& sweep);

}  // namespace graft::sweep
