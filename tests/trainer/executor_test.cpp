// SPDX-License-Identifier: Apache-2.0
#include "trainer/executor.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <variant>

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "core/h5/file.hpp"

#include "models/weights.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using trainer::Executor;
using trainer::Live;
using trainer::Mode;

namespace {

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
    }
    return largest;
}

Executor with_random_weights(const models::Network& network) {
    const auto weights = models::make_weights(network, models::Init::random, nullptr, 0, 7);
    return {network, trainer::to_torch(network, weights, at::kCPU)};
}

at::Tensor images_of_file(const core::h5::File& file, const std::string& path) {
    const auto shape = file.shape(path);
    std::vector<std::int64_t> sizes{1};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    return trainer::from_floats(file.read<float>(path), sizes, at::kCPU).permute({0, 3, 1, 2});
}

}  // namespace

TEST_CASE("a network cut anywhere gives the values of the network in one piece") {
    tests::set_up_torch_once();
    const c10::AutoGradMode off(false);
    const models::Network network = models::build_network("inception_v3", 3, 8);
    const Executor executor = with_random_weights(network);
    const at::Tensor images = tests::ramp({2, 3, 75, 75});
    const auto whole = trainer::host_floats(executor.logits(0, {{0, images}}, Mode{}));
    CHECK(whole.size() == 6);
    for (const int cut : {1, 31, 62, 155, 233, network.base_layers}) {
        const Live live = executor.run(0, cut, {{0, images}}, Mode{});
        std::vector<int> alive;
        for (const auto& [index, value] : live) {
            alive.push_back(index);
        }
        CHECK(alive == models::values_alive_at(network, cut));
        CHECK(trainer::host_floats(executor.logits(cut, live, Mode{})) == whole);
    }
}

TEST_CASE("folded batch norms give the same function to rounding") {
    tests::set_up_torch_once();
    const c10::AutoGradMode off(false);
    for (const char* name : {"mobilenet_0.25", "inception_v3", "densenet121", "resnet50_v2"}) {
        const models::Network network = models::build_network(name, 3, 8);
        const at::Tensor images = tests::ramp({2, 3, 75, 75});
        const Executor executor(
            network, trainer::to_torch(network, tests::pretended_weights(network), at::kCPU));
        const auto bare = trainer::host_floats(executor.logits(0, {{0, images}}, Mode{}));
        const auto folded = trainer::host_floats(
            executor.folded(0, network.base_layers).logits(0, {{0, images}}, Mode{}));
        const float scale = std::abs(*std::max_element(
            bare.begin(), bare.end(), [](float a, float b) { return std::abs(a) < std::abs(b); }));
        INFO(name << " with values up to " << scale);
        CHECK(largest_difference(bare, folded) < 2e-4 * scale);
        CHECK(largest_difference(bare, folded) > 0);
    }
}

TEST_CASE("zeros before a depthwise layer are part of it in training, with the same bits") {
    tests::set_up_torch_once();
    const models::Network network = models::build_network("mobilenet_0.25", 3, 8);
    std::set<int> pads;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        if (std::holds_alternative<models::ZeroPad>(network.layers[i].kind)) {
            pads.insert(static_cast<int>(i));
        }
    }
    REQUIRE(pads.size() >= 4);
    struct Answer {
        std::vector<float> logits, gradient;
        std::size_t pads_made = 0;
    };
    const auto train = [&](const std::set<int>* keep) {
        auto tensors = with_random_weights(network).tensors();
        std::vector<at::Tensor> kernels;
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            if (std::holds_alternative<models::DepthwiseConv2d>(network.layers[i].kind)) {
                kernels.push_back(tensors[i][0].requires_grad_(true));
            }
        }
        Mode mode;
        mode.train_from = 0;
        mode.keep = keep;
        const int last = static_cast<int>(network.layers.size()) - 1;
        const Live values =
            Executor(network, tensors).run(0, last, {{0, tests::ramp({2, 3, 50, 70})}}, mode);
        values.at(last - 1).sum().backward();
        Answer answer{trainer::host_floats(values.at(last - 1).detach()), {}};
        for (const at::Tensor& kernel : kernels) {
            const auto gradient = trainer::host_floats(kernel.grad());
            answer.gradient.insert(answer.gradient.end(), gradient.begin(), gradient.end());
        }
        for (const int pad : pads) {
            answer.pads_made += values.count(pad);
        }
        return answer;
    };
    const Answer alone = train(&pads), together = train(nullptr);
    CHECK(alone.pads_made == pads.size());  // whoever asks for the zeros gets them
    CHECK(together.logits == alone.logits);
    CHECK(together.gradient == alone.gradient);
}

TEST_CASE(
    "an activation within a convolution is that of a layer after it, and before its batch norm") {
    tests::set_up_torch_once();
    models::Conv2d within{4, {3, 3}, 1, models::Padding::same, true, models::Activation::relu};
    models::Conv2d bare = within;
    bare.activation.reset();
    models::Network one, two;
    one.layers = {
        {"in", models::Input{}, {}}, {"conv", within, {0}}, {"bn", models::BatchNorm{}, {1}}};
    two.layers = {{"in", models::Input{}, {}},
                  {"conv", bare, {0}},
                  {"relu", models::Activate{}, {1}},
                  {"bn", models::BatchNorm{}, {2}}};
    one.base_layers = 3;
    two.base_layers = 4;
    one = models::with_head(one, 2, 8);
    two = models::with_head(two, 2, 8);
    // A shift that would show if the batch norm were merged into the convolution.
    const auto with_shift = [](const models::Network& network, std::size_t batch_norm) {
        auto weights = models::make_weights(network, models::Init::random, nullptr, 0, 7);
        for (auto& tensor : weights.tensors[batch_norm]) {
            std::fill(tensor.values.begin(), tensor.values.end(), 0.5F);
        }
        return Executor(network, trainer::to_torch(network, weights, at::kCPU));
    };
    const Executor of_one = with_shift(one, 2), of_two = with_shift(two, 3);
    const at::Tensor images = tests::ramp({2, 3, 16, 16}) - 0.5;
    const c10::AutoGradMode off(false);
    const auto expected = trainer::host_floats(of_two.logits(0, {{0, images}}, Mode{}));
    CHECK(trainer::host_floats(of_one.logits(0, {{0, images}}, Mode{})) == expected);
    CHECK(trainer::host_floats(of_one.folded(0, 3).logits(0, {{0, images}}, Mode{})) == expected);
    CHECK(trainer::merging_batch_norms(one) == std::vector<int>(one.layers.size(), -1));
}

TEST_CASE("real MobileNet weights give the reference features of the elephant") {
    tests::set_up_torch_once();
    const auto shared = tests::shared_directory();
    if (!shared) {
        return tests::say_shared_is_absent("MobileNet features of the elephant");
    }
    const c10::AutoGradMode off(false);
    const models::Network network = models::build_network("mobilenet_0.25", 2, 8);
    const auto base = models::read_keras_weights(*shared / "weights/mobilenet_2_5_224_tf_no_top.h5",
                                                 network, models::Head::ignore);
    const auto weights = models::make_weights(network, models::Init::pretrained, &base, 100, 1);
    const Executor executor(network, trainer::to_torch(network, weights, at::kCPU));
    const auto reference =
        core::h5::File::open(*shared / "weights/reference_mobilenet025_elephant.h5");
    const int pool = network.base_layers;
    for (const auto& run : {executor, executor.folded(0, pool)}) {
        const at::Tensor image = images_of_file(reference, "/image_u8_nhwc") / 127.5 - 1;
        Live live = run.run(0, pool, {{0, image}}, Mode{});
        CHECK(largest_difference(trainer::host_floats(live.at(pool - 1).permute({0, 2, 3, 1})),
                                 reference.read<float>("/features_7x7x256")) < 1e-3);
        live = run.run(pool, pool + 1, std::move(live), Mode{});
        CHECK(largest_difference(trainer::host_floats(live.at(pool)),
                                 reference.read<float>("/pooled_256")) < 1e-4);
        const at::Tensor odd = images_of_file(reference, "/image97_u8_nhwc") / 127.5 - 1;
        live = run.run(0, pool, {{0, odd}}, Mode{});
        CHECK(largest_difference(trainer::host_floats(live.at(pool - 1).permute({0, 2, 3, 1})),
                                 reference.read<float>("/features97_conv1pad")) < 1e-3);
    }
}
