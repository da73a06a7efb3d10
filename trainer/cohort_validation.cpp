// SPDX-License-Identifier: Apache-2.0
// The end of an epoch: its validation, and the rows that come of it.
#include <cmath>
#include <utility>

#include "trainer/cohort_run.hpp"
#include "trainer/cuda/range.hpp"
#include "trainer/order.hpp"

namespace graft::trainer {

std::optional<CohortRun::Validation> CohortRun::validate(BranchSeconds& spent) {
    const auto scores = [&](const SharedBottom& branches) {
        return answers(group_, merged(branches), recipe_, {&data_, &validation_, nullptr}, spent,
                       [this] { return goes_on(); });
    };
    Validation validation;
    const auto how = recipe_.training.evaluate_bn;
    if (how != sweep::EvaluateBn::reestimated && !(validation.moving = scores(bottom()))) {
        return std::nullopt;
    }
    if (how != sweep::EvaluateBn::moving) {
        const auto other = reestimated(
            bottom(), recipe_, {&data_, &train_, epoch_key(position_.phase, position_.epoch)},
            spent, [this] { return goes_on(); });
        if (!other || !(validation.fresh = scores(*other))) {
            return std::nullopt;
        }
    }
    return validation;
}

CohortRun::Judged CohortRun::judge(const Validation& validation) const {
    const cuda::Range range("metrics");
    const auto metrics = [this](const std::optional<GroupAnswers>& scores) {
        std::vector<sweep::Metrics> all;
        for (const Predictions& its : scores ? scores->read() : std::vector<Predictions>()) {
            all.push_back(metrics_of(its, validation_, data_));
        }
        return all;
    };
    return {metrics(validation.moving), metrics(validation.fresh)};
}

std::future<std::vector<EpochSums>> CohortRun::sums_beside() const {
    std::vector<Tally> tallies;
    for (const auto& strand : strands_) {
        tallies.push_back(strand->tally().copy());
    }
    return std::async(launch(),
                      [tallies = std::move(tallies), trained = cuda::Mark(data_.device())] {
                          trained.wait();
                          std::vector<EpochSums> sums;
                          for (const Tally& tally : tallies) {
                              sums.push_back({tally.loss(), tally.correct()});
                          }
                          return sums;
                      });
}

bool CohortRun::finish_epoch() {
    if (strands_.empty()) {
        return true;
    }
    const cuda::Range range("validation");
    charge();
    end_validation(Wait::yes);
    auto sums_then = sums_beside();
    BranchSeconds spent(strands_.size());
    auto validation = validate(spent);
    if (!validation) {
        return false;
    }
    // A GPU has the validation to do while the host waits for what was trained before it.
    const auto sums = sums_then.get();
    Strands diverged;
    for (std::size_t i = 0; i < strands_.size(); ++i) {
        if (!std::isfinite(sums[i].loss)) {
            diverged.push_back(strands_[i].get());
        }
    }
    if (!diverged.empty()) {
        return end_early(diverged, End::diverged) &&
               finish_epoch();  // the others once more, among themselves
    }
    const double through = images_per_second();
    charge(all(), spent, Strand::Spent::in_epoch);
    Validating& validating = validating_.emplace();
    for (std::size_t i = 0; i < strands_.size(); ++i) {
        const auto images = static_cast<double>(strands_[i]->images());
        sweep::EpochRow row;
        row.phase = position_.phase;
        row.epoch = position_.epoch;
        row.step = position_.step;
        row.train_loss = sums[i].loss / images;
        row.train_accuracy = static_cast<double>(sums[i].correct) / images;
        row.images_per_second = through;
        row.seconds = strands_[i]->epoch_seconds();
        validating.rows.push_back(row);
        if (beside_) {
            validating.tops.push_back(strands_[i]->model().copy_of_top());
        }
    }
    validating.judged =
        std::async(launch(), [this, its = std::move(*validation)] { return judge(its); });
    if (!beside_) {
        end_validation(Wait::yes);
    }
    return true;
}

void CohortRun::end_validation(Wait wait) {
    if (!validating_ || (wait == Wait::no && validating_->judged.wait_for(core::Seconds(0)) !=
                                                 std::future_status::ready)) {
        return;
    }
    auto [rows, tops, judged] = *std::exchange(validating_, std::nullopt);
    const auto [moving, fresh] = judged.get();
    for (std::size_t i = 0; i < strands_.size(); ++i) {
        sweep::EpochRow& row = rows[i];
        row.validation = moving.empty() ? fresh[i] : moving[i];
        if (!fresh.empty()) {
            row.val_auc_reestimated = fresh[i].auc;
        }
        strands_[i]->add_row(row, beside_ ? std::optional(std::move(tops[i])) : std::nullopt);
    }
}

}  // namespace graft::trainer
