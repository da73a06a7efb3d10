// SPDX-License-Identifier: Apache-2.0
#include "support/record_builder.hpp"

#include <algorithm>

namespace graft::tests {

namespace {

sweep::EpochRow row_of(int epoch) {
    sweep::EpochRow row;
    row.phase = sweep::Phase::fine_tune;
    row.epoch = epoch;
    row.step = epoch * 10;
    row.train_loss = 1.0 / epoch;
    row.train_accuracy = 0.5;
    row.validation = {0.5, 0.6, 0.5 + 0.01 * epoch, 0.7, 0.8};
    row.seconds = 10;
    row.images_per_second = 32;
    return row;
}

sweep::Best best_of(int epoch, double val_auc) {
    return {sweep::Phase::fine_tune, epoch, {0.4, 0.75, val_auc, val_auc, val_auc}};
}

}  // namespace

sweep::PlannedTrial planned(const std::string& network, const std::string& dataset,
                            const std::string& init, std::int64_t seed, double freeze) {
    sweep::PlannedTrial trial;
    trial.spec.edit().network = network;
    trial.spec.edit().dataset = dataset;
    trial.spec.edit().dataset_fingerprint = "print-of-" + dataset;
    trial.spec.edit().init_text = init;
    if (init != "random") {
        trial.spec.edit().init =
            init == "mean_var" ? sweep::Init::mean_var : sweep::Init::pretrained;
        trial.spec.edit().weights_hash = "weights-of-" + network;
    }
    trial.spec.freeze = freeze;
    trial.spec.seed = seed;
    trial.work.image_size = 224;
    trial.work.layers = 87;
    trial.work.parameters = 1000;
    trial.work.trainable_parameters = 900;
    trial.work.multiply_adds = 1e6;
    trial.work.train_images = 320;
    trial.work.evaluated_images = 40;
    trial.work.epochs = 4;
    return trial;
}

RecordBuilder::RecordBuilder() {
    sweep::Started started;
    started.time = tick();
    started.start_id = "start-1";
    started.host = "node1";
    started.version = "0.1.0";
    started.job = "4711";
    started.pid = 99;
    apply(started);
}

core::WallTime RecordBuilder::tick() {
    now_.micros += 60'000'000;
    return now_;
}

void RecordBuilder::apply(const sweep::Event& event) {
    record_.apply(event);
    events_.push_back(event);
}

sweep::TrialId RecordBuilder::plan(const sweep::PlannedTrial& trial) {
    apply(sweep::Planned{tick(), "study", "[sweep]\nname = \"study\"\n", {trial}, {}});
    return sweep::trial_id(trial.spec);
}

void RecordBuilder::leave_out(const sweep::TrialId& id) {
    apply(sweep::Planned{tick(), "study", "[sweep]\nname = \"study\"\n", {}, {id}});
}

void RecordBuilder::dataset(const std::string& name, int size) {
    sweep::DatasetReady ready;
    ready.time = tick();
    ready.dataset = name;
    ready.fingerprint = "print-of-" + name;
    ready.size = size;
    ready.stored_size = size;
    ready.prepared = "/data/" + name + ".h5";
    ready.pixels_checksum = "abc";
    ready.classes = {"none", "disease"};
    ready.train = 320;
    ready.validation = 40;
    ready.test = 40;
    ready.skipped = {"broken.jpg: truncated"};
    ready.train_counts = {80, 240};
    ready.validation_counts = {10, 30};
    ready.test_counts = {10, 30};
    apply(ready);
}

sweep::CohortId RecordBuilder::start(const std::vector<sweep::TrialId>& members, int rank, int slot,
                                     const std::string& numerics) {
    sweep::AttemptStarted started;
    started.time = tick();
    started.cohort = record_.next_cohort();
    for (const auto& id : members) {
        const auto attempts = static_cast<std::int32_t>(record_.find(id)->attempts.size());
        started.members.push_back({id, attempts + 1});
    }
    started.rank = sweep::Rank(rank);
    started.slots = {sweep::Slot(slot)};
    started.host = "node1";
    apply(started);
    apply(sweep::AttemptBegun{tick(), started.cohort, "CPU", numerics});
    return started.cohort;
}

void RecordBuilder::save(sweep::CohortId cohort, int epochs) {
    sweep::SaveRecorded save;
    save.time = tick();
    save.save.cohort = cohort;
    for (const auto& id : *record_.members(cohort)) {
        sweep::MemberSave member;
        member.trial = id;
        int epoch = static_cast<int>(record_.find(id)->rows.size());
        for (int i = 0; i < epochs; ++i) {
            member.rows.push_back(row_of(++epoch));
        }
        member.seconds = 10.0 * epochs;
        save.save.position = {sweep::Phase::fine_tune, epoch + 1, 0, epoch * 10};
        save.save.members.push_back(member);
    }
    apply(save);
}

void RecordBuilder::end(sweep::CohortId cohort, const sweep::Ending& ending) {
    apply(sweep::AttemptEnded{tick(), cohort, ending});
}

void RecordBuilder::finish(const sweep::TrialId& id, const sweep::TrialResult& result,
                           const std::vector<sweep::EpochRow>& rows) {
    const auto cohort = start({id});
    sweep::SaveRecorded save;
    save.time = tick();
    save.save.cohort = cohort;
    save.save.save = 1;
    sweep::MemberSave member;
    member.trial = id;
    for (std::size_t i = record_.find(id)->rows.size(); i < rows.size(); ++i) {
        member.rows.push_back(rows[i]);
    }
    member.seconds = 10.0 * static_cast<double>(member.rows.size());
    member.best = result.best;
    member.result = result;
    save.save.members = {member};
    apply(save);
    end(cohort, sweep::Completed{});
}

namespace {

sweep::TrialResult result_of(const sweep::TrialId& id, int best_epoch, double val_auc,
                             double test_auc) {
    sweep::TrialResult result;
    result.best = best_of(best_epoch, val_auc);
    result.test = {0.45, 0.7, test_auc, test_auc, test_auc};
    result.weights = {"trials/" + id.text() + "/1.1.best.h5", 10, "hash"};
    result.predictions = {"trials/" + id.text() + "/predictions.h5", 10, "hash"};
    return result;
}

}  // namespace

void RecordBuilder::finish(const sweep::TrialId& id, double val_auc, double test_auc) {
    finish(id, result_of(id, 2, val_auc, test_auc), {row_of(1), row_of(2)});
}

void RecordBuilder::finish(const sweep::TrialId& id, const std::vector<double>& val_aucs,
                           double test_auc) {
    std::vector<sweep::EpochRow> rows;
    for (const double auc : val_aucs) {
        rows.push_back(row_of(static_cast<int>(rows.size()) + 1));
        rows.back().validation.auc = auc;
        rows.back().val_auc_reestimated = auc + 0.05;
    }
    const auto best = std::max_element(val_aucs.begin(), val_aucs.end());
    const int epoch = static_cast<int>(best - val_aucs.begin()) + 1;
    finish(id, result_of(id, epoch, *best, test_auc), rows);
}

void RecordBuilder::diverge(const sweep::TrialId& id, double val_auc) {
    sweep::TrialResult result;
    result.diverged_epoch = 2;
    result.diverged_phase = sweep::Phase::fine_tune;
    if (!std::isnan(val_auc)) {
        result.best = best_of(1, val_auc);
    }
    finish(id, result, {row_of(1)});
}

void RecordBuilder::fail(const sweep::TrialId& id, const std::string& message) {
    end(start({id}), sweep::Crashed{11, 0});
    apply(sweep::TrialFailed{tick(), id, message});
}

}  // namespace graft::tests
