// SPDX-License-Identifier: Apache-2.0
#include "trainer/model.hpp"

#include <cmath>
#include <variant>

#include "support/catch.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using trainer::Model;

namespace {

at::Tensor labels_of(const std::vector<float>& labels) {
    return trainer::from_floats(labels, {static_cast<std::int64_t>(labels.size())}, at::kCPU)
        .to(at::kLong);
}

// Input, Conv 3x3 stride 2 'same' with bias, batch norm, ReLU, head with 4 units for 2 classes.
models::Network tiny_network() {
    models::Network network;
    network.name = "tiny";
    network.minimum_size = 4;
    models::Conv2d conv;
    conv.filters = 3;
    conv.kernel = {3, 3};
    conv.stride = 2;
    conv.bias = true;
    network.layers = {{"input", models::Input{}, {}},
                      {"conv", conv, {0}},
                      {"bn", models::BatchNorm{}, {1}},
                      {"relu", models::Activate{}, {2}},
                      {"pool", models::GlobalAveragePool{}, {3}},
                      {"dense", models::Dense{4}, {4}},
                      {"dense_relu", models::Activate{}, {5}},
                      {"dropout", models::Dropout{}, {6}},
                      {"logits", models::Dense{2}, {7}},
                      {"softmax", models::Activate{models::Activation::softmax}, {8}}};
    network.base_layers = 4;
    return network;
}

models::Weights random_weights(const models::Network& network) {
    return models::make_weights(network, models::Init::random, nullptr, 0, 5);
}

}  // namespace

TEST_CASE("gradients equal finite differences of the loss") {
    tests::set_up_torch_once();
    const models::Network network = tiny_network();
    const at::Tensor images = tests::ramp({4, 3, 6, 6});
    const at::Tensor labels = labels_of({0, 1, 1, 0});
    Model model(network, random_weights(network), at::kCPU);
    model.train_above(0, 0.99, at::kFloat);
    model.forward_backward(images, labels, {});
    const auto parameters = model.optimizer().parameters();
    REQUIRE(parameters.size() == 8);
    std::vector<std::vector<float>> gradients;
    for (const at::Tensor& parameter : parameters) {
        gradients.push_back(trainer::host_floats(parameter.grad()));
    }
    model.optimizer().drop_gradients();
    int compared = 0;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
        const at::Tensor& parameter = parameters[p];
        const auto values = trainer::host_floats(parameter);
        for (std::size_t i = 0; i < values.size(); i += 7) {
            const float step = 2e-4F;  // larger ones step over kinks of the ReLU
            const auto loss_at = [&](float offset) {
                auto moved = values;
                moved[i] += offset;
                parameter.detach().copy_(
                    trainer::from_floats(moved, parameter.sizes().vec(), at::kCPU));
                const double loss = model.forward_backward(images, labels, {}).loss;
                model.optimizer().drop_gradients();
                return loss;
            };
            const double slope = (loss_at(step) - loss_at(-step)) / (2 * step);
            loss_at(0);
            CHECK(gradients[p][i] == Approx(slope).margin(2e-3));
            compared += std::abs(slope) > 1e-2 ? 1 : 0;
        }
    }
    CHECK(compared >= 5);
}

TEST_CASE("training above a cut leaves every bit below it alone") {
    tests::set_up_torch_once();
    const models::Network network = models::build_network("mobilenet_0.25", 2, 8);
    const auto before = tests::pretended_weights(network);
    for (const int cut : {26, 43, network.base_layers}) {
        Model model(network, before, at::kCPU);
        model.train_above(cut, 0.9, at::kFloat);
        model.optimizer().set_rate(1e-2);
        for (int step = 0; step < 2; ++step) {
            model.forward_backward(tests::ramp({4, 3, 32, 32}), labels_of({0, 1, 1, 1}), {});
            model.optimizer().step();
        }
        const auto after = model.weights();
        for (std::size_t i = 0; i < before.tensors.size(); ++i) {
            for (std::size_t t = 0; t < before.tensors[i].size(); ++t) {
                const bool same = before.tensors[i][t].values == after.tensors[i][t].values;
                if (static_cast<int>(i) < cut) {
                    CHECK(same);
                } else if (std::holds_alternative<models::Dense>(network.layers[i].kind) ||
                           std::holds_alternative<models::BatchNorm>(network.layers[i].kind)) {
                    INFO(network.layers[i].name << " tensor " << t << " above " << cut);
                    CHECK_FALSE(same);
                }
            }
        }
    }
}

TEST_CASE("frozen layers keep their weights while their batch norms follow the batches") {
    tests::set_up_torch_once();
    const models::Network network = models::build_network("mobilenet_0.25", 2, 8);
    const auto before = tests::pretended_weights(network);
    for (const int cut : {26, network.base_layers}) {
        Model model(network, before, at::kCPU);
        model.train_above({cut, sweep::FrozenBatchNorm::batch}, 0.9, at::kFloat);
        model.optimizer().set_rate(1e-2);
        model.forward_backward(tests::ramp({4, 3, 32, 32}), labels_of({0, 1, 1, 1}), {});
        model.optimizer().step();
        const auto after = model.weights();
        for (std::size_t i = 0; i < static_cast<std::size_t>(cut); ++i) {
            const auto infos = models::tensors_of(network, static_cast<int>(i));
            for (std::size_t t = 0; t < infos.size(); ++t) {
                INFO(network.layers[i].name << " tensor " << t << " below " << cut);
                CHECK((before.tensors[i][t].values == after.tensors[i][t].values) ==
                      infos[t].trainable);
            }
        }
    }
}

TEST_CASE(
    "a phase trains from the head or the freeze level on, and by the batch all layers are own") {
    const auto network = models::build_network("mobilenet_0.25", 2);
    sweep::TrialSpec spec;
    spec.freeze = 50;
    const int half = models::frozen_layers(network, 50);
    REQUIRE(half < network.base_layers);
    for (const auto& [phase, from] :
         {std::pair(sweep::Phase::warmup, network.base_layers), {sweep::Phase::fine_tune, half}}) {
        spec.edit().training.frozen_batch_norm = sweep::FrozenBatchNorm::inference;
        const auto usual = trainer::cut_of(network, spec, phase);
        CHECK(usual.own == from);
        CHECK(usual.trained == from);
        spec.edit().training.frozen_batch_norm = sweep::FrozenBatchNorm::batch;
        const auto by_batch = trainer::cut_of(network, spec, phase);
        CHECK(by_batch.own == 0);
        CHECK(by_batch.trained == from);
    }
}

TEST_CASE("every network trains with finite losses at its smallest size") {
    tests::set_up_torch_once();
    for (const char* name :
         {"inception_v3", "resnet50_v2", "densenet121", "mobilenet_0.25", "small_cnn"}) {
        const models::Network network = models::build_network(name, 2, 8);
        const auto pretrained = tests::pretended_weights(network);
        for (const auto init :
             {models::Init::random, models::Init::pretrained, models::Init::mean_var}) {
            Model model(network, models::make_weights(network, init, &pretrained, 100, 2),
                        at::kCPU);
            INFO(name << " with init " << static_cast<int>(init));
            const std::int64_t side = network.minimum_size;
            for (const int cut : {network.base_layers, models::frozen_layers(network, 30)}) {
                model.train_above(cut, 0.99, at::kFloat);
                model.optimizer().set_rate(1e-3);
                for (int step = 0; step < 2; ++step) {
                    const auto batch = model.forward_backward(tests::ramp({3, 3, side, side}),
                                                              labels_of({0, 1, 1}), {});
                    CHECK(std::isfinite(batch.loss));
                    CHECK(batch.images == 3);
                    model.optimizer().step();
                }
            }
        }
    }
}
