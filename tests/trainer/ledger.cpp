// SPDX-License-Identifier: Apache-2.0
#include "trainer/ledger.hpp"

#include <algorithm>

#include "core/hash.hpp"

#include "support/catch.hpp"

namespace graft::tests {

Ledger::Ledger(const sweep::TrialSpec& spec) : id_(sweep::trial_id(spec)) {
    record_.apply(sweep::Started{});
    sweep::Planned planned;
    planned.added = {{spec, {}}};
    record_.apply(planned);
}

sweep::Member Ledger::begin_attempt() {
    const auto number = static_cast<std::int32_t>(trial().attempts.size()) + 1;
    cohort_ = record_.next_cohort();
    sweep::AttemptStarted started;
    started.cohort = cohort_;
    started.members = {{id_, number}};
    record_.apply(started);
    return {id_, number, trial().spec, trial().files, trial().position, trial().may_begin_again()};
}

void Ledger::record(const sweep::Saved& saved) {
    record_.apply(sweep::SaveRecorded{{}, saved});
}

void Ledger::end_attempt(const sweep::Ending& ending) {
    record_.apply(sweep::AttemptEnded{{}, cohort_, ending});
}

void Ledger::give_up_and_retry() {
    record_.apply(sweep::TrialFailed{{}, id_, "given up"});
    record_.apply(sweep::TrialRetried{{}, id_});
}

const sweep::TrialResult* Ledger::result() const {
    const auto* done = std::get_if<sweep::Done>(&trial().state);
    return done ? &done->result : nullptr;
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
    for (const auto& entry : std::filesystem::directory_iterator(sweep / "trials" / trial.value)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

void check_files(const std::filesystem::path& sweep, const Ledger& ledger) {
    const auto* result = ledger.result();
    REQUIRE(result);
    CHECK(files_of(sweep, ledger.trial().id) ==
          std::vector<std::string>{"best.h5", "predictions.h5"});
    CHECK(core::file_hash(sweep / result->weights.name) == result->weights.hash);
    CHECK(core::file_hash(sweep / result->predictions.name) == result->predictions.hash);
}

}  // namespace graft::tests
