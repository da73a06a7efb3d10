// SPDX-License-Identifier: Apache-2.0
#include "commands/cleaning.hpp"

#include <algorithm>
#include <csignal>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/signal.hpp"

#include "commands/clean_files.hpp"
#include "commands/live.hpp"
#include "results/store.hpp"
#include "scheduler/leftovers.hpp"
#include "scheduler/run.hpp"
#include "scheduler/take_over.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// Of one group in the journal: a page, or two.
constexpr std::size_t kTrialsAtOnce = 64;

class Lines final : public scheduler::Observer {
  public:
    explicit Lines(const std::function<void(const std::string&)>& say) : say_(say) {}
    void show(const scheduler::Status&) override {}
    void say(const std::string& line) override { say_(line); }

  private:
    const std::function<void(const std::string&)>& say_;
};

// Nothing more is to be done: the user asked for the end, or another start has the sweep.
struct Ended {
    std::string message;
    int exit_code;
};

CleanPlan plan_for(const fs::path& sweep, const sweep::Record& record, const CleanRules& rules) {
    return clean_plan(record, files_of(sweep), rules, surroundings_of(sweep, record));
}

// The sweep while it is ours.
class Hold {
  public:
    Hold(fs::path sweep, scheduler::Taken taken)
        : sweep_(std::move(sweep)), taken_(std::move(taken)), raised_(core::now()) {}

    const sweep::Record& record() const { return taken_.record; }

    // Before anything is removed: as a coordinator does, so that nobody thinks us dead.
    void beat() {
        if (core::now() - raised_ < taken_.holder.every) {
            return;
        }
        check(!taken_.journal.superseded());
        raised_ = core::now();
        ++taken_.holder.counter;
        try {
            scheduler::write_holder(sweep_, taken_.holder);
        } catch (const core::NoSpaceError&) {
            return;  // there may be room the next time
        }
    }
    void record(const std::vector<sweep::Event>& events) {
        check(taken_.journal.append(events));
        for (const auto& event : events) {
            taken_.record.apply(event);
        }
    }
    void close() { record({sweep::Closed{core::wall_now(), std::string(sweep::kCleaned)}}); }
    // So that nobody waits for us; where the journal takes nothing more it shows that we are gone.
    void try_to_close() noexcept {
        try {
            close();
        } catch (const std::exception&) {
            return;
        } catch (const Ended&) {
            return;
        }
    }

  private:
    static void check(bool ours) {
        if (!ours) {
            throw Ended{"another start took this sweep over: what is left stays. Nothing is lost.",
                        70};
        }
    }

    fs::path sweep_;
    scheduler::Taken taken_;
    core::Instant raised_;
};

class Work {
  public:
    Work(const fs::path& sweep, const CleanRules& rules,
         const std::function<void(const std::string&)>& say, const core::SignalFlags& signals)
        : sweep_(sweep), rules_(rules), lines_(say), signals_(signals) {}

    void run() {
        const Live live = read_live(sweep_);
        if (const auto runner = runner_of(sweep_, live.record)) {
            fail_running(sweep_, *runner);
        }
        const auto plan = plan_for(sweep_, live.record, rules_);
        remove_all(plan.items, Needs::nothing, nullptr);
        const auto needs_more = [](const CleanItem& item) { return item.needs != Needs::nothing; };
        if (std::any_of(plan.items.begin(), plan.items.end(), needs_more)) {
            remove_as_holder();
        }
        if (store_names_freed_weights()) {
            results::publish(sweep_);
            core::remove_file(sweep_ / "results.previous.h5");
        }
    }

    const Tally& freed() const { return freed_; }

  private:
    void remove_as_holder() {
        Hold hold(sweep_, take());
        try {
            const auto plan = plan_for(sweep_, hold.record(), rules_);
            scheduler::finish_leftovers(sweep_, hold.record(), lines_);
            remove_all(plan.items, Needs::nothing, &hold);
            remove_all(plan.items, Needs::sweep, &hold);
            remove_recorded(plan.items, hold);
        } catch (...) {
            hold.try_to_close();
            throw;
        }
        hold.close();
    }

    // Also of an earlier cleaning, which was killed before it came to that.
    bool store_names_freed_weights() const {
        const Live live = read_live(sweep_);
        const auto freed = [](const sweep::Trial& trial) {
            const auto* done = std::get_if<sweep::Done>(&trial.state);
            return done && done->result.weights.name.empty() && !done->result.weights.hash.empty();
        };
        const auto& trials = live.record.trials();
        const auto covered = results::covered(results::store_path(sweep_));
        return covered && covered->segment < live.end.segment &&
               std::any_of(trials.begin(), trials.end(), freed);
    }

    scheduler::Taken take() {
        const auto before = scheduler::read_holder(sweep_);
        const auto alive = [&] {
            const auto now = scheduler::read_holder(sweep_);
            return before && now && *now != *before;
        };
        const scheduler::Claim claim{scheduler::new_start_id(), "", core::Seconds(5),
                                     [&] { return signals_.total() == 0 && !alive(); }};
        auto taken = scheduler::take_over(sweep_, claim, lines_);
        if (!taken && signals_.total() == 0) {
            const auto holder = scheduler::read_holder(sweep_).value_or(scheduler::Holder{});
            fail_running(sweep_, {holder.host, holder.job, holder.pid, 0});
        }
        if (!taken) {
            throw Ended{"stopped while it waited.",
                        scheduler::exit_code(scheduler::Outcome::drained)};
        }
        return std::move(*taken);
    }

    void look(Hold* hold) const {
        if (signals_.total() > 0) {
            throw Ended{"stopped before everything was freed: the same command goes on.",
                        scheduler::exit_code(scheduler::Outcome::drained)};
        }
        if (hold) {
            hold->beat();
        }
    }

    void remove(const CleanItem& item) {
        core::remove_file(sweep_ / item.file.name);
        freed_.add(item);
        if (item.kind == CleanKind::scratch) {
            std::error_code not_empty;
            auto directory = (sweep_ / item.file.name).parent_path();
            while (directory != sweep_ / "verify" && fs::remove(directory, not_empty)) {
                directory = directory.parent_path();
            }
        }
    }

    void remove_all(const std::vector<CleanItem>& items, Needs needs, Hold* hold) {
        for (const auto& item : items) {
            if (item.needs == needs) {
                look(hold);
                remove(item);
            }
        }
    }

    // Items of one trial stand together.
    void remove_recorded(const std::vector<CleanItem>& items, Hold& hold) {
        std::vector<sweep::Event> events;
        std::vector<const CleanItem*> recorded;
        const auto carry_out = [&] {
            look(&hold);
            if (!events.empty()) {
                hold.record(events);
            }
            for (const auto* item : recorded) {
                remove(*item);
            }
            events.clear();
            recorded.clear();
        };
        for (const auto& item : items) {
            if (item.needs != Needs::record) {
                continue;
            }
            if (recorded.empty() || recorded.back()->trial != item.trial) {
                if (events.size() == kTrialsAtOnce) {
                    carry_out();
                }
                events.push_back(sweep::FilesFreed{core::wall_now(), item.trial, item.freed});
            }
            recorded.push_back(&item);
        }
        carry_out();
    }

    const fs::path& sweep_;
    const CleanRules& rules_;
    Lines lines_;
    const core::SignalFlags& signals_;
    Tally freed_;
};

}  // namespace

void fail_running(const fs::path& sweep, const Holder& by) {
    core::fail_input(
        "sweep '{}' is being run by {} (nothing that it needs was removed). Stop it first: graft "
        "stop {}",
        sweep.string(), text_of(by), sweep.string());
}

void Tally::add(const CleanItem& item) {
    auto& part = parts.at(static_cast<std::size_t>(item.kind));
    ++part.files;
    part.bytes += item.file.bytes;
}

Tally::Part Tally::total() const {
    Part sum;
    for (const auto& part : parts) {
        sum.files += part.files;
        sum.bytes += part.bytes;
    }
    return sum;
}

Cleaned clean_sweep(const fs::path& sweep, const CleanRules& rules,
                    const std::function<void(const std::string&)>& say) {
    const core::SignalFlags signals{SIGINT, SIGTERM, SIGHUP};
    Work work(sweep, rules, say, signals);
    Cleaned cleaned;
    try {
        work.run();
    } catch (const Ended& ended) {
        cleaned.exit_code = ended.exit_code;
        cleaned.message = ended.message;
    } catch (const core::NoSpaceError& error) {
        cleaned.exit_code = error.exit_code();
        cleaned.message = fmt::format(
            "{} Before more is removed a few kB must be written, to the journal and, when weights "
            "went, to results.h5: free them by other means (--logs, too, needs no space), then "
            "type "
            "the same command.",
            error.what());
    } catch (const core::Error& error) {
        if (work.freed().total().files == 0) {
            throw;
        }
        cleaned.exit_code = error.exit_code();
        cleaned.message = error.what();
    }
    cleaned.freed = work.freed();
    return cleaned;
}

}  // namespace graft::commands
