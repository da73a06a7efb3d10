// SPDX-License-Identifier: Apache-2.0
#include "scheduler/leftovers.hpp"

#include "core/error.hpp"

#include "sweep/trial_files.hpp"

namespace graft::scheduler {

namespace {

bool lacks(const core::fs::path& sweep, const sweep::FileRef& file) {
    std::error_code error;
    return !file.name.empty() && !core::fs::exists(sweep / file.name, error);
}

// Numbered files of a trial that needs none any more.
bool has_numbered(const core::fs::path& directory) {
    std::error_code error;
    for (core::fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (sweep::is_numbered(name, "best") || sweep::is_numbered(name, "predictions")) {
            return true;
        }
    }
    return false;
}

}  // namespace

void finish_leftovers(const core::fs::path& sweep, const sweep::Record& record,
                      Observer& observer) {
    for (const auto& trial : record.trials()) {
        const auto* done = std::get_if<sweep::Done>(&trial.state);
        if (!done ||
            !(lacks(sweep, done->result.weights) || lacks(sweep, done->result.predictions))) {
            continue;
        }
        if (!has_numbered(sweep / "trials" / trial.id.value)) {
            continue;  // nothing to give a plain name to: removed by hand
        }
        try {
            sweep::finish_files(sweep, trial.id, done->result);
        } catch (const core::SystemError& error) {
            observer.say(error.what());
        }
    }
}

}  // namespace graft::scheduler
