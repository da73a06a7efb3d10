// SPDX-License-Identifier: Apache-2.0
#include "trainer/pictures.hpp"

#include <ATen/ops/equal.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/h5/file.hpp"

#include "models/weights.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"
#include "trainer/evaluation.hpp"
#include "trainer/grad_cam.hpp"
#include "trainer/order.hpp"
#include "trainer/small_study.hpp"
#include "trainer/step.hpp"

using namespace graft;

namespace {

// Its weights in double, so that differences of scores are exact enough to be divided.
trainer::Executor lively_executor(const models::Network& network) {
    auto tensors = trainer::to_torch(network, tests::pretended_weights(network), at::kCPU);
    for (auto& layer : tensors) {
        for (at::Tensor& tensor : layer) {
            tensor = tensor.to(at::kDouble);
        }
    }
    return {network, std::move(tensors)};
}

// Of the score of a class by each channel of the last feature map, by moving it a little.
std::vector<double> importances(const trainer::Executor& executor, const at::Tensor& features,
                                std::int64_t wanted) {
    const int pool = executor.network().base_layers;
    trainer::Mode mode;
    mode.compute = at::kDouble;
    const auto score = [&](const at::Tensor& values) {
        return executor.logits(pool, {{pool - 1, values}}, mode)[0][wanted].item<double>();
    };
    const double step = 1e-3;
    const auto places = static_cast<double>(features.size(2) * features.size(3));
    std::vector<double> result;
    for (std::int64_t c = 0; c < features.size(1); ++c) {
        at::Tensor more = features.clone(), less = features.clone();
        more.select(1, c).add_(step);
        less.select(1, c).sub_(step);
        result.push_back((score(more) - score(less)) / (2 * step) / places);
    }
    return result;
}

sweep::PictureRequest augmented_request(const std::filesystem::path& prepared) {
    sweep::PictureRequest request;
    request.prepared = prepared.string();
    request.training = tests::small_member().spec->training;
    request.seed = 7;
    request.samples = {3, 11};
    request.epochs = 2;
    request.title = "drawn";
    request.columns = {"as prepared", "epoch 1", "epoch 2"};
    request.rows = {"a", "b"};
    return request;
}

}  // namespace

TEST_CASE("a map of evidence is the feature map weighed by what each channel does to the score") {
    tests::set_up_torch_once();
    const c10::AutoGradMode off(false);
    const auto network = models::build_network("small_cnn", 3, 16);
    const auto executor = lively_executor(network);
    const at::Tensor image = (tests::ramp({1, 3, 32, 32}) + 1).mul(0.5).to(at::kDouble);
    const int pool = network.base_layers;
    trainer::Mode mode;
    mode.compute = at::kDouble;
    const at::Tensor features = executor.run(0, pool, {{0, image}}, mode).at(pool - 1);
    REQUIRE(features.size(2) == 2);
    int spoken_for = 0;
    for (const std::int64_t wanted : {0, 1, 2}) {
        const auto weights = importances(executor, features, wanted);
        at::Tensor expected = at::zeros_like(features.select(1, 0));
        for (std::size_t c = 0; c < weights.size(); ++c) {
            expected += features.select(1, static_cast<std::int64_t>(c)) * weights[c];
        }
        expected = expected.clamp_min(0);
        const double largest = std::max(expected.max().item<double>(), 1e-12);
        spoken_for += largest > 1e-12 ? 1 : 0;
        const at::Tensor map = trainer::grad_cam(executor, image, {wanted});
        REQUIRE(map.sizes() == at::IntArrayRef({1, 1, 32, 32}));
        // Half-pixel centres: the corners of the image show the map's own corners.
        for (const std::int64_t y : {0, 1}) {
            for (const std::int64_t x : {0, 1}) {
                CHECK(map[0][0][31 * y][31 * x].item<double>() ==
                      Approx(expected[0][y][x].item<double>() / largest).margin(1e-6));
            }
        }
    }
    CHECK(spoken_for > 0);
}

TEST_CASE("tiles show the prepared image, and what training sees of it in its first epochs") {
    tests::set_up_torch_once();
    const tests::TemporaryDirectory directory;
    tests::write_drawn_dataset(directory / "drawn.h5", {});
    const auto request = augmented_request(directory / "drawn.h5");
    core::write_file(directory / "request", core::encode(request));
    trainer::answer_pictures(directory / "request", directory / "tiles.h5");
    const auto file = core::h5::File::open(directory / "tiles.h5");
    REQUIRE(file.shape("/tiles") == core::h5::Shape{2, 3, 32, 32, 3});
    const auto tiles = file.read<std::uint8_t>("/tiles");
    CHECK(file.read_texts("/rows") == request.rows);

    const trainer::Dataset data(directory / "drawn.h5", "", at::kCPU);
    const auto network = models::build_network("small_cnn", 2, 16);
    const trainer::Recipe recipe{&network, request.training, request.seed, at::kFloat};
    const auto seen =
        trainer::training_images(recipe, data.images(request.samples),
                                 trainer::epoch_key(sweep::Phase::fine_tune, 2), request.samples);
    std::size_t differ = 0;
    for (std::size_t place = 0; place < std::size_t{32 * 32 * 3}; ++place) {
        const auto y = static_cast<std::int64_t>(place / 96),
                   x = static_cast<std::int64_t>(place / 3 % 32);
        const auto c = static_cast<std::int64_t>(place % 3);
        CHECK(tiles[place] ==
              std::lround(data.images(request.samples)[0][c][y][x].item<float>() * 255));
        const auto level = std::lround(seen[0][c][y][x].item<float>() * 255);
        differ +=
            std::abs(level - static_cast<long>(tiles[std::size_t{2 * 32 * 32 * 3} + place])) > 0;
    }
    CHECK(differ == 0);
}

TEST_CASE("an image that is not in the prepared file is named") {
    tests::set_up_torch_once();
    const tests::TemporaryDirectory directory;
    tests::write_drawn_dataset(directory / "drawn.h5", {});
    auto request = augmented_request(directory / "drawn.h5");
    request.samples = {40};
    CHECK_THROWS_WITH(trainer::tiles_of(request), ContainsSubstring("image 40 is not in prepared"));
}

TEST_CASE("a prepared file with other pixels than the recorded ones is not shown") {
    tests::set_up_torch_once();
    const tests::TemporaryDirectory directory;
    tests::write_drawn_dataset(directory / "drawn.h5", {});
    auto request = augmented_request(directory / "drawn.h5");
    request.checksum =
        trainer::Dataset(directory / "drawn.h5", "", at::kCPU).prepared().pixels_checksum;
    CHECK(trainer::tiles_of(request).size(0) == 2);
    request.checksum = "of other pixels";
    CHECK_THROWS_AS(trainer::tiles_of(request), core::InputError);
    CHECK_THROWS_WITH(trainer::tiles_of(request), ContainsSubstring("of other pixels"));
}
