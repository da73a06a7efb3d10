// SPDX-License-Identifier: Apache-2.0
// Trials that are trained by several replicas, here threads on the processor.
#include "trainer/replica.hpp"

#include <stdexcept>
#include <thread>
#include <utility>

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "support/catch.hpp"
#include "trainer/cohort_run.hpp"
#include "trainer/group_evaluation.hpp"
#include "trainer/life.hpp"
#include "trainer/reduction.hpp"
#include "trainer/replica_group.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using trainer::ReplicaGroup;

namespace {

std::vector<const trainer::Dataset*> times(int count, const trainer::Dataset& data) {
    return std::vector<const trainer::Dataset*>(static_cast<std::size_t>(count), &data);
}

trainer::Model fresh(const models::Network& network, int cut) {
    trainer::Model model(network, tests::pretended_weights(network), at::kCPU);
    model.train_above(cut, 0.9, at::kFloat);
    return model;
}

at::Tensor all_of(const std::vector<at::Tensor>& tensors) {
    const auto values = trainer::flattened(tensors);
    return trainer::from_floats(values, {static_cast<std::int64_t>(values.size())}, at::kCPU);
}

std::vector<at::Tensor> gradients_of(const trainer::Model& model) {
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& parameter : model.optimizer().parameters()) {
        gradients.push_back(parameter.grad());
    }
    return gradients;
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

struct Result {
    at::Tensor gradients, tensors;
    double loss = 0;  // sum over the images
    std::int64_t correct = 0;
};

constexpr int kCut = 20, kImages = 5;

struct Batch {
    models::Network network = models::build_network("mobilenet_0.25", 3, 8);
    at::Tensor images = tests::ramp({kImages, 3, 96, 96}) * 0.5 + 0.5;
    at::Tensor labels = trainer::from_floats({0, 1, 2, 1, 0}, {kImages}, at::kCPU).to(at::kLong);
};

// Parts of 2 and 3 images by the one-device step, weighed by their images.
Result sum_of_parts(const Batch& batch) {
    Result sum;
    for (int i = 0; i < 2; ++i) {
        const auto [first, count] = trainer::share_of(kImages, i, 2);
        auto model = fresh(batch.network, kCut);
        const auto part = model.forward_backward(batch.images.narrow(0, first, count),
                                                 batch.labels.narrow(0, first, count), {});
        const double share = static_cast<double>(count) / kImages;
        const at::Tensor gradients = all_of(gradients_of(model)) * share;
        const at::Tensor tensors = all_of(model.all_tensors()) * share;
        sum.gradients = i == 0 ? gradients : sum.gradients + gradients;
        sum.tensors = i == 0 ? tensors : sum.tensors + tensors;
        sum.loss += static_cast<double>(count) * part.loss;
        sum.correct += part.correct;
    }
    return sum;
}

Result divided_step(const Batch& batch, trainer::Exchange& end) {
    auto model = fresh(batch.network, kCut);
    trainer::Tally tally(at::kCPU);
    const trainer::LossScaler scaler;
    const auto [first, count] = trainer::share_of(kImages, end.index(), end.count());
    const at::Tensor labels = batch.labels.narrow(0, first, count);
    const trainer::SharedBottom bottom({model.branch()});
    const auto top = [&](std::size_t, trainer::Live values) {
        model.train_top(std::move(values), labels, {}, scaler, tally, {&end, kImages});
    };
    if (count > 0) {
        bottom.run(batch.images.narrow(0, first, count), at::kFloat,
                   trainer::SharedBottom::BatchNorms::merged, top);
    } else {
        top(0, {});
    }
    return {all_of(gradients_of(model)), all_of(model.all_tensors()), tally.loss(),
            tally.correct()};
}

}  // namespace

TEST_CASE("a divided step has the mean gradient of its parts, each with its own batch norm") {
    tests::set_up_torch_once();
    const Batch batch;
    const Result expected = sum_of_parts(batch);
    std::vector<Result> results(3);
    const auto ends = trainer::shared_memory(3);  // the third has no image
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] { results[i] = divided_step(batch, *ends[i]); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    for (const Result& result : results) {
        CHECK(largest_difference(result.gradients, expected.gradients) <
              1e-4 * expected.gradients.abs().max().item<double>());
        CHECK(largest_difference(result.tensors, expected.tensors) < 1e-6);
        CHECK(result.loss == Approx(expected.loss).epsilon(1e-6));
        CHECK(result.correct == expected.correct);
    }
}

TEST_CASE("replicas stay equal to the bit, through short batches and members side by side") {
    const tests::Study study({40, 2, 16, 32});
    const auto network = models::build_network("mobilenet_0.25", 2, 8);
    sweep::Training training = tests::small_member().spec->training;
    training.dropout = 0.5;
    training.head_units = 8;
    const trainer::Recipe recipe{&network, training, 3, at::kFloat};
    const auto order = trainer::images_of(study.data->prepared().parts, data::Part::train);
    for (const int count : {2, 3}) {
        // Two members on one frozen bottom.
        trainer::Model deep = fresh(network, 40);
        trainer::Model shallow(network, deep.executor().tensors());
        shallow.train_above(20, training.bn_momentum, at::kFloat);
        trainer::LossScaler scaler;
        trainer::Tally tally(at::kCPU);
        const std::vector<trainer::Trainee> trainees{{&shallow, &scaler, &tally, {}},
                                                     {&deep, &scaler, &tally, {}}};
        const std::string before = tests::weights_hash(deep);
        ReplicaGroup group(times(count, *study.data));
        std::vector<std::vector<std::vector<float>>> weights(static_cast<std::size_t>(count));
        group.run([&](int i) {
            trainer::Replica replica(group.data(i), recipe, group.exchange(i));
            replica.train_these(trainees, {0.5, 0.25});
            replica.begin_epoch(order, 1);
            for (const auto& [first, size] :
                 {std::pair{0, 8}, std::pair{8, 7}, std::pair{15, 3}, std::pair{18, 2}}) {
                replica.train(static_cast<std::size_t>(first), static_cast<std::size_t>(size),
                              std::vector{1e-3, 1e-2});
            }
            for (const auto& branch : replica.bottom().branches()) {
                const trainer::Model end(network, branch.executor.tensors());
                weights[static_cast<std::size_t>(i)].push_back(
                    trainer::flattened(end.all_tensors()));
            }
        });
        CHECK(tests::weights_hash(deep) != before);
        CHECK(weights[0][0] == trainer::flattened(shallow.all_tensors()));
        for (int i = 1; i < count; ++i) {
            CHECK(weights[static_cast<std::size_t>(i)] == weights[0]);
        }
    }
}

TEST_CASE("replicas have the same frozen weights, under batch norms that follow the batches") {
    const tests::Study study({40, 2, 16, 32});
    const auto network = models::build_network("mobilenet_0.25", 2, 8);
    sweep::Training training = tests::small_member().spec->training;
    training.frozen_batch_norm = sweep::FrozenBatchNorm::batch;
    training.head_units = 8;
    const trainer::Recipe recipe{&network, training, 3, at::kFloat};
    const auto order = trainer::images_of(study.data->prepared().parts, data::Part::train);
    trainer::Model model = fresh(network, 40);
    model.train_above({40, training.frozen_batch_norm}, training.bn_momentum, at::kFloat);
    const auto before = model.weights();
    trainer::LossScaler scaler;
    trainer::Tally tally(at::kCPU);
    ReplicaGroup group(times(3, *study.data));
    group.run([&](int i) {
        trainer::Replica replica(group.data(i), recipe, group.exchange(i));
        replica.train_these({{&model, &scaler, &tally, {}}}, {0});
        replica.begin_epoch(order, 1);
        replica.train(0, 8, std::vector{1e-3});
    });
    const auto after = model.weights();
    for (std::size_t i = 0; i < 40; ++i) {
        const auto infos = models::tensors_of(network, static_cast<int>(i));
        for (std::size_t t = 0; t < infos.size(); ++t) {
            INFO(network.layers[i].name << " tensor " << t);
            CHECK((before.tensors[i][t].values == after.tensors[i][t].values) ==
                  infos[t].trainable);
        }
    }
}

TEST_CASE("a trial on two replicas learns as on one, and goes on to the same bits") {
    const tests::Study study;
    auto spec = tests::spec_with_everything();
    const auto whole_of = [&](int gpus) {
        spec.edit().training.gpus_per_trial = gpus;
        tests::Life life(study, spec);
        life.to_its_end();
        return life;
    };
    const tests::Life one = whole_of(1), two = whole_of(2);
    CHECK(one.weights != two.weights);  // batch norm sees other images
    tests::check_equal(whole_of(2), two);
    for (const int cut : {1, two.instants / 3, two.instants / 2, 4 * two.instants / 5}) {
        tests::Life life(study, spec);
        life.host_work = cut == 1 ? trainer::HostWork::by_device : trainer::HostWork::beside;
        life.to_its_end({cut, cut / 2 + 1});
        tests::check_equal(life, two);
    }
}

TEST_CASE("replicas score every image once, as one does") {
    const tests::Study study({120, 2, 16, 32});
    const auto network = models::build_network("mobilenet_0.25", 2, 8);
    const auto model = fresh(network, 20);
    const trainer::Recipe recipe{&network, tests::small_member().spec->training, 3, at::kFloat};
    const auto images = trainer::images_of(study.data->prepared().parts, data::Part::train);
    const trainer::Indices rows{0, 3, 17, 40, 41, 95};
    const auto bottom = trainer::merged(trainer::SharedBottom({model.branch()}));
    trainer::BranchSeconds spent(1);
    const trainer::Scored scored{&*study.data, &images, &rows};
    const auto alone = trainer::predict(bottom, recipe, scored, spent, [] { return true; });
    // As on a device of its own: a copy of the networks.
    const auto copied =
        trainer::predict(bottom.on(at::kCPU), recipe, scored, spent, [] { return true; });
    CHECK(copied->at(0).scores == alone->at(0).scores);
    for (const int count : {2, 5, 16}) {
        ReplicaGroup group(times(count, *study.data));
        const auto all = predict(group, bottom, recipe, scored, spent, [] { return true; });
        REQUIRE(all);
        CHECK(all->at(0).scores == alone->at(0).scores);
        CHECK(all->at(0).features == alone->at(0).features);
        CHECK_FALSE(predict(group, bottom, recipe, scored, spent, [] { return false; }));
    }
}

TEST_CASE("a replica that fails ends the waiting of the others, and says why") {
    const tests::Study study;
    ReplicaGroup group(times(3, *study.data));
    const auto fail_in_third = [&](int i) {
        if (i == 2) {
            throw std::runtime_error("the third failed");
        }
        trainer::Reduction(*group.exchange(i)).start({tests::ramp({4})});
    };
    CHECK_THROWS_WITH(group.run(fail_in_third), "the third failed");
    CHECK_THROWS_WITH(group.run([](int) {}), "the third failed");
}

TEST_CASE("a batch too small for the GPUs of a trial is refused with what helps") {
    const tests::Study study;
    auto member = tests::small_member();
    member.spec.edit().training.gpus_per_trial = 5;
    tests::FakeWatcher watcher;
    CHECK_THROWS_WITH(
        trainer::CohortRun({member}, {study.directory.path(), {}}, *study.data, watcher),
        Catch::Matchers::Contains("batch_size 8 is too small for gpus_per_trial 5"));
}
