// SPDX-License-Identifier: Apache-2.0
#include "trainer/cohort_run.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "sweep/cohort.hpp"
#include "sweep/rate.hpp"

#include "trainer/cuda/range.hpp"
#include "trainer/device.hpp"
#include "trainer/group_evaluation.hpp"
#include "trainer/loss.hpp"
#include "trainer/order.hpp"
#include "trainer/precision.hpp"
#include "trainer/predictions.hpp"

namespace graft::trainer {

namespace {

double seconds_since(core::Instant start) {
    return core::Seconds(core::now() - start).count();
}

}  // namespace

CohortRun::CohortRun(const std::vector<sweep::Member>& members, Places places, const Dataset& data,
                     Watcher& watcher, ReplicaGroup* group, HostWork host_work)
    : places_(std::move(places)),
      data_(data),
      watcher_(watcher),
      network_(models::build_network(members.at(0).spec->network, data.classes(),
                                     members.at(0).spec->training.head_units, places_.network)),
      recipe_{&network_, members.at(0).spec->training, members.at(0).spec.seed,
              compute_type(members.at(0).spec->training.precision, data.device())},
      images_(images_of(data.prepared(), members.at(0).spec)),
      train_(images_.train),
      validation_(images_.validation),
      test_(images_.test),
      feature_rows_(feature_rows(test_, recipe_.seed)),
      group_(group ? *group : alone_.emplace(std::vector<const Dataset*>{&data})),
      replicas_(static_cast<std::size_t>(group_.count())),
      beside_(host_work == HostWork::by_device ? !data.device().is_cpu()
                                               : host_work == HostWork::beside),
      charged_(core::now()) {
    const sweep::TrialSpec& spec = members.front().spec;
    check_trial(spec, data, train_.size(), validation_.size());
    if (sweep::has_warmup(spec)) {
        plan_.push_back({sweep::Phase::warmup, recipe_.training.warmup_epochs});
    }
    plan_.push_back({sweep::Phase::fine_tune, sweep::fine_tune_epochs(spec)});
    position_.phase = plan_.front().phase;
    batches_ = batches_of(train_.size(), recipe_.training.batch_size);
    class_weights_ = balanced_weights(labels_of(data.prepared(), train_), data.classes());
    std::vector<SavedMember> found;
    for (const sweep::Member& member : members) {
        found.push_back(last_save(member, places_.sweep));
    }
    check_cohort(found, position_);
    position_ = found.front().position.value_or(position_);
    const auto weights = first_weights(network_, spec, places_.weights);
    strands_.push_back(std::make_unique<Strand>(
        network_, to_torch(network_, weights, data.device()), std::move(found)));
    group_.run([this](int i) {
        replicas_[static_cast<std::size_t>(i)] =
            std::make_unique<Replica>(group_.data(i), recipe_, group_.exchange(i));
    });
    begin_phase();
    begin_epoch();
    go_on();
    join();
    last_save_ = core::now();
}

void CohortRun::begin_phase() {
    const auto hash_of = [](const std::optional<sweep::FileRef>& file) {
        return "\n" + (file ? file->hash : "");
    };
    const auto key_of = [&](const SavedMember& trial) {
        // Equal warm-ups, from equal states on, are one.
        return position_.phase == sweep::Phase::warmup
                   ? sweep::warmup_key(trial.member.spec) + hash_of(trial.state) +
                         hash_of(trial.best)
                   : trial.member.trial.text();
    };
    std::map<std::string, std::vector<SavedMember>> groups;
    std::vector<std::pair<std::string, const Strand*>> origins;  // in the members' order
    for (const auto& strand : strands_) {
        for (const SavedMember& trial : strand->trials()) {
            auto& group = groups[key_of(trial)];
            if (group.empty()) {
                origins.emplace_back(key_of(trial), strand.get());
            }
            group.push_back(trial);
        }
    }
    std::vector<std::unique_ptr<Strand>> next;
    for (const auto& [key, origin] : origins) {
        auto strand = std::make_unique<Strand>(origin->with(groups.at(key)));
        strand->begin_phase(cut_of(network_, strand->spec(), position_.phase), recipe_,
                            class_weights_);
        next.push_back(std::move(strand));
    }
    for (const auto& replica : replicas_) {
        replica->let_go();
    }
    strands_ = std::move(next);
}

void CohortRun::go_on() {
    // The deepest first: its frozen layers are those of all.
    auto strands = all();
    std::stable_sort(strands.begin(), strands.end(), [](const Strand* a, const Strand* b) {
        return a->model().cut() > b->model().cut();
    });
    for (Strand* strand : strands) {
        if (const auto& state = strand->trials().front().state) {
            strand->go_on_from(
                read_state(places_.sweep / state->name),
                strand == strands.front() ? Strand::Frozen::taken_over : Strand::Frozen::compared);
        }
    }
}

void CohortRun::join() {
    std::vector<Trainee> trainees;
    std::vector<double> dropout;
    for (const auto& strand : strands_) {
        trainees.push_back(strand->trainee());
        dropout.push_back(strand->spec()->training.dropout);
    }
    synchronize(data_.device());
    group_.run([&](int i) { replica(i).train_these(trainees, dropout); });
}

void CohortRun::begin_epoch() {
    const auto key = epoch_key(position_.phase, position_.epoch);
    order_ = epoch_order(train_, recipe_.seed, key);
    group_.run([&](int i) { replica(i).begin_epoch(order_, key); });
    for (const auto& strand : strands_) {
        strand->begin_epoch();
    }
}

CohortRun::Strands CohortRun::all() const {
    Strands strands;
    for (const auto& strand : strands_) {
        strands.push_back(strand.get());
    }
    return strands;
}

const Model* CohortRun::model(const sweep::TrialId& trial) const {
    for (const auto& strand : strands_) {
        for (const SavedMember& one : strand->trials()) {
            if (one.member.trial == trial) {
                return &strand->model();
            }
        }
    }
    return nullptr;
}

bool CohortRun::all_epochs_done() const {
    return position_.phase == plan_.back().phase && position_.epoch > plan_.back().epochs;
}

// Of every epoch: its batches, validation, and what is due between epochs. Leaves where somebody
// asks for it, with a save of all that have no result; ends when none is left without one.
CohortRun::Outcome CohortRun::run() {
    while (!all_epochs_done()) {
        // First: a loss that was not finite may have been saved.
        if (!end_diverged() || !end_stopped()) {
            return leave();
        }
        if (strands_.empty()) {
            return Outcome::ended;
        }
        if (position_.batch < batches_) {
            train_batch();
            end_save(Wait::no);
            if (asked_to_drain()) {
                return leave();
            }
            continue;
        }
        if (!finish_epoch()) {
            return leave();
        }
        if (!strands_.empty()) {
            advance();
        }
    }
    return end(all(), End::completed) ? Outcome::ended : leave();
}

void CohortRun::train_batch() {
    charge();
    const auto size = recipe_.training.batch_size;
    const auto samples = batch_of(order_, size, position_.batch);
    std::vector<double> rates;
    for (const auto& strand : strands_) {
        strand->count(static_cast<std::int64_t>(samples.size()));
        rates.push_back(sweep::rate_at(strand->spec(), position_, batches_));
    }
    const auto first = static_cast<std::size_t>(size) * static_cast<std::size_t>(position_.batch);
    BranchSeconds spent;
    group_.run([&](int i) {
        auto its = replica(i).train(first, samples.size(), rates);
        if (i == 0) {
            spent = std::move(its);
        }
    });
    stay_near();
    ++position_.batch;
    ++position_.step;
    charge(all(), spent, Strand::Spent::in_epoch);
}

void CohortRun::charge(const Strands& strands, const BranchSeconds& spent, Strand::Spent how) {
    const core::Instant now = core::now();
    core::Seconds common = now - std::exchange(charged_, now);
    std::size_t trials = 0;
    for (const auto& strand : strands_) {
        trials += strand->trials().size();
    }
    for (std::size_t i = 0; i < strands.size(); ++i) {
        common -= spent[i];
        strands[i]->spend(spent[i].count() / static_cast<double>(strands[i]->trials().size()), how);
    }
    for (const auto& strand : strands_) {
        strand->spend(common.count() / static_cast<double>(trials), how);
    }
}

double CohortRun::images_per_second() const {
    double seconds = 0;
    for (const auto& strand : strands_) {
        seconds += strand->epoch_seconds() * static_cast<double>(strand->trials().size());
    }
    return seconds > 0 ? static_cast<double>(strands_.front()->images()) / seconds : 0;
}

Watcher::Shown CohortRun::shown() {
    end_validation(Wait::no);
    double loss = 0, val_auc = NAN, trials = 0;
    for (const auto& strand : strands_) {
        const auto count = static_cast<double>(strand->trials().size());
        const EpochSums sums = strand->sums();
        loss += count * sums.loss / static_cast<double>(sums.images);
        trials += count;
        val_auc = std::fmax(val_auc, strand->val_auc());
    }
    return {position_, batches_, images_per_second(), loss / trials, val_auc};
}

void CohortRun::stay_near() {
    // Enough to hide what the host does between two epochs behind what the device has yet to do.
    constexpr std::size_t kAhead = 16;
    if (!data_.device().is_cpu()) {
        launched_.emplace_back(data_.device());
        if (launched_.size() > kAhead) {
            launched_.front().wait();
            launched_.pop_front();
        }
    }
}

bool CohortRun::goes_on() {
    stay_near();
    return !asked_to_drain();
}

bool CohortRun::asked_to_drain() {
    drain_ = drain_ || watcher_.after_batch([this] { return shown(); }) == Watcher::Request::drain;
    return drain_;
}

void CohortRun::advance() {
    const auto plan = std::find_if(plan_.begin(), plan_.end(), [&](const PhasePlan& one) {
        return one.phase == position_.phase;
    });
    const bool phase_over = position_.epoch == plan->epochs;
    position_.batch = 0;
    if (phase_over) {
        end_validation(Wait::yes);  // what comes next needs to know the best
    }
    if (phase_over && position_.phase != plan_.back().phase) {
        end_save(Wait::yes);
        for (const auto& strand : strands_) {
            strand->write_best(places_.sweep, watcher_.next_save());  // once, while it is one
        }
        position_.phase = plan_.back().phase;
        position_.epoch = 1;
        begin_phase();
        join();
    } else {
        ++position_.epoch;
    }
    // By the best before this epoch: where nothing is due by that, a better one changes nothing.
    bool judged = verdict_due();
    if (judged) {
        end_validation(Wait::yes);
        judged = verdict_due();
    }
    begin_epoch();
    // Work is worth a save when losing it would cost more than fifty saves.
    if (!all_epochs_done() &&
        (phase_over || judged || seconds_since(last_save_) > 50 * save_seconds_)) {
        save();
    }
    if (judged) {
        hear_verdicts();
    }
}

bool CohortRun::verdict_due() const {
    const auto due = [this](const auto& strand) {
        const auto& trials = strand->trials();
        return std::any_of(trials.begin(), trials.end(), [&](const SavedMember& trial) {
            return sweep::verdict_due(trial.member.stopping, trial.member.spec, position_,
                                      strand->best());
        });
    };
    return std::any_of(strands_.begin(), strands_.end(), due);
}

void CohortRun::hear_verdicts() {
    end_save(Wait::yes);
    const auto stopped = watcher_.verdicts();
    for (const auto& strand : strands_) {
        strand->stop(stopped);
    }
}

}  // namespace graft::trainer
