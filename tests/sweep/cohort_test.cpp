// SPDX-License-Identifier: Apache-2.0
#include "sweep/cohort.hpp"

#include <functional>
#include <vector>

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft::sweep;

namespace {

TrialSpec pretrained() {
    TrialSpec spec = graft::tests::planned_trial().spec;
    spec.edit().init = Init::pretrained;
    spec.edit().weights_hash = "0123";
    return spec;
}

TrialSpec changed(const std::function<void(TrialSpec&)>& change) {
    TrialSpec spec = pretrained();
    change(spec);
    return spec;
}

}  // namespace

TEST_CASE("trials that differ above a frozen bottom alone can be one cohort") {
    const auto key = cohort_key(pretrained());
    CHECK(cohort_key(changed([](auto& s) { s.freeze = 50; })) == key);
    CHECK(cohort_key(changed([](auto& s) { s.edit().training.learning_rate = 1; })) == key);
    CHECK(cohort_key(changed([](auto& s) { s.edit().training.warmup_learning_rate = 1; })) == key);
    CHECK(cohort_key(changed([](auto& s) { s.edit().training.dropout = 0; })) == key);
    CHECK(cohort_key(changed([](auto& s) { s.edit().training.best_by = BestBy::val_loss; })) ==
          key);
    CHECK(cohort_key(changed([](auto& s) { s.edit().training.optimizer = Optimizer::sgd; })) ==
          key);
    CHECK(cohort_key(changed([](auto& s) { s.edit().training.update.weight_decay = 1; })) == key);
    CHECK(cohort_key(changed(
              [](auto& s) { s.edit().training.schedule.shape = RateShape::cosine; })) == key);
    CHECK(cohort_key(changed([](auto& s) { s.edit().training.loss.label_smoothing = 0.5; })) ==
          key);
}

TEST_CASE("trials that see other batches or start from other weights cannot") {
    const auto key = cohort_key(pretrained());
    const std::vector<std::function<void(TrialSpec&)>> changes{
        [](auto& s) { s.edit().network = "mobilenet"; },
        [](auto& s) { s.edit().dataset_fingerprint = "f"; },
        [](auto& s) { s.edit().init = Init::mean_var; },
        [](auto& s) { s.edit().weights_hash = "4567"; },
        [](auto& s) { s.seed = 2; },
        [](auto& s) { s.edit().recipe = 2; },
        [](auto& s) {
            s.edit().fold = {1, 5, 0};
        },
        [](auto& s) { s.edit().training.image_size = 64; },
        [](auto& s) { s.edit().training.batch_size = 16; },
        [](auto& s) { s.edit().training.epochs = 7; },
        [](auto& s) { s.edit().training.transfer = 50; },
        [](auto& s) { s.edit().training.augment.clear(); },
        [](auto& s) { s.edit().training.head_units = 8; },
        [](auto& s) { s.edit().training.bn_momentum = 0.9; },
        [](auto& s) { s.edit().training.precision = Precision::bfloat16; },
    };
    for (const auto& change : changes) {
        CHECK(cohort_key(changed(change)) != key);
    }
}

TEST_CASE("members with the same warm-up are told by its own settings") {
    const auto key = warmup_key(pretrained());
    CHECK(warmup_key(changed([](auto& s) { s.freeze = 50; })) == key);
    CHECK(warmup_key(changed([](auto& s) {
              s.edit().training.warmup_learning_rate = s->training.learning_rate;
          })) == key);
    CHECK(warmup_key(changed([](auto& s) { s.edit().training.learning_rate = 1; })) != key);
    CHECK(warmup_key(changed([](auto& s) { s.edit().training.dropout = 0; })) != key);
    CHECK(warmup_key(changed([](auto& s) { s.edit().training.best_by = BestBy::val_loss; })) !=
          key);
    // The schedule begins after it, and the head has the whole rate.
    CHECK(warmup_key(changed(
              [](auto& s) { s.edit().training.schedule.shape = RateShape::cosine; })) == key);
    CHECK(warmup_key(changed([](auto& s) { s.edit().training.update.bottom_rate = 0.1; })) == key);
    CHECK(warmup_key(changed([](auto& s) { s.edit().training.optimizer = Optimizer::sgd; })) !=
          key);
    CHECK(warmup_key(changed([](auto& s) { s.edit().training.update.weight_decay = 1; })) != key);
    CHECK(warmup_key(changed([](auto& s) { s.edit().training.loss.label_smoothing = 0.5; })) !=
          key);
    const auto own_rate = [](double rate) {
        return changed([rate](auto& s) {
            s.edit().training.warmup_learning_rate = 0.5;
            s.edit().training.learning_rate = rate;
        });
    };
    CHECK(warmup_key(own_rate(1)) == warmup_key(own_rate(2)));
    CHECK(warmup_key(changed([](auto& s) { s.edit().init = Init::random; })).empty());
}
