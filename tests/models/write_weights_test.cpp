// SPDX-License-Identifier: Apache-2.0
#include "core/h5/file.hpp"

#include "models/weights.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft::models;
using graft::tests::TemporaryDirectory;

TEST_CASE("written weights read back equal, head included") {
    const TemporaryDirectory directory;
    const auto path = directory / "best.h5";
    for (const char* name : {"small_cnn", "densenet121", "mobilenet_0.25"}) {
        const Network network = build_network(name, 3, 8);
        const Weights written = make_weights(network, Init::random, nullptr, 0, 5);
        write_keras_weights(path, network, written);
        const Weights read = read_keras_weights(path, network, Head::require);
        REQUIRE(read.tensors.size() == written.tensors.size());
        int different = 0;
        for (std::size_t i = 0; i < read.tensors.size(); ++i) {
            REQUIRE(read.tensors[i].size() == written.tensors[i].size());
            for (std::size_t t = 0; t < read.tensors[i].size(); ++t) {
                different += read.tensors[i][t].values == written.tensors[i][t].values ? 0 : 1;
            }
        }
        CHECK(different == 0);
    }
}

TEST_CASE("files have the published layout: nested names, empty lists, every layer listed") {
    const TemporaryDirectory directory;
    const auto path = directory / "best.h5";
    const Network network = build_network("densenet121", 2, 4);
    write_keras_weights(path, network, make_weights(network, Init::random, nullptr, 0, 1));
    const auto file = graft::core::h5::File::open(path);
    const auto names = file.texts_attribute("/", "layer_names");
    REQUIRE(names.size() == network.layers.size());
    CHECK(names[2] == "conv1/conv");
    CHECK(file.texts_attribute("/conv1/conv", "weight_names") ==
          std::vector<std::string>{"conv1/conv/kernel:0"});
    CHECK(file.shape("/conv1/conv/conv1/conv/kernel:0") == graft::core::h5::Shape{7, 7, 3, 64});
    CHECK(file.texts_attribute("/conv1/relu", "weight_names").empty());
    CHECK(file.texts_attribute("/bn", "weight_names") ==
          std::vector<std::string>{"bn/gamma:0", "bn/beta:0", "bn/moving_mean:0",
                                   "bn/moving_variance:0"});
    CHECK(file.text_attribute("/", "backend") == "tensorflow");
    CHECK_FALSE(file.text_attribute("/", "keras_version").empty());
}

TEST_CASE("weights that are not the network's are a bug") {
    const TemporaryDirectory directory;
    const Network network = build_network("small_cnn", 2, 4);
    Weights weights = make_weights(network, Init::random, nullptr, 0, 1);
    weights.tensors[1][0].values.pop_back();
    CHECK_THROWS_AS(write_keras_weights(directory / "a.h5", network, weights), std::logic_error);
    weights.tensors.pop_back();
    CHECK_THROWS_AS(write_keras_weights(directory / "a.h5", network, weights), std::logic_error);
}
