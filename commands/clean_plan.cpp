// SPDX-License-Identifier: Apache-2.0
#include "commands/clean_plan.hpp"

#include <algorithm>
#include <map>

#include "core/text.hpp"

#include "sweep/trainer_log.hpp"
#include "sweep/trial_files.hpp"

namespace graft::commands {

namespace {

using sweep::Trial;

constexpr double kMinutes = 60, kDays = 86400;
// A file that nobody has written to for so long is nobody's any more: what is half written is
// renamed within seconds, a scratch directory is written to all the time. Files of a launcher on
// another host live as long as its job.
constexpr double kHalfWritten = 10 * kMinutes, kPreparing = 10 * kMinutes, kScratch = kDays,
                 kEnding = kDays, kLaunchHere = 10 * kMinutes, kLaunchElsewhere = 30 * kDays;

// A number of files and their bytes, for the notes.
struct Sum {
    std::size_t files = 0;
    std::uint64_t bytes = 0;
    void add(const FoundFile& file) {
        ++files;
        bytes += file.bytes;
    }
};

class Planning {
  public:
    Planning(const sweep::Record& record, const std::vector<FoundFile>& files,
             const CleanRules& rules, const Surroundings& around)
        : record_(record), files_(files), rules_(rules), around_(around) {
        for (const auto& id : results::weights_to_free(record, rules.weights)) {
            freed_.insert(id);
        }
        for (const auto& answer : record.answers()) {
            answered_.insert(answer.request);
        }
        for (const auto& file : files) {
            bytes_[file.name] = file.bytes;
        }
        look_at_attempts();
    }

    CleanPlan take() {
        for (const auto& file : files_) {
            const auto parts = core::split(file.name, '/');
            const std::string& folder = parts.front();
            if (parts.size() == 1) {
                root(file);
            } else if (folder == "trials" && parts.size() == 3) {
                trial(file, sweep::TrialId::parse(parts[1]), parts[2]);
            } else if (folder == "requests") {
                request(file, parts);
            } else if (folder == "external") {
                half_written(file);  // scores themselves are kept, as predictions are
            } else if (folder == "verify") {
                scratch(file, parts[1]);
            } else if (parts.size() == 2 && folder == "launch") {
                launch(file, parts[1]);
            } else if (parts.size() == 2 && folder == "orphans") {
                orphan(file, parts[1]);
            } else if (parts.size() == 2 && folder == "logs") {
                log(file);
            }
        }
        add_notes();
        return std::move(plan_);
    }

  private:
    void free(CleanKind kind, Needs needs, const FoundFile& file) {
        plan_.items.push_back({kind, needs, file});
    }
    void free(CleanKind kind, const FoundFile& file, const Trial& trial, sweep::Freed freed) {
        plan_.items.push_back({kind, Needs::record, file, trial.id, freed});
    }

    // "<name>.<pid>.tmp", as core/file writes them: gone by renaming unless the writer died.
    bool half_written(const FoundFile& file) {
        if (!file.name.ends_with(".tmp")) {
            return false;
        }
        const auto parts = core::split(file.name, '.');
        const auto pid = core::parse_int(parts[parts.size() - 2]);
        if (file.age_seconds >= kHalfWritten && !(pid && around_.runs(*pid))) {
            free(CleanKind::half_written, Needs::nothing, file);
        }
        return true;
    }

    void root(const FoundFile& file) {
        if (file.name == "results.previous.h5") {
            free(CleanKind::store, Needs::nothing, file);
        } else if (file.name.starts_with("ending.") && !half_written(file) &&
                   file.age_seconds >= kEnding) {
            free(CleanKind::launch, Needs::nothing, file);
        } else {
            half_written(file);
        }
    }

    void trial(const FoundFile& file, const std::optional<sweep::TrialId>& id,
               const std::string& name) {
        const auto* trial = id ? record_.find(*id) : nullptr;
        const auto numbered = sweep::parse_numbered(name);
        if (!trial) {
            return;
        }
        const auto* result = sweep::result_of(trial->state);
        if (!numbered && name == "best.h5" && result) {
            weights(file, *trial, *result);
        } else if (numbered && result && !names(*trial, file)) {
            finished(file, *result, *numbered);
        } else if (numbered) {
            unfinished(file, *trial, *numbered);
        } else {
            half_written(file);
        }
    }

    // What it goes on from: also after it was stopped, when a retry asks for it.
    static bool names(const Trial& trial, const FoundFile& file) {
        return std::any_of(trial.files.begin(), trial.files.end(),
                           [&](const sweep::FileRef& its) { return its.name == file.name; });
    }

    void weights(const FoundFile& file, const Trial& trial, const sweep::TrialResult& result) {
        if (result.weights.name.empty()) {
            if (!result.weights.hash.empty()) {  // a kill came between the journal and the file
                free(CleanKind::weights, Needs::nothing, file);
            }
        } else if (!freed_.contains(trial.id) && !(trial.left_out && rules_.left_out)) {
            (trial.left_out ? left_out_ : kept_).add(file);
        } else if (around_.weights_in_use.contains(trial.id)) {
            in_use_.add(file);
        } else {
            free(CleanKind::weights, file, trial, sweep::Freed::weights);
        }
    }

    // The recorded results get their plain names first, of whichever file has them; a state is of
    // no use to anybody once there is a result.
    void finished(const FoundFile& file, const sweep::TrialResult& result,
                  const sweep::NumberedFile& numbered) {
        const bool best = numbered.kind == "best";
        if (!best && numbered.kind != "predictions") {
            free(CleanKind::states, Needs::nothing, file);
            return;
        }
        const auto& wanted = best ? result.weights : result.predictions;
        const auto plain = bytes_.find(wanted.name);
        if (wanted.name.empty() || (plain != bytes_.end() && plain->second == wanted.bytes)) {
            free(CleanKind::states, Needs::sweep, file);
        }
    }

    void unfinished(const FoundFile& file, const Trial& trial,
                    const sweep::NumberedFile& numbered) {
        if (!names(trial, file)) {
            if (is_superseded(trial, numbered)) {
                free(CleanKind::superseded, Needs::nothing, file);
            }
        } else if (std::holds_alternative<sweep::Failed>(trial.state)) {
            if (around_.asked_again.contains(trial.id)) {
                asked_.add(file);
            } else {
                ++failed_states_[trial.id];
                free(CleanKind::states, file, trial, sweep::Freed::state);
            }
        }
    }

    // No record to come names it: its attempt has ended, or a later save of it is recorded. Files
    // of an attempt that the record does not know may be those of one to come.
    static bool is_superseded(const Trial& trial, const sweep::NumberedFile& file) {
        if (trial.attempts.empty()) {
            return false;
        }
        const auto& last = trial.attempts.back();
        if (file.attempt != last.number || last.ending) {
            return file.attempt <= last.number;
        }
        return std::any_of(trial.files.begin(), trial.files.end(), [&](const auto& its) {
            const auto recorded = sweep::parse_numbered(its.name);
            return recorded && file.age() < recorded->age();
        });
    }

    void request(const FoundFile& file, const std::vector<std::string>& parts) {
        if (half_written(file)) {
            return;
        }
        if (parts.size() == 2 && answered_.contains(parts[1])) {
            free(CleanKind::requests, Needs::nothing, file);
        } else if (parts.size() == 3 && parts[1] == "prepare" && file.age_seconds >= kPreparing) {
            free(CleanKind::requests, Needs::sweep, file);
        }
    }

    // Of "<host>.<pid>", alone or after a dot; nothing when it is another host's.
    std::optional<std::int64_t> pid_here(const std::string& name) const {
        const auto dot = std::min(name.rfind('.'), name.size());
        const auto host = name.substr(0, dot);
        const bool ours = host == around_.host || host.ends_with("." + around_.host);
        return ours ? core::parse_int(name.substr(std::min(dot + 1, name.size()))) : std::nullopt;
    }

    // A job that has lost its launcher may still be reading the file when it starts.
    void launch(const FoundFile& file, const std::string& name) {
        if (half_written(file) || !name.ends_with(".toml")) {
            return;
        }
        const auto pid = pid_here(name.substr(0, name.size() - std::string(".toml").size()));
        if (pid ? !around_.runs(*pid) && file.age_seconds >= kLaunchHere
                : file.age_seconds >= kLaunchElsewhere) {
            free(CleanKind::launch, Needs::nothing, file);
        }
    }

    // One of a killed verify, or one that was kept for the user to look at.
    void scratch(const FoundFile& file, const std::string& directory) {
        const auto pid = pid_here(directory);
        if (file.age_seconds >= kScratch && !(pid && around_.runs(*pid))) {
            free(CleanKind::scratch, Needs::nothing, file);
        }
    }

    // "<cohort>.<save>": its attempt has ended, or it is recorded: no start takes it up any more.
    void orphan(const FoundFile& file, const std::string& name) {
        const auto parts = core::split(name, '.');
        const auto cohort = core::parse_int(parts[0]);
        const auto save = parts.size() == 2 ? core::parse_int(parts[1]) : std::nullopt;
        if (half_written(file) || !cohort || *cohort < 0 || !save) {
            return;
        }
        const sweep::CohortId id(static_cast<std::uint64_t>(*cohort));
        const auto* members = record_.members(id);
        std::int64_t recorded = 0;
        for (const auto& member : members ? *members : std::vector<sweep::TrialId>{}) {
            recorded = std::max(recorded, record_.find(member)->attempts.back().saves);
        }
        if (id < record_.next_cohort() && (!members || *save <= recorded)) {
            free(CleanKind::orphans, Needs::nothing, file);
        }
    }

    void look_at_attempts() {
        for (const auto& trial : record_.trials()) {
            for (const auto& attempt : trial.attempts) {
                const bool well =
                    attempt.ending && (std::holds_alternative<sweep::Completed>(*attempt.ending) ||
                                       std::holds_alternative<sweep::Drained>(*attempt.ending));
                const auto name = sweep::trainer_log(attempt.rank, attempt.slots);
                const auto [log, is_new] = log_ended_well_.try_emplace(name, well);
                log->second = log->second && well;
            }
        }
    }

    void log(const FoundFile& file) {
        const auto found = log_ended_well_.find(file.name);
        if (found == log_ended_well_.end() || !found->second) {
            return;
        }
        if (rules_.logs) {
            free(CleanKind::logs, Needs::nothing, file);
        } else {
            logs_.add(file);
        }
    }

    void note(const Sum& sum, const char* text) {
        if (sum.files > 0) {
            plan_.notes.push_back(fmt::format(fmt::runtime(text), core::counted(sum.files, "file"),
                                              core::bytes_text(sum.bytes)));
        }
    }
    void add_notes() {
        if (!failed_states_.empty()) {
            plan_.notes.push_back(fmt::format("states of {}: a later 'graft retry' begins {} anew.",
                                              core::counted(failed_states_.size(), "failed trial"),
                                              failed_states_.size() == 1 ? "it" : "them"));
        }
        note(asked_, "kept: {} ({}) of failed trials that a 'graft retry' asks for.");
        note(in_use_, "kept: {} of weights ({}) that other trials of this sweep start from.");
        note(kept_,
             "kept: {} of weights ({}). --weights best_per:network,dataset keeps the best "
             "of each, --weights none keeps none.");
        note(left_out_,
             "kept: {} of weights ({}) of trials that the sweep file left out. "
             "--left-out frees them.");
        note(logs_, "kept: {} ({}) of trainers that ended well. --logs frees them.");
    }

    const sweep::Record& record_;
    const std::vector<FoundFile>& files_;
    const CleanRules& rules_;
    const Surroundings& around_;
    std::set<sweep::TrialId> freed_;
    std::set<std::string> answered_;
    std::map<std::string, std::uint64_t> bytes_;
    std::map<std::string, bool> log_ended_well_;  // every attempt that wrote to it
    std::map<sweep::TrialId, std::size_t> failed_states_;
    Sum kept_, left_out_, in_use_, asked_, logs_;
    CleanPlan plan_;
};

}  // namespace

std::string_view title_of(CleanKind kind) {
    static constexpr std::array<std::string_view, core::EnumNames<CleanKind>::names.size()> kTitles{
        "superseded attempts and states",
        "states of finished and failed trials",
        "weights (best.h5)",
        "half-written files",
        "the store before the last",
        "saves that nothing goes on from",
        "answered requests",
        "leftovers of launches",
        "leftovers of graft verify",
        "logs of trainers that ended well"};
    return kTitles.at(static_cast<std::size_t>(kind));
}

CleanPlan clean_plan(const sweep::Record& record, const std::vector<FoundFile>& files,
                     const CleanRules& rules, const Surroundings& around) {
    return Planning(record, files, rules, around).take();
}

}  // namespace graft::commands
