// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/hash.hpp"

#include "models/weights.hpp"

#include "support/catch.hpp"

using namespace graft::models;

namespace {

const HostTensor& tensor(const Network& network, const Weights& weights, const std::string& layer,
                         std::size_t index) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        if (network.layers[i].name == layer) {
            return weights.tensors[i].at(index);
        }
    }
    FAIL("no layer " << layer);
    return weights.tensors.front().front();
}

struct Moments {
    double mean = 0, variance = 0, largest = 0;
};

Moments moments(const std::vector<float>& values) {
    Moments m;
    for (const float v : values) {
        m.mean += v / static_cast<double>(values.size());
        m.largest = std::max(m.largest, std::abs(static_cast<double>(v)));
    }
    for (const float v : values) {
        m.variance += (v - m.mean) * (v - m.mean) / static_cast<double>(values.size());
    }
    return m;
}

// Weights as if pretrained: every tensor of the base with a mean of its own.
Weights pretend_pretrained(const Network& network) {
    Weights weights = make_weights(network, Init::random, nullptr, 0, 99);
    for (std::size_t i = 0; i < static_cast<std::size_t>(network.base_layers); ++i) {
        for (auto& each : weights.tensors[i]) {
            for (float& value : each.values) {
                value = 3 * value + 0.5F;
            }
        }
    }
    for (std::size_t i = static_cast<std::size_t>(network.base_layers); i < network.layers.size();
         ++i) {
        weights.tensors[i].clear();
    }
    return weights;
}

}  // namespace

TEST_CASE("random kernels are glorot uniform, everything else the identity") {
    const Network network = build_network("mobilenet_0.25", 2);
    const Weights weights = make_weights(network, Init::random, nullptr, 0, 1);
    const auto check = [&](const std::string& layer, double fan_in, double fan_out) {
        INFO(layer);
        const double limit = std::sqrt(6 / (fan_in + fan_out));
        const Moments m = moments(tensor(network, weights, layer, 0).values);
        CHECK(m.largest <= limit * 1.0000001);
        CHECK(m.largest > limit * 0.98);
        const double n = static_cast<double>(tensor(network, weights, layer, 0).values.size());
        CHECK(std::abs(m.mean) < 5 * limit / std::sqrt(3 * n));
        CHECK(m.variance == Approx(limit * limit / 3).epsilon(5 / std::sqrt(n)));
    };
    check("conv1", 3 * 3 * 3, 3 * 3 * 8);
    check("conv_dw_13", 3 * 3 * 256, 3 * 3);
    check("conv_pw_13", 256, 256);
    check("head_dense", 256, 256);
    const Moments bias = moments(tensor(network, weights, "head_dense", 1).values);
    CHECK(bias.largest == 0);
    for (const auto& [index, value] :
         std::vector<std::pair<std::size_t, float>>{{0, 1}, {1, 0}, {2, 0}, {3, 1}}) {
        const auto& values = tensor(network, weights, "conv1_bn", index).values;
        CHECK(std::count(values.begin(), values.end(), value) == 8);
    }
}

TEST_CASE("draws are keyed by seed, layer and tensor alone") {
    const Network network = build_network("mobilenet_0.25", 2);
    const Weights weights = make_weights(network, Init::random, nullptr, 0, 1);
    const auto& kernel = tensor(network, weights, "conv_pw_12", 0).values;
    // another head and other classes change nothing below
    const Network other = build_network("mobilenet_0.25", 17, 32);
    const Weights others = make_weights(other, Init::random, nullptr, 0, 1);
    CHECK(tensor(other, others, "conv_pw_12", 0).values == kernel);
    const Weights reseeded = make_weights(network, Init::random, nullptr, 0, 2);
    CHECK(tensor(network, reseeded, "conv_pw_12", 0).values != kernel);
    // layers of one shape differ
    CHECK(tensor(network, weights, "conv_pw_8", 0).values !=
          tensor(network, weights, "conv_pw_9", 0).values);
}

TEST_CASE("the same seed gives the same weights in every release") {
    const Network network = build_network("small_cnn", 2);
    const Weights weights = make_weights(network, Init::random, nullptr, 0, 7);
    const auto& values = tensor(network, weights, "conv1", 0).values;
    const std::string_view bytes(reinterpret_cast<const char*>(values.data()),
                                 values.size() * sizeof(float));
    CHECK(graft::core::content_hash(bytes) == "5561a671ef01800f01957ea2c0dfc7ab");
}

TEST_CASE("pretrained weights reach up to the transferred share, the head is random") {
    const Network network = build_network("mobilenet_0.25", 2);
    const Weights pretrained = pretend_pretrained(network);
    const Weights random = make_weights(network, Init::random, nullptr, 0, 4);
    for (const double percent : {0.0, 50.0, 100.0}) {
        const Weights weights = make_weights(network, Init::pretrained, &pretrained, percent, 4);
        const int taken = frozen_layers(network, percent);
        int wrong = 0;
        for (int i = 0; i < static_cast<int>(network.layers.size()); ++i) {
            const auto index = static_cast<std::size_t>(i);
            const auto& expected = i < taken ? pretrained.tensors[index] : random.tensors[index];
            REQUIRE(weights.tensors[index].size() == expected.size());
            for (std::size_t t = 0; t < expected.size(); ++t) {
                wrong += weights.tensors[index][t].values == expected[t].values ? 0 : 1;
            }
        }
        CHECK(wrong == 0);
    }
    CHECK_THROWS_AS(make_weights(network, Init::pretrained, nullptr, 100, 4), std::logic_error);
}

TEST_CASE("mean_var keeps each tensor's mean and variance and nothing else") {
    const Network network = build_network("small_cnn", 2);
    Weights pretrained = pretend_pretrained(network);
    auto& bias = pretrained.tensors[1][1].values;
    std::fill(bias.begin(), bias.end(), 0.25F);  // variance 0
    const Weights weights = make_weights(network, Init::mean_var, &pretrained, 100, 4);
    for (const char* layer : {"conv1", "conv2", "conv3", "conv4"}) {
        INFO(layer);
        const auto& drawn = tensor(network, weights, layer, 0);
        const auto& model = tensor(network, pretrained, layer, 0);
        CHECK(drawn.shape == model.shape);
        CHECK(drawn.values != model.values);
        const Moments expected = moments(model.values), found = moments(drawn.values);
        const double n = static_cast<double>(drawn.values.size());
        CHECK(std::abs(found.mean - expected.mean) < 5 * std::sqrt(expected.variance / n));
        CHECK(found.variance == Approx(expected.variance).epsilon(7.1 / std::sqrt(n)));
        CHECK(found.largest > expected.largest);  // normal, no longer bounded
    }
    CHECK(tensor(network, weights, "conv1", 1).values == bias);
    const auto& gamma = tensor(network, weights, "conv1_bn", 0).values;
    const auto& variance = tensor(network, weights, "conv1_bn", 3).values;
    CHECK(std::count(gamma.begin(), gamma.end(), 1.0F) == 32);
    CHECK(std::count(variance.begin(), variance.end(), 1.0F) == 32);
    const Weights random = make_weights(network, Init::random, nullptr, 0, 4);
    CHECK(tensor(network, weights, "head_dense", 0).values ==
          tensor(network, random, "head_dense", 0).values);
}
