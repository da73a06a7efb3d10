// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.hpp"

#include "sweep/message.hpp"
#include "sweep/record.hpp"
#include "sweep/rivals.hpp"
#include "sweep/sweep_file.hpp"
#include "sweep/trial_names.hpp"

#include "scheduler/company.hpp"
#include "scheduler/cost_model.hpp"
#include "scheduler/deadline.hpp"
#include "scheduler/queue.hpp"
#include "scheduler/retry.hpp"
#include "scheduler/run.hpp"

namespace graft::scheduler {

using sweep::CohortId;
using sweep::Rank;
using sweep::Slot;
using sweep::TrialId;

// The two clocks, read once per step of the loop.
struct Moment {
    core::Instant now;
    core::WallTime wall;
};

struct Idle {};
struct Busy {
    CohortId cohort;
};
// Takes no work before: its device is held by another process.
struct Resting {
    core::Instant until;
};
struct Gone {
    std::string reason;
};
using Activity = std::variant<Idle, Busy, Resting, Gone>;
struct LiveSlot {
    sweep::SlotInfo info;
    Activity state;             // changed by set_activity() alone
    std::optional<Need> holds;  // the dataset that its trainer has loaded
    std::string numerics;       // as its trainer last said; empty: not yet
    int charges = 0;            // attempts in a row that were killed here without a save
    int busy = 0;               // attempts in a row that found the device busy
    std::string suspect;        // its device failed in an earlier start; empty: sound
};

enum class RankStage : std::uint8_t {
    expected,  // has not said hello
    working,
    leaving,  // was told to leave
    left,
    lost,  // fell silent; what it still says is dropped
};
struct LiveRank {
    RankStage stage = RankStage::expected;
    std::string host;
    core::Instant heard;
    std::vector<LiveSlot> slots;
    // Losses of several trainers at once, in a row, without a save by any. The last one's slots
    // are in `charged` until it is known to be one.
    int charges = 0;
    Burst losses;
    std::vector<Slot> charged;
};

// An assigned cohort, from AttemptStarted to AttemptEnded.
struct Flight {
    Rank rank;
    std::vector<Slot> slots;
    std::vector<TrialId> members;
    core::Instant started;
    bool begun = false;
    bool trained = false;  // a batch, in this attempt
    std::int64_t saves = 0;
    sweep::Progress progress;
    TrialClass its_class;
    double work = 0;  // multiply-adds that are left after the last save
    // Of training that the cost model has not been told: a save of some members is not enough.
    double done = 0, seconds = 0;
    bool draining = false;  // to be divided
};

struct Preparing {};
struct Broken {
    std::string message;
};
// Unknown: needed, and nobody has begun with it.
using DatasetState = std::variant<std::monostate, Preparing, sweep::DatasetReady, Broken>;

struct Stop {
    Outcome outcome = Outcome::drained;
    std::string message;
};

struct Settings {
    std::string directory;  // of the sweep, absolute
    int ranks = 1;
    core::Seconds lost_after{60};
    sweep::OnOtherHardware on_other_hardware = sweep::OnOtherHardware::continue_;
    Cohorts cohorts = Cohorts::formed;
    std::optional<sweep::StoppingSettings> stopping = {};  // run.hpp
    TrainerMemory memory;
    std::string build_id;
    std::optional<core::WallTime> deadline;  // when the batch job ends, to be shown
    std::function<std::string(const sweep::TrialSpec&)> weights, network;  // run.hpp
    // Left on the sweep's file system, for the message of a full disk; may be empty.
    std::function<std::uint64_t()> free_bytes;
};

// Everything that the coordinator knows: the record, and what is live in this start.
struct State {
    Settings settings;
    sweep::Record record;
    sweep::TrialNames names;  // of this start, as the next two
    sweep::Rivals rivals;
    Queue queue;  // trials that wait, by class, longest first
    CostModel costs;
    Deadline deadline;
    std::map<Rank, LiveRank> ranks;
    std::set<std::pair<Rank, Slot>> idle;  // slots that are Idle, of any rank
    std::map<CohortId, Flight> flights;
    std::map<Need, DatasetState> datasets;
    std::optional<Stop> stop;  // set once: nothing new is assigned, everything ends
    bool told_to_leave = false;
    bool said_idle = false;  // slots idle because nothing that waits fits before the deadline
    bool closed = false;     // Closed is emitted: nothing follows
    // Rules that look at several attempts.
    bool anything_saved = false;                 // in this start
    bool anything_trained = false;               // in this start
    std::map<std::string, int> same_errors;      // InputFaults of this start, by text
    std::map<std::string, Burst> out_of_memory;  // by host
    std::vector<std::string> lines;              // for the observer, taken by the coordinator
};

State make_state(Settings settings, sweep::Record record, core::Instant now);

Need need_of(const sweep::Trial& trial);
// Members of a flight that have no result yet.
std::vector<const sweep::Trial*> unfinished(const State& state, const Flight& flight);
bool runs(const LiveSlot& slot);  // not gone
// Why the slot gets no work as long as another can take it; empty: it does.
std::string why_aside(const LiveRank& rank, const LiveSlot& slot);
// A slot that is not set aside can take work now or later.
bool another_takes_work(const State& state);
LiveSlot* find_slot(State& state, Rank rank, Slot slot);
// Of a slot that is there; keeps State::idle, so that scheduling need not look at every slot.
void set_activity(State& state, Rank rank, Slot slot, Activity activity);
// The rank has so many slots; new ones are idle.
void resize_slots(State& state, Rank rank, std::size_t count);
// Slots that can take work now or later, of ranks that work or are expected.
int usable_slots(const State& state);

Status status_of(const State& state, core::WallTime wall);

// Cross-checks everything against everything; throws std::logic_error naming what does not fit.
// Costs a pass over all trials: for tests.
void check_invariants(const State& state);

}  // namespace graft::scheduler
