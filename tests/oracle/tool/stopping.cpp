// SPDX-License-Identifier: Apache-2.0
// Verdicts on trials that report one epoch after the other.
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "scheduler/verdicts.hpp"
#include "tool/commands.hpp"

namespace graft::oracle {

namespace {

struct Reports {
    sweep::Record record;
    std::vector<sweep::TrialId> trials;
    std::vector<std::int64_t> saves;

    // Trials that differ in their seeds, each in a cohort of its own.
    Reports(const std::string& sweep_file, std::int64_t count, std::int32_t epochs) {
        record.apply(sweep::Started{});
        sweep::Planned planned;
        planned.sweep_file = sweep_file;
        for (std::int64_t seed = 1; seed <= count; ++seed) {
            sweep::TrialSpec spec;
            spec.seed = seed;
            spec.edit().training.warmup_epochs = 0;
            spec.edit().training.epochs = epochs;
            planned.added.push_back({spec, {}});
            trials.push_back(sweep::trial_id(spec));
        }
        record.apply(planned);
        for (std::size_t i = 0; i < trials.size(); ++i) {
            sweep::AttemptStarted started;
            started.cohort = sweep::CohortId(i + 1);
            started.members = {{trials[i], 1}};
            record.apply(started);
        }
        saves.resize(trials.size());
    }

    bool stops(std::size_t trial, std::int32_t epoch, double value) {
        sweep::EpochRow row;
        row.phase = sweep::Phase::fine_tune;
        row.epoch = epoch;
        row.validation.auc = value;
        sweep::MemberSave member;
        member.trial = trials.at(trial);
        member.rows = {row};
        member.best = record.find(member.trial)->best;
        if (!member.best || value > member.best->validation.auc) {
            member.best = sweep::Best{row.phase, epoch, row.validation};
        }
        sweep::SaveRecorded save;
        save.save.cohort = sweep::CohortId(trial + 1);
        save.save.save = ++saves.at(trial);
        save.save.position = {sweep::Phase::fine_tune, epoch + 1, 0, epoch};
        save.save.members = {member};
        record.apply(save);
        const auto verdicts = scheduler::verdicts_due(record, scheduler::rivals_of(record), {});
        for (const auto& verdict : verdicts) {
            record.apply(verdict);
        }
        return !verdicts.empty() && verdicts.front().stops;
    }
};

}  // namespace

void print_verdicts(const Arguments& arguments) {
    std::ifstream reports(arguments.at(3));
    Reports all(arguments.at(0), std::stoll(arguments.at(1)),
                static_cast<std::int32_t>(std::stol(arguments.at(2))));
    std::size_t trial = 0;
    std::int32_t epoch = 0;
    double value = 0;
    while (reports >> trial >> epoch >> value) {
        std::cout << all.stops(trial, epoch, value) << '\n';
    }
}

}  // namespace graft::oracle
