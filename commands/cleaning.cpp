// SPDX-License-Identifier: Apache-2.0
#include "commands/cleaning.hpp"

#include <algorithm>
#include <csignal>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/signal.hpp"

#include "commands/clean_files.hpp"
#include "commands/hold.hpp"
#include "commands/live.hpp"
#include "results/store.hpp"
#include "scheduler/leftovers.hpp"
#include "scheduler/run.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// Of one group in the journal: a page, or two.
constexpr std::size_t kTrialsAtOnce = 64;

CleanPlan plan_for(const fs::path& sweep, const sweep::Record& record, const CleanRules& rules) {
    return clean_plan(record, files_of(sweep), rules, surroundings_of(sweep, record));
}

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
        while_held(Hold::take(sweep_, signals_, lines_), sweep::kCleaned, [&](Hold& hold) {
            const auto plan = plan_for(sweep_, hold.record(), rules_);
            scheduler::finish_leftovers(sweep_, hold.record(), lines_);
            remove_all(plan.items, Needs::nothing, &hold);
            remove_all(plan.items, Needs::sweep, &hold);
            remove_recorded(plan.items, hold);
        });
    }

    // Also of an earlier cleaning, which was killed before it came to that.
    bool store_names_freed_weights() const {
        const Live live = read_live(sweep_);
        const auto freed = [](const sweep::Trial& trial) {
            const auto* result = sweep::result_of(trial.state);
            return result && result->weights.name.empty() && !result->weights.hash.empty();
        };
        const auto& trials = live.record.trials();
        const auto covered = results::covered(results::store_path(sweep_));
        return covered && covered->segment < live.end.segment &&
               std::any_of(trials.begin(), trials.end(), freed);
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
