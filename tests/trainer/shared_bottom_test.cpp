// SPDX-License-Identifier: Apache-2.0
// Several networks on one frozen bottom give, to the bit, what each of them gives alone.
#include "trainer/shared_bottom.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

#include <c10/core/GradMode.h>

#include "support/catch.hpp"
#include "trainer/keyed.hpp"
#include "trainer/life.hpp"
#include "trainer/small_study.hpp"
#include "trainer/step.hpp"

using namespace graft;
using trainer::Branch;
using trainer::Executor;
using trainer::Live;
using trainer::Model;
using trainer::SharedBottom;

namespace {

Executor lively(const models::Network& network) {
    return {network, trainer::to_torch(network, tests::pretended_weights(network), at::kCPU)};
}

// How many convolutions lie below the cut with their batch norm above it.
int parted(const models::Network& network, int cut) {
    const auto merging = trainer::merging_batch_norms(network);
    int count = 0;
    for (int i = 0; i < cut; ++i) {
        count += merging[static_cast<std::size_t>(i)] >= cut ? 1 : 0;
    }
    return count;
}

bool equal(const Live& a, const Live& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.first == y.first && x.second.equal(y.second);
    });
}

// As layers whose weights do not change are run.
trainer::Mode frozen() {
    trainer::Mode mode;
    mode.weights = trainer::Mode::Weights::frozen;
    return mode;
}

}  // namespace

TEST_CASE("the values at any cut are those of the branch alone, to the bit") {
    tests::set_up_torch_once();
    const c10::AutoGradMode off(false);
    for (const auto& [name, stride] :
         std::vector<std::pair<const char*, int>>{{"inception_v3", 4},
                                                  {"densenet121", 9},
                                                  {"resnet50_v2", 5},
                                                  {"mobilenet_0.25", 1},
                                                  {"small_cnn", 1}}) {
        const models::Network network = models::build_network(name, 2, 8);
        const Executor executor = lively(network);
        std::vector<Branch> branches;
        int apart = 0;
        for (int cut = network.base_layers; cut >= 0; cut -= stride) {
            branches.push_back({executor, cut});
            apart = std::max(apart, parted(network, cut));
        }
        INFO(name << ", up to " << apart << " convolutions without their batch norms");
        // Inception's branches interleave.
        CHECK((apart > 1) == (network.name == "inception_v3"));
        const std::int64_t side = network.minimum_size;
        const at::Tensor images = tests::ramp({1, 3, side, side});
        const SharedBottom bottom(branches);
        std::size_t seen = 0;
        bottom.run(images, at::kFloat, SharedBottom::BatchNorms::merged,
                   [&](std::size_t i, Live live) {
                       ++seen;
                       INFO("cut " << branches[i].cut);
                       const Executor alone = executor.folded(0, branches[i].cut);
                       CHECK(equal(live, alone.run(0, branches[i].cut, {{0, images}}, frozen())));
                   });
        CHECK(seen == branches.size());
    }
}

TEST_CASE("a branch's own batch norm is merged into a convolution below its cut") {
    tests::set_up_torch_once();
    const c10::AutoGradMode off(false);
    const models::Network network = models::build_network("inception_v3", 2, 8);
    const Executor executor = lively(network);
    const int end = static_cast<int>(network.layers.size());
    const at::Tensor images = tests::ramp({2, 3, 75, 75});
    std::vector<Branch> branches;
    std::vector<Executor> tops;
    for (const double percent : {10, 20, 21, 50}) {
        Model model(network, executor.tensors());
        model.train_above(models::frozen_layers(network, percent), 0.9, at::kFloat);
        for (const at::Tensor& parameter : model.optimizer().parameters()) {
            parameter.detach().mul_(1 + 1e-4 * percent);  // every branch has a top of its own
        }
        branches.push_back(model.branch());
        tops.push_back(model.executor().folded(model.cut(), end));
    }
    REQUIRE(parted(network, branches[0].cut) > 0);
    std::size_t seen = 0;
    SharedBottom(branches).with_tops(tops).run(
        images, at::kFloat, SharedBottom::BatchNorms::merged, [&](std::size_t i, Live live) {
            ++seen;
            INFO("branch " << i);
            const at::Tensor alone =
                branches[i].executor.folded(0, end).logits(0, {{0, images}}, frozen());
            CHECK(tops[i].logits(branches[i].cut, std::move(live), frozen()).equal(alone));
        });
    CHECK(seen == 4);
}

namespace {

// Networks with tops above these percents, trained for some steps, then scored both ways.
struct Trained {
    std::vector<std::string> weights;
    std::vector<std::vector<float>> moving, fresh;  // scores
};

std::vector<std::vector<float>> scores(const SharedBottom& branches, const trainer::Recipe& recipe,
                                       const trainer::Dataset& data,
                                       const trainer::Indices& samples) {
    trainer::BranchSeconds spent(branches.branches().size());
    const auto predictions =
        predict(merged(branches), recipe, {&data, &samples, nullptr}, spent, [] { return true; });
    std::vector<std::vector<float>> all;
    for (const auto& its : predictions.value()) {
        all.push_back(its.scores);
    }
    return all;
}

Trained train(const tests::Study& study, const models::Network& network,
              const std::vector<double>& percents) {
    const trainer::Dataset& data = *study.data;
    trainer::Recipe recipe{&network, tests::small_member().spec->training, 1, at::kFloat};
    const Executor executor = lively(network);
    std::vector<std::unique_ptr<Model>> models;
    std::vector<Branch> branches;
    std::vector<double> rates;
    for (const double percent : percents) {
        models.push_back(std::make_unique<Model>(network, executor.tensors()));
        models.back()->train_above(models::frozen_layers(network, percent), 0.9, at::kFloat);
        branches.push_back(models.back()->branch());
        rates.push_back(percent == 50 ? 0 : 0.5);
    }
    const SharedBottom bottom(branches);
    std::vector<trainer::LossScaler> scalers(models.size());
    std::vector<trainer::Tally> tallies;
    std::generate_n(std::back_inserter(tallies), models.size(),
                    [] { return trainer::Tally(at::kCPU); });
    const trainer::Indices samples{0, 3, 5, 8};
    for (std::uint64_t step = 0; step < 2; ++step) {
        const auto masks = trainer::dropout_masks(rates, [&](double rate) {
            return trainer::dropout_mask({"dropout", 1, step, samples}, 16, rate, at::kCPU);
        });
        std::vector<trainer::Trainee> trainees;
        for (std::size_t i = 0; i < models.size(); ++i) {
            models[i]->optimizer().set_rate(percents[i] < 50 ? 1e-2 : 1e-3);
            trainees.push_back({models[i].get(), &scalers[i], &tallies[i], masks[i]});
        }
        train_step(
            bottom, at::kFloat, trainees,
            {training_images(recipe, data.images(samples), step, samples), data.labels(samples)});
    }
    trainer::BranchSeconds spent(models.size());
    const auto fresh =
        reestimated(bottom, recipe, {&data, &samples, 1}, spent, [] { return true; });
    Trained result;
    for (const auto& model : models) {
        result.weights.push_back(tests::weights_hash(*model));
    }
    result.moving = scores(bottom, recipe, data, samples);
    result.fresh = scores(fresh.value(), recipe, data, samples);
    return result;
}

}  // namespace

// MobileNet at 30 % and Inception at 10 % are cut between a convolution and its batch norm.
TEST_CASE("every network's members train and score as each of them does alone, to the bit") {
    for (const char* name :
         {"inception_v3", "densenet121", "resnet50_v2", "mobilenet_0.25", "small_cnn"}) {
        const models::Network network = models::build_network(name, 2, 16);
        const tests::Study study({20, 2, 16, network.minimum_size});
        const std::vector<double> percents = network.name == "inception_v3"
                                                 ? std::vector<double>{20, 10, 50}
                                                 : std::vector<double>{30, 100, 50};
        const Trained together = train(study, network, percents);
        for (std::size_t i = 0; i < percents.size(); ++i) {
            INFO(name << " above " << percents[i] << " %");
            const Trained alone = train(study, network, {percents[i]});
            CHECK(together.weights[i] == alone.weights[0]);
            CHECK(together.moving[i] == alone.moving[0]);
            CHECK(together.fresh[i] == alone.fresh[0]);
            CHECK((together.fresh[i] == together.moving[i]) == (percents[i] == 100));
        }
    }
}

TEST_CASE("members share the tensors below their cuts, and own those above") {
    tests::set_up_torch_once();
    const models::Network network = models::build_network("mobilenet_0.25", 2, 8);
    const Executor executor = lively(network);
    for (const double percent : {30, 100}) {
        Model model(network, executor.tensors());
        model.train_above(models::frozen_layers(network, percent), 0.9, at::kFloat);
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            for (std::size_t t = 0; t < executor.tensors()[i].size(); ++t) {
                const bool shared = model.executor().tensors()[i][t].data_ptr() ==
                                    executor.tensors()[i][t].data_ptr();
                CHECK(shared == (static_cast<int>(i) < model.cut()));
            }
        }
    }
}
