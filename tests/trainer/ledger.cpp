// SPDX-License-Identifier: Apache-2.0
#include "trainer/ledger.hpp"

#include <algorithm>

#include "core/hash.hpp"

#include "support/catch.hpp"

namespace graft::tests {

Ledger::Ledger(const std::vector<sweep::TrialSpec>& specs) {
    record_.apply(sweep::Started{});
    sweep::Planned planned;
    for (const auto& spec : specs) {
        planned.added.push_back({spec, {}});
        ids_.push_back(sweep::trial_id(spec));
    }
    record_.apply(planned);
}

std::vector<sweep::Member> Ledger::begin_attempts() {
    cohort_ = record_.next_cohort();
    sweep::AttemptStarted started;
    started.cohort = cohort_;
    std::vector<sweep::Member> members;
    for (std::size_t i = 0; i < size(); ++i) {
        if (!result(i)) {
            const auto number = static_cast<std::int32_t>(trial(i).attempts.size()) + 1;
            started.members.push_back({ids_[i], number});
            members.push_back({ids_[i], number, trial(i).spec, trial(i).files, trial(i).position,
                               trial(i).may_begin_again(), stopping_of(i), trial(i).is_to_stop()});
        }
    }
    record_.apply(started);
    return members;
}

void Ledger::record(const sweep::Saved& saved) {
    record_.apply(sweep::SaveRecorded{{}, saved});
    for (std::size_t i = 0; i < size(); ++i) {
        const auto& one = trial(i);
        const bool running = std::holds_alternative<sweep::Running>(one.state) && one.position;
        if (running && !one.is_to_stop() &&
            sweep::verdict_due(stopping_of(i), one.spec, *one.position, one.best)) {
            const auto epoch = *sweep::epochs_behind(one.spec, *one.position);
            record_.apply(sweep::TrialJudged{{}, one.id, epoch, stops(i, epoch), "test"});
        }
    }
}

sweep::StoppingSettings Ledger::stopping_of(std::size_t i) const {
    return trial(i).to_the_end ? sweep::StoppingSettings{} : stopping;
}

std::vector<sweep::TrialId> Ledger::stopped() const {
    std::vector<sweep::TrialId> stopped;
    for (std::size_t i = 0; i < size(); ++i) {
        if (trial(i).is_to_stop()) {
            stopped.push_back(trial(i).id);
        }
    }
    return stopped;
}

void Ledger::retry(std::size_t i) {
    record_.apply(sweep::TrialRetried{{}, ids_.at(i)});
}

void Ledger::end_attempt(const sweep::Ending& ending) {
    record_.apply(sweep::AttemptEnded{{}, cohort_, ending});
}

void Ledger::give_up_and_retry() {
    record_.apply(sweep::TrialFailed{{}, ids_.at(0), "given up"});
    record_.apply(sweep::TrialRetried{{}, ids_.at(0)});
}

const sweep::TrialResult* Ledger::result(std::size_t i) const {
    return sweep::result_of(trial(i).state);
}

bool Ledger::all_ended() const {
    for (std::size_t i = 0; i < size(); ++i) {
        if (!result(i)) {
            return false;
        }
    }
    return true;
}

std::string numbers_of(const sweep::Trial& trial) {
    auto rows = trial.rows;
    for (auto& row : rows) {
        row.seconds = row.images_per_second = 0;
    }
    return core::encode(rows) + core::encode(*sweep::result_of(trial.state));
}

std::vector<std::string> files_of(const std::filesystem::path& sweep, const sweep::TrialId& trial) {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry :
         std::filesystem::directory_iterator(sweep / "trials" / trial.text(), none)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

void check_files(const std::filesystem::path& sweep, const Ledger& ledger) {
    for (std::size_t i = 0; i < ledger.size(); ++i) {
        const auto* result = ledger.result(i);
        REQUIRE(result);
        if (!result->best) {
            CHECK(files_of(sweep, ledger.trial(i).id).empty());
            continue;
        }
        std::vector<std::string> expected{"best.h5", "predictions.h5"};
        if (std::holds_alternative<sweep::Stopped>(ledger.trial(i).state)) {
            for (const auto& file : ledger.trial(i).files) {
                expected.push_back(std::filesystem::path(file.name).filename());
                CHECK(core::file_hash(sweep / file.name) == file.hash);
            }
            CHECK(expected.size() == 4);
        }
        std::sort(expected.begin(), expected.end());
        CHECK(files_of(sweep, ledger.trial(i).id) == expected);
        CHECK(core::file_hash(sweep / result->weights.name) == result->weights.hash);
        CHECK(core::file_hash(sweep / result->predictions.name) == result->predictions.hash);
    }
}

}  // namespace graft::tests
