// SPDX-License-Identifier: Apache-2.0
#include "trainer/life.hpp"

#include "core/error.hpp"

#include "sweep/trial_files.hpp"

#include "support/catch.hpp"

namespace graft::tests {

Study::Study(const DrawnDataset& drawn) {
    set_up_torch_once();
    write_drawn_dataset(directory / "drawn.h5", drawn);
    data.emplace(directory / "drawn.h5", "", at::kCPU);
}

Cutting::Cutting(Ledger& ledger, std::filesystem::path sweep, int cut, core::RandomStream* late)
    : ledger_(ledger), sweep_(std::move(sweep)), cut_(cut), late_(late) {}

trainer::Watcher::Request Cutting::after_batch(const std::function<Shown()>&) {
    instant();
    while (!pending_.empty() && late_ && late_->below(2) == 0) {
        move_on();
    }
    return late_ && late_->below(8) == 0 ? Request::drain : Request::go_on;
}

std::int64_t Cutting::next_save() const {
    instant();
    return saves_ + 1;
}

void Cutting::saved(const sweep::Position& position, std::vector<sweep::MemberSave> members,
                    double) {
    instant();
    pending_.push_back({ledger_.cohort(), ++saves_, position, std::move(members), 0});
    if (!late_) {
        settle();
    }
}

void Cutting::settle() {
    while (!pending_.empty()) {
        move_on();
    }
}

std::vector<sweep::TrialId> Cutting::verdicts() {
    settle();
    return ledger_.stopped();
}

void Cutting::instant() const {
    if (++instants_ == cut_) {
        throw CutOff{};
    }
}

void Cutting::move_on() {
    const sweep::Saved& oldest = pending_.front();
    if (recorded_ < oldest.save) {
        ledger_.record(oldest);
        recorded_ = oldest.save;
    } else {
        for (const auto& member : oldest.members) {
            if (member.result) {
                sweep::finish_files(sweep_, member.trial, *member.result, member.files);
            } else {
                const auto attempt = ledger_.attempt_of(member.trial);
                sweep::remove_replaced(sweep_, member.trial, attempt, oldest.save, member.files);
            }
        }
        pending_.pop_front();
    }
    instant();
}

Life::Life(const Study& its_study, const std::vector<sweep::TrialSpec>& specs)
    : study(its_study), ledger(specs), weights(specs.size()) {
    std::filesystem::remove_all(study.directory / "trials");
}

void Life::attempt(int cut, core::RandomStream* late) {
    const auto members = ledger.begin_attempts();
    Cutting watcher(ledger, study.directory.path(), cut, late);
    const auto gpus = members.front().spec->training.gpus_per_trial;
    trainer::ReplicaGroup group(
        std::vector<const trainer::Dataset*>(static_cast<std::size_t>(gpus), &*study.data));
    std::optional<trainer::CohortRun> run;
    try {
        run.emplace(members, trainer::Places{study.directory.path(), {}}, *study.data, watcher,
                    &group, host_work);
        const auto outcome = run->run();
        watcher.settle();
        const bool ended = outcome == trainer::CohortRun::Outcome::ended;
        ledger.end_attempt(ended ? sweep::Ending(sweep::Completed{}) : sweep::Drained{});
    } catch (const CutOff&) {
        ledger.end_attempt(sweep::Killed{9});
    } catch (const core::InputError& error) {
        ledger.end_attempt(sweep::InputFault{error.what()});
        throw;
    }
    for (std::size_t i = 0; run && i < weights.size(); ++i) {
        const auto* model = run->model(ledger.trial(i).id);
        weights[i] = model ? weights_hash(*model) : weights[i];
    }
    instants = watcher.instants();
}

Life& Life::to_its_end(const std::vector<int>& cuts, std::uint64_t late_key) {
    core::RandomStream late("late", late_key, 0);
    for (std::size_t i = 0; !ledger.all_ended(); ++i) {
        attempt(i < cuts.size() ? cuts[i] : -1, late_key > 0 ? &late : nullptr);
    }
    for (std::size_t i = 0; i < ledger.size(); ++i) {
        sweep::finish_files(study.directory.path(), ledger.trial(i).id, *ledger.result(i),
                            ledger.trial(i).files);
    }
    check_files(study.directory.path(), ledger);
    return *this;
}

void check_equal(const Life& life, const Life& whole) {
    for (std::size_t i = 0; i < whole.ledger.size(); ++i) {
        INFO("trial " << i);
        CHECK(numbers_of(life.ledger.trial(i)) == numbers_of(whole.ledger.trial(i)));
        CHECK((life.weights[i] == whole.weights[i] || whole.ledger.result(i)->diverged_epoch > 0));
    }
}

void check_equal(const Life& cohort, std::size_t member, const Life& alone) {
    CHECK(numbers_of(cohort.ledger.trial(member)) == numbers_of(alone.ledger.trial()));
    CHECK(
        (cohort.weights[member] == alone.weights[0] || alone.ledger.result()->diverged_epoch > 0));
}

sweep::TrialSpec spec_with_everything() {
    auto spec = small_member("mobilenet_0.25").spec;
    spec.freeze = 40;
    spec.edit().training.batch_size = 8;
    spec.edit().training.warmup_for = sweep::WarmupFor::all;
    spec.edit().training.train_fraction = 0.8;
    spec.edit().training.evaluate_bn = sweep::EvaluateBn::both;
    return spec;
}

}  // namespace graft::tests
