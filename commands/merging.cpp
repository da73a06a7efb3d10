// SPDX-License-Identifier: Apache-2.0
#include "commands/merging.hpp"

#include <algorithm>
#include <csignal>
#include <set>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/signal.hpp"
#include "core/text.hpp"

#include "sweep/excerpt.hpp"

#include "commands/division_file.hpp"
#include "commands/hold.hpp"
#include "commands/merge_files.hpp"
#include "commands/parts.hpp"
#include "commands/settle.hpp"
#include "commands/whole.hpp"
#include "results/store.hpp"
#include "scheduler/run.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

// Of one group in the journal: their files are whole before it is written.
constexpr std::size_t kTrialsAtOnce = 32;

struct Source {
    fs::path directory;
    Bringing how = Bringing::copy;
    sweep::Record record;
    sweep::TrialEvents events;
};

Source read_source(const fs::path& directory, Bringing how) {
    Source source;
    source.directory = directory;
    source.how = how;
    sweep::read_journal(directory, [&](const sweep::Event& event) {
        source.record.apply(event);
        source.events.add(event);
    });
    return source;
}

// Of every division so far, those that were taken in before included: a result that a last kill
// left there is found again.
std::vector<fs::path> all_parts(const fs::path& sweep) {
    const auto division = read_division(sweep);
    std::vector<fs::path> parts;
    for (const auto* names : {&division.merged, &division.open}) {
        for (const auto& name : *names) {
            if (fs::exists(parts_directory(sweep) / name)) {
                parts.push_back(parts_directory(sweep) / name);
            }
        }
    }
    return parts;
}

bool has_result(const sweep::Record& record, const sweep::TrialId& id) {
    const auto* trial = record.find(id);
    return trial && sweep::result_of(trial->state);
}

std::optional<Holder> runner_of_part(const fs::path& part) {
    const auto record = sweep::read_record(part);
    return record.starts().empty() ? std::nullopt : runner_of(part, record);
}

void check_no_part_runs(const fs::path& sweep, const std::vector<fs::path>& parts) {
    for (const auto& part : parts) {
        if (const auto runner = runner_of_part(part)) {
            core::fail_input(
                "part '{}' is being run by {} (so its trials cannot be given back). Stop it first: "
                "graft stop {}",
                part.string(), text_of(*runner), sweep.string());
        }
    }
}

class Work {
  public:
    Work(const MergeRequest& request, const std::function<void(const std::string&)>& say,
         const core::SignalFlags& signals)
        : into_(request.into), request_(request), lines_(say), signals_(signals) {}

    void run() {
        auto sources = read_sources();
        if (request_.after == AfterMerge::dissolve) {
            check_no_part_runs(into_, parts_of(into_));
        }
        while_held(Hold::take(into_, signals_, lines_), sweep::kMerged, [&](Hold& hold) {
            hold.end_open_attempts(lines_);
            if (request_.plan) {
                hold.record(begin(hold.record(), *request_.plan, false));
            }
            if (request_.after == AfterMerge::dissolve) {
                dissolve(hold.record());
                sources = read_sources();  // what ended just before
            }
            for (const auto& source : sources) {
                take_from(source, hold);
            }
            end_finished_parts(hold.record());
            count(hold.record());
        });
        results::publish(into_);
    }

    Merged take() { return std::move(merged_); }

  private:
    std::vector<Source> read_sources() const {
        std::vector<Source> sources;
        if (request_.from.empty() || request_.after == AfterMerge::dissolve) {
            for (const auto& part : all_parts(into_)) {
                sources.push_back(read_source(part, Bringing::link));
            }
        }
        for (const auto& directory : request_.from) {
            sources.push_back(read_source(directory, Bringing::copy));
            for (const auto& part : all_parts(directory)) {
                sources.push_back(read_source(part, Bringing::copy));
            }
        }
        return sources;
    }

    void look(Hold& hold) const {
        if (signals_.total() > 0) {
            throw Ended{"stopped before everything was taken: the same command goes on.",
                        scheduler::exit_code(scheduler::Outcome::drained)};
        }
        hold.beat();
    }

    void take_from(const Source& source, Hold& hold) {
        auto& done = merged_.sources.emplace_back();
        done.directory = source.directory;
        done.started = !source.record.starts().empty();
        done.plan = merge_plan(source.record, hold.record());
        std::vector<sweep::TrialId> group;
        for (const auto& id : done.plan.taken) {
            look(hold);
            if (auto problem = bring_files(source, id)) {
                done.damaged.push_back({id, std::move(*problem)});
                continue;
            }
            group.push_back(id);
            if (group.size() == kTrialsAtOnce) {
                record(source, group, hold, done);
            }
        }
        record(source, group, hold, done);
    }

    std::optional<std::string> bring_files(const Source& source, const sweep::TrialId& id) const {
        const auto& state = source.record.find(id)->state;
        BroughtFiles files(into_, id);
        auto problem = files.bring(source.directory, *sweep::result_of(state), source.how);
        if (!problem) {
            files.publish();
        }
        return problem;
    }

    static void record(const Source& source, std::vector<sweep::TrialId>& group, Hold& hold,
                       MergedSource& done) {
        auto events = missing_datasets(hold.record(), source.record, group);
        for (auto& event : source.events.of({group.begin(), group.end()}, hold.record())) {
            events.push_back(std::move(event));
        }
        hold.record(events);
        done.taken += group.size();
        group.clear();
    }

    // No start can begin in a part once it is named merged, and one that began before is seen.
    void dissolve(const sweep::Record& record) {
        const auto before = read_division(into_);
        const auto parts = parts_of(into_);
        auto after = before;
        after.merged.insert(after.merged.end(), before.open.begin(), before.open.end());
        after.open.clear();
        write_parts(after);
        try {
            check_no_part_runs(into_, parts);
        } catch (const core::InputError&) {
            write_parts(before);
            throw;
        }
        merged_.ended = before.open;
        for (const auto& part : parts) {
            const auto there = read_source(part, Bringing::link).record;
            for (const auto& id : trials_of_part(part)) {
                const auto* trial = there.find(id);
                const bool open = !has_result(there, id) && !has_result(record, id);
                merged_.given_back += open ? 1 : 0;
                merged_.given_back_begun += open && trial && trial->position ? 1 : 0;
            }
        }
    }

    void write_parts(const DivisionFile& division) const {
        if (!division.open.empty() || !division.merged.empty()) {
            write_division(into_, division);
        }
    }

    // Those that have nothing to train any more.
    void end_finished_parts(const sweep::Record& record) {
        auto division = read_division(into_);
        const auto finished = [&](const std::string& name) {
            const auto part = parts_directory(into_) / name;
            const auto trials = trials_of_part(part);
            return std::all_of(trials.begin(), trials.end(),
                               [&](const auto& id) { return has_result(record, id); }) &&
                   !runner_of_part(part);
        };
        std::vector<std::string> open;
        for (const auto& name : division.open) {
            (finished(name) ? merged_.ended : open).push_back(name);
        }
        merged_.left = open.size();
        if (open.size() < division.open.size()) {
            division.merged.insert(division.merged.end(), merged_.ended.begin(),
                                   merged_.ended.end());
            division.open = std::move(open);
            write_parts(division);
        }
    }

    void count(const sweep::Record& record) {
        for (const auto& trial : record.trials()) {
            merged_.trials += trial.left_out ? 0 : 1;
            merged_.results += !trial.left_out && has_result(record, trial.id) ? 1 : 0;
        }
    }

    const fs::path& into_;
    const MergeRequest& request_;
    Lines lines_;
    const core::SignalFlags& signals_;
    Merged merged_;
};

bool in_order(const Merged& merged) {
    return std::all_of(merged.sources.begin(), merged.sources.end(), [](const auto& source) {
        return source.damaged.empty() && source.plan.differing.empty() &&
               source.plan.other_pixels.empty();
    });
}

}  // namespace

Merged merge_sweeps(const MergeRequest& request,
                    const std::function<void(const std::string&)>& say) {
    const core::SignalFlags signals{SIGINT, SIGTERM, SIGHUP};
    Work work(request, say, signals);
    std::string message;
    int code = 0;
    try {
        work.run();
    } catch (const Ended& ended) {
        code = ended.exit_code;
        message = ended.message;
    } catch (const core::NoSpaceError& error) {
        code = error.exit_code();
        message = fmt::format("{} What is recorded stays taken; then the same command goes on.",
                              error.what());
    }
    Merged merged = work.take();
    merged.exit_code = code;
    merged.message = std::move(message);
    if (code == 0 && !in_order(merged)) {
        merged.exit_code = 1;
    }
    return merged;
}

}  // namespace graft::commands
