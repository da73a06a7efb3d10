// SPDX-License-Identifier: Apache-2.0
// Saving, leaving and ending: the part of CohortRun that touches files.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include "core/file.hpp"

#include "sweep/trial_files.hpp"

#include "trainer/cohort_run.hpp"
#include "trainer/cuda/range.hpp"
#include "trainer/group_evaluation.hpp"
#include "trainer/order.hpp"
#include "trainer/predictions.hpp"

namespace graft::trainer {

void CohortRun::save() {
    end_save(Wait::yes);
    end_validation(Wait::yes);
    const cuda::Range range("save");
    Saving& saving = saving_.emplace();
    saving.position = position_;
    saving.began = core::now();
    std::vector<Snapshot> snapshots;
    const auto write = [this, number = watcher_.next_save()](const Snapshot& snapshot) {
        return write_files(snapshot, network_, places_.sweep, number);
    };
    std::vector<std::vector<SavedMember>> written;
    for (const auto& strand : strands_) {
        Snapshot snapshot = strand->snapshot(position_);
        if (beside_) {
            snapshots.push_back(std::move(snapshot));
        } else {
            written.push_back(write(snapshot));
        }
    }
    charge();
    for (const auto& strand : strands_) {
        saving.saves.push_back(strand->take_saves());
    }
    saving.written = std::async(launch(), [write, snapshots = std::move(snapshots),
                                           written = std::move(written)]() mutable {
        std::transform(snapshots.begin(), snapshots.end(), std::back_inserter(written), write);
        return std::move(written);
    });
    if (!beside_) {
        end_save(Wait::yes);
    }
}

void CohortRun::end_save(Wait wait) {
    if (!saving_ || (wait == Wait::no &&
                     saving_->written.wait_for(core::Seconds(0)) != std::future_status::ready)) {
        return;
    }
    auto [position, saves, files, began] = *std::exchange(saving_, std::nullopt);
    const auto written = files.get();
    std::vector<sweep::MemberSave> all;
    for (std::size_t i = 0; i < strands_.size(); ++i) {
        strands_[i]->written(written[i], saves[i].front().best);
        for (std::size_t n = 0; n < saves[i].size(); ++n) {
            saves[i][n].files = files_of(written[i][n]);
            all.push_back(std::move(saves[i][n]));
        }
    }
    last_save_ = core::now();
    save_seconds_ = core::Seconds(last_save_ - began).count();
    watcher_.saved(position, std::move(all), save_seconds_);
}

CohortRun::Outcome CohortRun::leave() {
    save();
    end_save(Wait::yes);
    return Outcome::drained;
}

bool CohortRun::end_diverged() {
    // To look waits for the device: on a GPU once in an epoch, behind its validation.
    if (beside_) {
        return true;
    }
    Strands diverged;
    for (const auto& strand : strands_) {
        if (!std::isfinite(strand->sums().loss)) {
            diverged.push_back(strand.get());
        }
    }
    return end_early(diverged, End::diverged);
}

bool CohortRun::end_stopped() {
    Strands stopped;
    for (const auto& strand : strands_) {
        if (strand->is_to_stop()) {
            stopped.push_back(strand.get());
        }
    }
    return end_early(stopped, End::stopped);
}

bool CohortRun::end_early(const Strands& strands, End how) {
    if (strands.empty()) {
        return true;
    }
    if (!end(strands, how)) {
        return false;
    }
    std::erase_if(strands_, [&](const auto& strand) {
        return std::find(strands.begin(), strands.end(), strand.get()) != strands.end();
    });
    if (!strands_.empty()) {
        join();
    }
    return true;
}

bool CohortRun::end(const Strands& strands, End how) {
    end_save(Wait::yes);
    charge();
    Strands with_best;
    std::copy_if(strands.begin(), strands.end(), std::back_inserter(with_best),
                 [](const Strand* strand) { return strand->best().has_value(); });
    BranchSeconds spent(with_best.size());
    const std::optional<Scores> scores = score_best(with_best, spent);
    if (!scores) {
        return false;
    }
    charge(with_best, spent, Strand::Spent::beside);
    std::map<sweep::TrialId, sweep::TrialResult> results;
    for (std::size_t i = 0; i < with_best.size(); ++i) {
        with_best[i]->write_best(places_.sweep, watcher_.next_save());
        for (const SavedMember& trial : with_best[i]->trials()) {
            results[trial.member.trial] = result_of(trial, scores->validation[i], scores->test[i]);
        }
    }
    charge();
    std::vector<sweep::MemberSave> saves;
    for (Strand* strand : strands) {
        for (auto& save : strand->take_saves()) {
            save.result = results[save.trial];
            save.result->best = save.best;
            if (how == End::diverged) {
                save.result->diverged_epoch = position_.epoch;
                save.result->diverged_phase = position_.phase;
            } else if (how == End::stopped) {
                save.files = strand->files_of(save.trial);  // a retry goes on from them
            }
            saves.push_back(std::move(save));
        }
    }
    watcher_.saved(position_, std::move(saves), 0);
    return true;
}

sweep::TrialResult CohortRun::result_of(const SavedMember& trial, const Predictions& validation,
                                        const Predictions& test) const {
    const auto& [member, state, best, position] = trial;
    const std::string name =
        sweep::numbered_file(member.trial, member.attempt, watcher_.next_save(), "predictions");
    core::create_directories((places_.sweep / name).parent_path());
    write_predictions(places_.sweep / name, data_.prepared(), {validation_, validation},
                      {test_, test}, feature_rows_);
    sweep::TrialResult result;
    result.test = metrics_of(test, test_, data_);
    result.predictions =
        sweep::file_reference(places_.sweep, name, sweep::plain_file(member.trial, "predictions"));
    result.weights = *best;
    result.weights.name = sweep::plain_file(member.trial, "best");
    return result;
}

std::optional<CohortRun::Scores> CohortRun::score_best(const Strands& strands,
                                                       BranchSeconds& spent) {
    if (strands.empty()) {
        return Scores{};
    }
    std::vector<Branch> best;
    for (const Strand* strand : strands) {
        best.push_back(strand->best_branch(
            places_.sweep, cut_of(network_, strand->spec(), strand->best()->phase).own));
    }
    // Merged, they take the place of those that were read: both at once would be too much.
    std::optional<SharedBottom> branches =
        for_scoring(SharedBottom(std::exchange(best, {})), strands, spent);
    if (branches) {
        branches = merged(*branches);
    }
    const cuda::Range range("scores of the best");
    const auto score = [&](const Indices& images, const Indices* rows) {
        return branches ? predict(group_, *branches, recipe_, {&data_, &images, rows}, spent,
                                  [this] { return goes_on(); })
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
        const auto fresh = reestimated(SharedBottom(std::move(some)), recipe_,
                                       {&data_, &train_, epoch}, its, [this] { return goes_on(); });
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
