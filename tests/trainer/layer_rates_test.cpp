// SPDX-License-Identifier: Apache-2.0
#include "trainer/layer_rates.hpp"

#include "support/catch.hpp"

using namespace graft;

TEST_CASE("rates grow by one factor from the lowest trained layer of the base to the head") {
    for (const char* name : {"small_cnn", "mobilenet_0.25", "inception_v3"}) {
        INFO(name);
        const auto network = models::build_network(name, 2);
        const auto rates = trainer::layer_rates(network, 0.01);
        REQUIRE(rates.size() == network.layers.size());
        const auto base = static_cast<std::size_t>(network.base_layers);
        std::size_t lowest = 0;
        while (models::tensors_of(network, static_cast<int>(lowest)).empty()) {
            ++lowest;
        }
        CHECK(rates[lowest] == Approx(0.01));
        for (std::size_t layer = lowest + 1; layer <= base; ++layer) {
            CHECK(rates[layer] / rates[layer - 1] ==
                  Approx(std::pow(100, 1.0 / static_cast<double>(base - lowest))));
        }
        for (std::size_t layer = base; layer < rates.size(); ++layer) {
            CHECK(rates[layer] == 1);
        }
    }
}

TEST_CASE("a bottom rate of 1 is the whole rate everywhere, to the bit") {
    const auto network = models::build_network("mobilenet_0.25", 2);
    for (const double rate : trainer::layer_rates(network, 1)) {
        CHECK(rate == 1);
    }
}
