// SPDX-License-Identifier: Apache-2.0
// Saving, leaving and ending: the part of CohortRun that touches files.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/file.hpp"

#include "sweep/trial_files.hpp"

#include "trainer/cohort_run.hpp"
#include "trainer/order.hpp"
#include "trainer/predictions.hpp"

namespace graft::trainer {

void CohortRun::save() {
    charge();
    const core::Instant began = core::now();
    std::vector<sweep::MemberSave> saves;
    for (const auto& strand : strands_) {
        for (auto& save : strand->save(places_.sweep, watcher_, position_)) {
            saves.push_back(std::move(save));
        }
    }
    last_save_ = core::now();
    save_seconds_ = core::Seconds(last_save_ - began).count();
    watcher_.saved(position_, std::move(saves), save_seconds_);
}

CohortRun::Outcome CohortRun::leave() {
    save();
    return Outcome::drained;
}

bool CohortRun::end_diverged() {
    // To look waits for the device: on a GPU once in an epoch.
    if (!data_.device().is_cpu() && position_.batch < batches_) {
        return true;
    }
    Strands diverged;
    for (const auto& strand : strands_) {
        if (!std::isfinite(strand->sums().loss)) {
            diverged.push_back(strand.get());
        }
    }
    if (diverged.empty()) {
        return true;
    }
    if (!end(diverged, End::diverged)) {
        return false;
    }
    std::erase_if(strands_, [&](const auto& strand) {
        return std::find(diverged.begin(), diverged.end(), strand.get()) != diverged.end();
    });
    if (!strands_.empty()) {
        join();
    }
    return true;
}

bool CohortRun::end(const Strands& strands, End how) {
    charge();
    Strands with_best;
    std::copy_if(strands.begin(), strands.end(), std::back_inserter(with_best),
                 [](const Strand* strand) { return strand->best().has_value(); });
    BranchSeconds spent(with_best.size());
    std::optional<Scores> scores = score_best(with_best, spent);
    if (!scores) {
        return false;
    }
    std::map<const Strand*, std::size_t> place;
    for (std::size_t i = 0; i < with_best.size(); ++i) {
        place[with_best[i]] = i;
        with_best[i]->write_best(places_.sweep, watcher_);
    }
    std::vector<sweep::MemberSave> all_saves;
    charge(with_best, spent, Strand::Spent::beside);
    for (Strand* strand : strands) {
        auto saves = strand->take_saves();
        for (auto& save : saves) {
            sweep::TrialResult& result = save.result.emplace();
            if (how == End::diverged) {
                result.diverged_epoch = position_.epoch;
                result.diverged_phase = position_.phase;
            }
            result.best = save.best;
        }
        if (const auto found = place.find(strand); found != place.end()) {
            add_results(saves, *strand, scores->validation[found->second],
                        scores->test[found->second]);
        }
        std::move(saves.begin(), saves.end(), std::back_inserter(all_saves));
    }
    watcher_.saved(position_, std::move(all_saves), 0);
    return true;
}

void CohortRun::add_results(std::vector<sweep::MemberSave>& saves, const Strand& strand,
                            const Predictions& validation, const Predictions& test) {
    for (std::size_t i = 0; i < saves.size(); ++i) {
        const auto& [member, state, best, position] = strand.trials()[i];
        const std::string name =
            sweep::numbered_file(member.trial, member.attempt, watcher_.next_save(), "predictions");
        core::create_directories((places_.sweep / name).parent_path());
        write_predictions(places_.sweep / name, data_.prepared(), {validation_, validation},
                          {test_, test}, feature_rows_);
        sweep::TrialResult& result = *saves[i].result;
        result.test = metrics_of(test, test_, data_);
        result.predictions = sweep::file_reference(places_.sweep, name,
                                                   sweep::plain_file(member.trial, "predictions"));
        result.weights = *best;
        result.weights.name = sweep::plain_file(member.trial, "best");
    }
}

std::optional<CohortRun::Scores> CohortRun::score_best(const Strands& strands,
                                                       BranchSeconds& spent) {
    if (strands.empty()) {
        return Scores{};
    }
    std::vector<Branch> best;
    for (const Strand* strand : strands) {
        best.push_back(
            strand->best_branch(places_.sweep, cut_of(strand->spec(), strand->best()->phase)));
    }
    const auto branches = for_scoring(SharedBottom(std::move(best)), strands, spent);
    const auto score = [&](const Indices& images, const Indices* rows) {
        return branches ? predict(*branches, recipe_, {&data_, &images, rows}, spent,
                                  [this] { return !asked_to_drain(); })
                        : std::nullopt;
    };
    auto validation = score(validation_, nullptr);
    auto test = validation ? score(test_, &feature_rows_) : std::nullopt;
    if (!test) {
        return std::nullopt;
    }
    return Scores{std::move(*validation), std::move(*test)};
}

// Statistics are estimated for the best epoch: once for all strands that have it in common.
std::optional<SharedBottom> CohortRun::for_scoring(SharedBottom best, const Strands& strands,
                                                   BranchSeconds& spent) {
    if (recipe_.training.evaluate_bn != sweep::EvaluateBn::reestimated) {
        return best;
    }
    std::map<std::uint64_t, std::vector<std::size_t>> by_epoch;
    std::vector<Executor> tops;
    for (std::size_t i = 0; i < strands.size(); ++i) {
        const auto& [phase, epoch, validation] = *strands[i]->best();
        by_epoch[epoch_key(phase, epoch)].push_back(i);
        tops.push_back(best.branches()[i].executor);
    }
    for (const auto& [epoch, indices] : by_epoch) {
        std::vector<Branch> some;
        for (const std::size_t i : indices) {
            some.push_back(best.branches()[i]);
        }
        BranchSeconds its(indices.size());
        const auto fresh =
            reestimated(SharedBottom(std::move(some)), recipe_, {&data_, &train_, epoch}, its,
                        [this] { return !asked_to_drain(); });
        if (!fresh) {
            return std::nullopt;
        }
        for (std::size_t n = 0; n < indices.size(); ++n) {
            tops[indices[n]] = fresh->branches()[n].executor;
            spent[indices[n]] += its[n];
        }
    }
    return best.with_tops(std::move(tops));
}

}  // namespace graft::trainer
