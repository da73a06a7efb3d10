// SPDX-License-Identifier: Apache-2.0
// Weight files that somebody damaged or made up.
#include "core/error.hpp"
#include "core/h5/file.hpp"

#include "models/synthetic.hpp"
#include "models/weights.hpp"

#include "support/catch.hpp"
#include "support/mutants.hpp"
#include "support/temporary.hpp"

using namespace graft;
namespace fs = std::filesystem;

namespace {

models::Network tiny_network() {
    models::Network network;
    network.name = "tiny";
    network.layers = {{"in", models::Input{}, {}},
                      {"conv2d", models::Conv2d{2, {3, 3}, 1, models::Padding::same, true}, {0}},
                      {"bn", models::BatchNorm{}, {1}},
                      {"out", models::Activate{}, {2}}};
    network.base_layers = 4;
    return network;
}

// Keras 3's layout.
void write_numbered(const fs::path& path, const models::Network& network) {
    auto file = core::h5::File::create(path);
    for (const auto& [index, name] : {std::pair(1, "conv2d"), {2, "batch_normalization"}}) {
        int number = 0;
        for (const auto& info : models::tensors_of(network, index)) {
            tests::put_marked(file, fmt::format("/layers/{}/vars/{}", name, number++),
                              network.layers[static_cast<std::size_t>(index)].name, info);
        }
    }
    file.close();
}

void check_mutants(const fs::path& path, const models::Network& network) {
    const auto report = tests::try_mutants(path, 300, [&](const fs::path& file) {
        models::check_keras_weights(file, network, models::Head::ignore);
        const auto weights = models::read_keras_weights(file, network, models::Head::ignore);
        for (std::size_t layer = 0; layer < network.layers.size(); ++layer) {
            const auto expected = models::tensors_of(network, static_cast<int>(layer));
            REQUIRE(weights.tensors.at(layer).size() == expected.size());
            for (std::size_t i = 0; i < expected.size(); ++i) {
                REQUIRE(weights.tensors[layer][i].shape == expected[i].shape);
            }
        }
    });
    INFO(report.text());
    CHECK(report.problems.empty());
    CHECK(report.read > 10);
    CHECK(report.refused > 30);
}

}  // namespace

TEST_CASE("a published weight file with any bytes changed is read, or refused by name") {
    const tests::TemporaryDirectory directory;
    const auto network = tiny_network();
    tests::write_published(directory / "w.h5", network, network.base_layers);
    check_mutants(directory / "w.h5", network);
}

TEST_CASE("a Keras 3 weight file with any bytes changed is read, or refused by name") {
    const tests::TemporaryDirectory directory;
    const auto network = tiny_network();
    write_numbered(directory / "w.weights.h5", network);
    check_mutants(directory / "w.weights.h5", network);
}
