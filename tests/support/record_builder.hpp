// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sweep/record.hpp"

namespace graft::tests {

// A trial of the grid with plausible work: "mobilenet" on "retina" at freeze 0, seed 1, unless
// changed by the test.
sweep::PlannedTrial planned(const std::string& network = "mobilenet",
                            const std::string& dataset = "retina",
                            const std::string& init = "random", std::int64_t seed = 1,
                            double freeze = 0);

// Makes a record the way a sweep does: by events, one minute apart from 2026-11-24 00:00:00 UTC.
class RecordBuilder {
  public:
    RecordBuilder();

    sweep::TrialId plan(const sweep::PlannedTrial& trial);
    void leave_out(const sweep::TrialId& id);
    // A dataset of two classes: 80 and 240 training, 10 and 30 validation and test images.
    void dataset(const std::string& name, int size = 224);
    sweep::CohortId start(const std::vector<sweep::TrialId>& members, int rank = 0, int slot = 0,
                          const std::string& numerics = "cpu, 1 thread");
    // A save with `epochs` more rows (validation AUC 0.5 + 0.01 x epoch) and 10 seconds for each.
    void save(sweep::CohortId cohort, int epochs);
    void end(sweep::CohortId cohort, const sweep::Ending& ending);
    // The life of one trial, or what is left of it: an attempt that ends with 2 epochs in all, and
    // these AUCs.
    void finish(const sweep::TrialId& id, double val_auc, double test_auc);
    // With one epoch for each of these validation AUCs (those with statistics taken anew are 0.05
    // higher), the best of them chosen.
    void finish(const sweep::TrialId& id, const std::vector<double>& val_aucs, double test_auc);
    // Diverges in epoch 2; with a best checkpoint of epoch 1 unless its AUC is NaN.
    void diverge(const sweep::TrialId& id, double val_auc);
    void fail(const sweep::TrialId& id, const std::string& message);

    void apply(const sweep::Event& event);
    core::WallTime now() const { return now_; }
    const sweep::Record& record() const { return record_; }
    const std::vector<sweep::Event>& events() const { return events_; }

  private:
    core::WallTime tick();
    void finish(const sweep::TrialId& id, const sweep::TrialResult& result,
                const std::vector<sweep::EpochRow>& rows);

    sweep::Record record_;
    std::vector<sweep::Event> events_;
    core::WallTime now_{1'795'478'400'000'000};
};

}  // namespace graft::tests
