// SPDX-License-Identifier: Apache-2.0
#include "models/network.hpp"

#include <set>

#include "core/error.hpp"

#include "models/weights.hpp"

#include "support/catch.hpp"

using namespace graft::models;

namespace {

std::string name_at(const Network& network, int index) {
    return network.layers.at(static_cast<std::size_t>(index)).name;
}

}  // namespace

TEST_CASE("an unknown network names the nearest") {
    CHECK_THROWS_WITH(build_network("resnet50v2", 2),
                      ContainsSubstring("unknown network") && ContainsSubstring("'resnet50_v2'"));
    CHECK_THROWS_AS(build_network("vgg16", 2), graft::core::InputError);
    CHECK_THROWS_AS(build_network("mobilenet", 1), graft::core::InputError);
}

TEST_CASE("every network is a list whose inputs come first, with names of its own") {
    for (const std::string& name : network_names()) {
        const Network network = build_network(name, 5);
        std::set<std::string> names;
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            CHECK(names.insert(network.layers[i].name).second);
            CHECK(network.layers[i].inputs.empty() == (i == 0));
            for (const int input : network.layers[i].inputs) {
                CHECK(input < static_cast<int>(i));
            }
        }
        CHECK(network.layers.size() == static_cast<std::size_t>(network.base_layers) + 6);
        CHECK(name_at(network, network.base_layers) == "avg_pool");
        CHECK(network.layers.back().name == "predictions_softmax");
    }
}

TEST_CASE("ResNet's blocks stand where Keras lists them") {
    const Network network = build_network("resnet50_v2", 2);
    int block = 0;
    const std::vector<std::pair<std::string, int>> starts{
        {"conv2_block1", 5},   {"conv2_block2", 17},  {"conv2_block3", 28},  {"conv3_block1", 40},
        {"conv3_block2", 52},  {"conv3_block3", 63},  {"conv3_block4", 74},  {"conv4_block1", 86},
        {"conv4_block2", 98},  {"conv4_block3", 109}, {"conv4_block4", 120}, {"conv4_block5", 131},
        {"conv4_block6", 142}, {"conv5_block1", 154}, {"conv5_block2", 166}, {"conv5_block3", 177}};
    for (const auto& [name, index] : starts) {
        CHECK(name_at(network, index) == name + "_preact_bn");
        const bool first = name.ends_with("block1");
        const bool strided =
            name == "conv2_block3" || name == "conv3_block4" || name == "conv4_block6";
        CHECK((name_at(network, index + 9) == name + "_0_conv") == first);
        CHECK((name_at(network, index + 9) == "max_pooling2d_" + std::to_string(block + 1)) ==
              strided);
        block += strided ? 1 : 0;
        CHECK(name_at(network, index + (first || strided ? 11 : 10)) == name + "_out");
    }
    CHECK(name_at(network, 188) == "post_bn");
    CHECK(name_at(network, 189) == "post_relu");
}

TEST_CASE("DenseNet is a chain with its transitions where Keras lists them") {
    const Network network = build_network("densenet121", 2);
    CHECK(name_at(network, 2) == "conv1/conv");
    CHECK(name_at(network, 3) == "conv1/bn");
    CHECK(name_at(network, 6) == "pool1");
    CHECK(name_at(network, 7) == "conv2_block1_0_bn");
    CHECK(name_at(network, 13) == "conv2_block1_concat");
    CHECK(name_at(network, 49) == "pool2_bn");
    CHECK(name_at(network, 53) == "conv3_block1_0_bn");
    CHECK(name_at(network, 140) == "pool3_pool");
    CHECK(name_at(network, 309) == "pool4_bn");
    CHECK(name_at(network, 313) == "conv5_block1_0_bn");
    CHECK(name_at(network, 425) == "bn");
    CHECK(name_at(network, 426) == "relu");
    CHECK(network.layers[13].inputs == std::vector<int>{6, 12});  // old channels first
}

TEST_CASE("MobileNet is the form of 87 layers, padded below and on the right") {
    const Network network = build_network("mobilenet", 2);
    int block = 1;
    for (const int index : {5, 12, 18, 25, 31, 38, 44, 50, 56, 62, 68, 75, 81}) {
        CHECK(name_at(network, index) == "conv_dw_" + std::to_string(block++));
    }
    for (const auto& [index, name] :
         std::vector<std::pair<int, std::string>>{{1, "conv1_pad"},
                                                  {11, "conv_pad_2"},
                                                  {24, "conv_pad_4"},
                                                  {37, "conv_pad_6"},
                                                  {74, "conv_pad_12"}}) {
        CHECK(name_at(network, index) == name);
        const auto& pad = std::get<ZeroPad>(network.layers[static_cast<std::size_t>(index)].kind);
        CHECK((pad.top == 0 && pad.left == 0 && pad.bottom == 1 && pad.right == 1));
    }
    CHECK(name_at(network, 86) == "conv_pw_13_relu");
}

TEST_CASE("networks carry the scaling of their published weights") {
    CHECK(build_network("inception_v3", 2).scaling == Scaling::minus_one_to_one);
    CHECK(build_network("densenet121", 2).scaling == Scaling::imagenet_mean_std);
    CHECK(build_network("small_cnn", 2).scaling == Scaling::none);
}

TEST_CASE("published files have the names that Keras downloads") {
    using Names = std::vector<std::string>;
    CHECK(published_file_names("mobilenet_0.25") ==
          Names{"mobilenet_2_5_224_tf_no_top.h5", "mobilenet_2_5_224_tf.h5"});
    CHECK(published_file_names("mobilenet")[0] == "mobilenet_1_0_224_tf_no_top.h5");
    CHECK(published_file_names("inception_v3")[0] ==
          "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5");
    CHECK(published_file_names("resnet50_v2")[1] ==
          "resnet50v2_weights_tf_dim_ordering_tf_kernels.h5");
    CHECK(published_file_names("small_cnn").empty());
}
