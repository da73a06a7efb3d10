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
                               trial(i).may_begin_again()});
        }
    }
    record_.apply(started);
    return members;
}

void Ledger::record(const sweep::Saved& saved) {
    record_.apply(sweep::SaveRecorded{{}, saved});
}

void Ledger::end_attempt(const sweep::Ending& ending) {
    record_.apply(sweep::AttemptEnded{{}, cohort_, ending});
}

void Ledger::give_up_and_retry() {
    record_.apply(sweep::TrialFailed{{}, ids_.at(0), "given up"});
    record_.apply(sweep::TrialRetried{{}, ids_.at(0)});
}

const sweep::TrialResult* Ledger::result(std::size_t i) const {
    const auto* done = std::get_if<sweep::Done>(&trial(i).state);
    return done ? &done->result : nullptr;
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
    return core::encode(rows) + core::encode(std::get<sweep::Done>(trial.state).result);
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
        CHECK(files_of(sweep, ledger.trial(i).id) ==
              std::vector<std::string>{"best.h5", "predictions.h5"});
        CHECK(core::file_hash(sweep / result->weights.name) == result->weights.hash);
        CHECK(core::file_hash(sweep / result->predictions.name) == result->predictions.hash);
    }
}

}  // namespace graft::tests
