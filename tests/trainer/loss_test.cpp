// SPDX-License-Identifier: Apache-2.0
#include "trainer/loss.hpp"

#include <cmath>

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/TensorOperators.h>

#include "support/catch.hpp"
#include "trainer/small_study.hpp"
#include "trainer/tensors.hpp"

using namespace graft;
using trainer::Loss;

namespace {

const at::Tensor& logits() {
    static const at::Tensor values = tests::ramp({5, 3}) * 4;
    return values;
}

at::Tensor labels() {
    return trainer::from_floats({0, 2, 1, 2, 2}, {5}, at::kCPU).to(at::kLong);
}

}  // namespace

TEST_CASE("without smoothing and weights the loss is plain cross entropy, to the bit") {
    const auto plain = at::cross_entropy_loss(logits(), labels());
    CHECK(Loss().mean(logits(), labels()).equal(plain));
    CHECK(Loss({}, at::kCPU).mean(logits(), labels()).equal(plain));
    CHECK(Loss({0, {1, 1, 1}}, at::kCPU).mean(logits(), labels()).item<float>() ==
          Approx(plain.item<float>()).epsilon(1e-6));
}

TEST_CASE("weights multiply each image's loss, and the mean is over the images") {
    const std::vector<double> weights{0.25, 4, 1.5};
    for (const double smoothing : {0.0, 0.2}) {
        double expected = 0;
        for (std::int64_t i = 0; i < 5; ++i) {
            const auto label = labels()[i].item<std::int64_t>();
            const auto row = trainer::host_floats(logits()[i]);
            const double sum = std::log(std::exp(row[0]) + std::exp(row[1]) + std::exp(row[2]));
            for (std::size_t c = 0; c < 3; ++c) {
                const double target =
                    smoothing / 3 + (static_cast<std::int64_t>(c) == label ? 1 - smoothing : 0);
                expected -= weights[static_cast<std::size_t>(label)] * target * (row[c] - sum) / 5;
            }
        }
        const Loss loss({smoothing, weights}, at::kCPU);
        CHECK(loss.mean(logits(), labels()).item<float>() == Approx(expected).epsilon(1e-6));
    }
}

TEST_CASE("balanced weights give every class the same sum, and count the classes that are there") {
    const std::vector<std::int32_t> some{0, 2, 2, 2, 0, 2};
    const auto weights = trainer::balanced_weights(some, 4);
    CHECK(weights == std::vector<double>{1.5, 0, 0.75, 0});
}
