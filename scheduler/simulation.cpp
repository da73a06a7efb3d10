// SPDX-License-Identifier: Apache-2.0
#include "scheduler/simulation.hpp"

#include <algorithm>
#include <csignal>
#include <queue>
#include <stdexcept>

#include "scheduler/chance.hpp"
#include "scheduler/idle_clock.hpp"
#include "scheduler/reactor.hpp"

namespace graft::scheduler {

namespace {

using core::Seconds;

// A tick comes so long after the last event, and again as long as a slot idles.
constexpr Seconds kTick{60};
constexpr const char* kHost = "simulated";

// ---- what happens, and when

struct FirstBatch {
    CohortId cohort;
};
struct StretchEnds {
    CohortId cohort;
    std::uint64_t turn = 0;  // another one than the cohort's: it was drained meanwhile
};
struct Kill {
    CohortId cohort;
};
struct DatasetDone {
    Need need;
};
struct Tick {};
struct Leaves {
    Rank rank;
};
using What = std::variant<FirstBatch, StretchEnds, Kill, DatasetDone, Tick, Leaves>;

struct Happening {
    Seconds at{0};
    std::uint64_t order = 0;  // the earlier first when equal
    What what;
    bool operator>(const Happening& other) const {
        return at != other.at ? at > other.at : order > other.order;
    }
};

// A cohort on a virtual slot.
struct Cohort {
    Rank rank;
    std::vector<std::size_t> slots;  // among all
    std::vector<TrialId> members;
    CohortTime time;
    Epochs epochs;
    Stretch stretch;
    Seconds assigned{0}, stretch_begun{0};
    std::int64_t saves = 0;
    std::uint64_t turn = 0;
    bool drained = false;
};

Settings virtual_settings(const SimulationOptions& options) {
    Settings settings;
    settings.directory = "/simulated";
    settings.ranks = options.ranks;
    settings.cohorts = options.cohorts;
    settings.stopping.emplace();  // virtual trials have no validation
    settings.memory = options.memory;
    settings.lost_after = Seconds(1e12);  // virtual ranks do not fall silent
    settings.weights = [](const sweep::TrialSpec&) { return std::string(); };
    return settings;
}

// The run has a start of its own, which its end closes.
sweep::Record started(sweep::Record record) {
    sweep::Started start;
    start.start_id = start.host = kHost;
    record.apply(start);
    return record;
}

std::size_t slots_of(const SimulationOptions& options) {
    return static_cast<std::size_t>(options.ranks) * static_cast<std::size_t>(options.slots);
}

class Simulation {
  public:
    Simulation(const SimulationOptions& options, const SimulationModel& model, sweep::Record record)
        : options_(options),
          model_(model),
          state_(
              make_state(virtual_settings(options), started(std::move(record)), core::Instant{})),
          before_(slots_of(options)),
          idle_(slots_of(options)) {
        result_.slots.resize(slots_of(options));
    }

    Simulated run(const std::vector<sweep::Event>& plan) {
        on_start(
            state_, outbox_, plan, [](const auto&) { return true; }, moment());
        carry_out();
        for (int rank = 0; rank < options_.ranks; ++rank) {
            sweep::RankHello hello;
            hello.host = kHost;
            hello.slots.resize(static_cast<std::size_t>(options_.slots));
            for (auto& slot : hello.slots) {
                slot.device_name = options_.device;
            }
            tell(Rank(rank), hello);
        }
        while (!finished(state_, outbox_)) {
            if (coming_.empty()) {
                throw std::logic_error("the reactor neither assigns nor ends");
            }
            Happening next = coming_.top();
            coming_.pop();
            pass_time(next.at);
            std::visit([this](const auto& what) { on(what); }, next.what);
            tick_later();
        }
        return take_result();
    }

  private:
    // ---- the clock

    Moment moment() const {
        return {core::Instant{} + std::chrono::duration_cast<core::Instant::duration>(now_),
                {static_cast<std::int64_t>(now_.count() * 1e6)}};
    }

    void later(Seconds at, What what) { coming_.push({at, ++order_, std::move(what)}); }

    void pass_time(Seconds at) {
        idle_.pass(at - now_);
        now_ = at;
    }

    void tick_later() {
        if (!tick_comes_ && !running_.empty() && idle_.any_idle()) {
            tick_comes_ = true;
            later(now_ + kTick, Tick{});
        }
    }

    // ---- between the reactor and the ranks

    void tell(Rank rank, const sweep::FromWorker& message) {
        ++result_.messages;
        on_message(state_, outbox_, rank, message, moment());
        carry_out();
    }

    void carry_out() {
        outbox_.acknowledge(outbox_.take_events().size());
        state_.lines.clear();
        for (const auto& need : outbox_.take_needs()) {
            const Seconds takes = model_.prepare(need);
            result_.preparing += takes;
            later(now_ + takes, DatasetDone{need});
        }
        for (const auto& [rank, message] : outbox_.take_messages()) {
            std::visit([this, r = rank](const auto& kind) { take(r, kind); }, message);
        }
        idle_.reason(why_idle());
    }

    IdleFor why_idle() const {
        if (state_.queue.empty()) {
            return IdleFor::nothing_left;
        }
        const bool preparing = std::any_of(
            state_.datasets.begin(), state_.datasets.end(),
            [](const auto& entry) { return std::holds_alternative<Preparing>(entry.second); });
        return preparing ? IdleFor::data : IdleFor::held_back;
    }

    // ---- what a rank is told

    void take(Rank rank, const sweep::Assign& assign) {
        Cohort cohort;
        cohort.rank = rank;
        cohort.assigned = now_;
        std::vector<const sweep::Trial*> trials;
        for (const auto& member : assign.members) {
            cohort.members.push_back(member.trial);
            trials.push_back(state_.record.find(member.trial));
        }
        SlotBefore before{true, true};
        for (const auto slot : assign.slots) {
            const auto place = static_cast<std::size_t>(rank.value * options_.slots + slot.value);
            cohort.slots.push_back(place);
            before.trainer_runs = before.trainer_runs && before_[place].has_value();
            before.holds_data = before.holds_data && before_[place] == need_of(*trials.front());
            before_[place] = need_of(*trials.front());
            idle_.begin_work(place);
        }
        cohort.time = model_.cohort(trials, before);
        const auto key = assign.members.front().trial.text() + ' ' +
                         std::to_string(assign.members.front().attempt);
        const double factor = noise_factor(key, options_.seed, options_.noise);
        for (auto* part : {&cohort.time.warmup_epoch, &cohort.time.epoch, &cohort.time.scoring}) {
            *part *= factor;
        }
        cohort.epochs = epochs_of(*trials.front());
        cohort.stretch = next_stretch(cohort.time, cohort.epochs,
                                      epochs_done(cohort.epochs, trials.front()->position));
        cohort.stretch_begun = now_ + cohort.time.start;
        later(cohort.stretch_begun, FirstBatch{assign.cohort});
        later(cohort.stretch_begun + cohort.stretch.training + cohort.stretch.save,
              StretchEnds{assign.cohort, 0});
        if (options_.killed_every.count() > 0) {
            later(now_ + next_loss(key, options_.seed, options_.killed_every), Kill{assign.cohort});
        }
        ++result_.cohorts[cohort.members.size()];
        running_[assign.cohort] = std::move(cohort);
    }
    void take(Rank, const sweep::Recorded&) {}
    void take(Rank rank, const sweep::Drain& drain) {
        for (auto& [id, cohort] : running_) {
            if (cohort.rank == rank && (!drain.cohort || *drain.cohort == id)) {
                leave_early(id, cohort);
            }
        }
    }
    void take(Rank rank, const sweep::Leave&) { later(now_, Leaves{rank}); }

    // Saves at the next batch; what is being saved already is saved first.
    void leave_early(CohortId id, Cohort& cohort) {
        cohort.drained = true;
        const Seconds trained = now_ - cohort.stretch_begun;
        if (trained >= cohort.stretch.training) {
            return;
        }
        auto& stretch = cohort.stretch;
        stretch.to = done_after(cohort.time, cohort.epochs, stretch, trained);
        stretch.training = std::max(Seconds(0), trained);
        stretch.last = false;
        later(std::max(now_, cohort.stretch_begun) + stretch.save, StretchEnds{id, ++cohort.turn});
    }

    // ---- what happens at a rank

    void on(const FirstBatch& first) {
        const auto found = running_.find(first.cohort);
        if (found == running_.end()) {
            return;
        }
        const Cohort& cohort = found->second;
        for (const auto slot : cohort.slots) {
            result_.slots[slot].start += cohort.time.start;
        }
        const Rank rank = cohort.rank;
        const auto position = position_of(cohort.epochs, cohort.stretch.from);
        const auto batches = cohort.epochs.batches;
        tell(rank, sweep::Begun{first.cohort, options_.device, options_.device});
        tell(rank, sweep::Progress{first.cohort, position, batches});
    }

    void on(const StretchEnds& ends) {
        const auto found = running_.find(ends.cohort);
        if (found == running_.end() || found->second.turn != ends.turn) {
            return;
        }
        Cohort& cohort = found->second;
        const Stretch stretch = cohort.stretch;
        for (const auto slot : cohort.slots) {
            result_.slots[slot].training += stretch.training;
            result_.slots[slot].saving += stretch.save;
        }
        const auto saved = save_of(ends.cohort, cohort);
        const Rank rank = cohort.rank;
        if (stretch.last || cohort.drained) {
            result_.finished += stretch.last ? cohort.members.size() : 0;
            result_.divided += stretch.last ? 0 : 1;
            end(ends.cohort, saved,
                stretch.last ? sweep::Ending(sweep::Completed{}) : sweep::Ending(sweep::Drained{}));
            return;
        }
        cohort.stretch = next_stretch(cohort.time, cohort.epochs, stretch.to);
        cohort.stretch_begun = now_;
        later(now_ + cohort.stretch.training + cohort.stretch.save,
              StretchEnds{ends.cohort, cohort.turn});
        tell(rank, saved);
    }

    sweep::Saved save_of(CohortId id, Cohort& cohort) {
        sweep::Saved saved;
        saved.cohort = id;
        saved.save = ++cohort.saves;
        saved.position = position_of(cohort.epochs, cohort.stretch.to);
        saved.save_seconds = cohort.stretch.save.count();
        for (const auto& trial : cohort.members) {
            sweep::MemberSave member;
            member.trial = trial;
            member.seconds =
                cohort.stretch.training.count() / static_cast<double>(cohort.members.size());
            if (cohort.stretch.last) {
                member.result.emplace();
            }
            saved.members.push_back(std::move(member));
        }
        return saved;
    }

    void on(const Kill& kill) {
        const auto found = running_.find(kill.cohort);
        if (found == running_.end()) {
            return;
        }
        const Cohort& cohort = found->second;
        const bool began = now_ >= cohort.stretch_begun;
        for (const auto slot : cohort.slots) {
            result_.slots[slot].lost += now_ - (began ? cohort.stretch_begun : cohort.assigned);
            before_[slot].reset();
        }
        ++result_.kills;
        end(kill.cohort, std::nullopt, sweep::Killed{SIGKILL});
    }

    void end(CohortId id, const std::optional<sweep::Saved>& saved, const sweep::Ending& ending) {
        const Cohort cohort = std::move(running_.at(id));
        running_.erase(id);
        for (const auto slot : cohort.slots) {
            idle_.end_work(slot);
        }
        result_.makespan = now_;
        if (saved) {
            tell(cohort.rank, *saved);
        }
        tell(cohort.rank, sweep::Ended{id, ending});
    }

    void on(const DatasetDone& done) {
        sweep::DatasetReady ready;
        ready.dataset = done.need.dataset;
        ready.fingerprint = done.need.fingerprint;
        ready.size = ready.stored_size = done.need.size;
        on_dataset(state_, outbox_, done.need, PreparedDataset(ready), moment());
        carry_out();
    }

    void on(const Tick&) {
        tick_comes_ = false;
        on_tick(state_, outbox_, Seconds(0), moment());
        carry_out();
    }

    void on(const Leaves& leaves) { tell(leaves.rank, sweep::Left{}); }

    Simulated take_result() {
        for (std::size_t i = 0; i < result_.slots.size(); ++i) {
            auto& slot = result_.slots[i];
            slot.waits_data = idle_.idled(i, IdleFor::data);
            slot.nothing_left = idle_.idled(i, IdleFor::nothing_left);
            slot.held_back = idle_.idled(i, IdleFor::held_back);
        }
        result_.result = result_of(state_);
        return std::move(result_);
    }

    const SimulationOptions& options_;
    const SimulationModel& model_;
    State state_;
    Outbox outbox_;
    Seconds now_{0};
    std::priority_queue<Happening, std::vector<Happening>, std::greater<>> coming_;
    std::uint64_t order_ = 0;
    bool tick_comes_ = false;
    std::map<CohortId, Cohort> running_;
    std::vector<std::optional<Need>> before_;  // by slot: what its trainer holds; none: no trainer
    IdleClock idle_;
    Simulated result_;
};

}  // namespace

Simulated simulate(const SimulationOptions& options, const SimulationModel& model,
                   sweep::Record record, const std::vector<sweep::Event>& plan) {
    return Simulation(options, model, std::move(record)).run(plan);
}

}  // namespace graft::scheduler
