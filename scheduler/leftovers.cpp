// SPDX-License-Identifier: Apache-2.0
#include "scheduler/leftovers.hpp"

#include "core/error.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

#include "sweep/trial_files.hpp"

namespace graft::scheduler {

namespace {

// Its trainer says so only after it has given the plain names and removed the rest.
bool surely_finished(const sweep::Trial& trial) {
    const auto& ending = trial.attempts.back().ending;
    return ending && (std::holds_alternative<sweep::Completed>(*ending) ||
                      std::holds_alternative<sweep::Drained>(*ending));
}

// Files of a trial that needs none of them any more.
bool has_numbered(const core::fs::path& directory) {
    std::error_code error;
    for (core::fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        if (sweep::is_numbered(entry->path().filename().string())) {
            return true;
        }
    }
    return false;
}

// "<file>.<pid>.tmp", as core::write_file() names it, of a file that holders alone write.
bool is_half_of_holder(const std::string& name) {
    for (const std::string_view file : {"coordinator.", "sweep.toml.", "ending."}) {
        if (name.starts_with(file) && name.ends_with(".tmp")) {
            const auto rest = std::string_view(name).substr(file.size());
            const auto pid = core::parse_int(rest.substr(0, rest.find('.')));
            return pid && *pid != core::own_pid() && rest == fmt::format("{}.tmp", *pid);
        }
    }
    return false;
}

}  // namespace

void remove_half_written(const core::fs::path& sweep) {
    std::error_code error;
    for (core::fs::directory_iterator entry(sweep, error), end; !error && entry != end;
         entry.increment(error)) {
        if (is_half_of_holder(entry->path().filename().string())) {
            std::error_code stays;  // it harms nobody
            core::fs::remove(entry->path(), stays);
        }
    }
}

void finish_leftovers(const core::fs::path& sweep, const sweep::Record& record,
                      Observer& observer) {
    for (const auto& trial : record.trials()) {
        const auto* result = sweep::result_of(trial.state);
        if (!result || surely_finished(trial) ||
            !has_numbered(sweep / "trials" / trial.id.text())) {
            continue;
        }
        try {
            const bool stopped = std::holds_alternative<sweep::Stopped>(trial.state);
            sweep::finish_files(sweep, trial.id, *result,
                                stopped ? trial.files : std::vector<sweep::FileRef>());
        } catch (const core::Error& error) {
            observer.say(error.what());
        }
    }
}

}  // namespace graft::scheduler
