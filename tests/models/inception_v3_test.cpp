// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "models/network.hpp"

#include "support/catch.hpp"

using namespace graft::models;

namespace {

// The order that Keras gives `model.layers`, with indices; c, b, a = convolution, batch norm and
// activation by their numbers of creation, MP, AP = pools, cat = a concatenation without a name.
// Modules 5 to 7 repeat mixed4 with every number raised.
constexpr const char* order_until_mixed4 =
    "in1 c1 b1 a1 c2 b2 a2 c3 b3 a3 MP1 c4 b4 a4 c5 b5 a5 MP2 "
    "c9 b9 a9 c7 c10 b7 b10 a7 a10 AP1 c6 c8 c11 c12 b6 b8 b11 b12 a6 a8 a11 a12 mixed0 "
    "c16 b16 a16 c14 c17 b14 b17 a14 a17 AP2 c13 c15 c18 c19 b13 b15 b18 b19 a13 a15 a18 a19 "
    "mixed1 "
    "c23 b23 a23 c21 c24 b21 b24 a21 a24 AP3 c20 c22 c25 c26 b20 b22 b25 b26 a20 a22 a25 a26 "
    "mixed2 "
    "c28 b28 a28 c29 b29 a29 c27 c30 b27 b30 a27 a30 MP3 mixed3 ";
constexpr const char* order_mixed4 =
    "c35 b35 a35 c36 b36 a36 c32 c37 b32 b37 a32 a37 c33 c38 b33 b38 a33 a38 AP4 c31 c34 c39 c40 "
    "b31 b34 b39 b40 a31 a34 a39 a40 mixed4 ";
constexpr const char* order_from_mixed8 =
    "c73 b73 a73 c74 b74 a74 c71 c75 b71 b75 a71 a75 c72 c76 b72 b76 a72 a76 MP4 mixed8 "
    "c81 b81 a81 c78 c82 b78 b82 a78 a82 c79 c80 c83 c84 AP8 c77 b79 b80 b83 b84 c85 b77 a79 a80 "
    "a83 a84 b85 a77 mixed9_0 cat1 a85 mixed9 "
    "c90 b90 a90 c87 c91 b87 b91 a87 a91 c88 c89 c92 c93 AP9 c86 b88 b89 b92 b93 c94 b86 a88 a89 "
    "a92 a93 b94 a86 mixed9_1 cat2 a94 mixed10 ";

std::string long_name(const std::string& word, int module) {
    if (word.starts_with("mixed")) {
        return word == "mixed4" ? "mixed" + std::to_string(4 + module) : word;
    }
    const auto digits = word.find_first_of("0123456789");
    const std::string kind = word.substr(0, digits);
    const int raise = kind == "AP" ? module : 10 * module;
    const int number = std::stoi(word.substr(digits)) + raise;
    const std::string stem = kind == "c"     ? "conv2d"
                             : kind == "b"   ? "batch_normalization"
                             : kind == "a"   ? "activation"
                             : kind == "MP"  ? "max_pooling2d"
                             : kind == "AP"  ? "average_pooling2d"
                             : kind == "cat" ? "concatenate"
                                             : "input";
    return stem + "_" + std::to_string(number);
}

void add_names(std::vector<std::string>& names, const char* words, int module = 0) {
    std::istringstream stream(words);
    for (std::string word; stream >> word;) {
        names.push_back(long_name(word, module));
    }
}

std::vector<std::string> expected_names() {
    std::vector<std::string> names;
    add_names(names, order_until_mixed4);
    for (int module = 0; module < 4; ++module) {
        add_names(names, order_mixed4, module);
    }
    add_names(names, order_from_mixed8);
    return names;
}

}  // namespace

TEST_CASE("Inception's layers stand in Keras' order") {
    const Network network = build_network("inception_v3", 2);
    std::vector<std::string> names;
    for (int i = 0; i < network.base_layers; ++i) {
        names.push_back(network.layers[static_cast<std::size_t>(i)].name);
    }
    CHECK(names == expected_names());
}

TEST_CASE("Inception concatenates its branches in the order of the paper's table") {
    const Network network = build_network("inception_v3", 2);
    const auto inputs_of = [&](const std::string& name) {
        std::vector<std::string> inputs;
        for (const Layer& layer : network.layers) {
            if (layer.name == name) {
                for (const int input : layer.inputs) {
                    inputs.push_back(network.layers[static_cast<std::size_t>(input)].name);
                }
            }
        }
        return inputs;
    };
    using Names = std::vector<std::string>;
    CHECK(inputs_of("mixed0") ==
          Names{"activation_6", "activation_8", "activation_11", "activation_12"});
    CHECK(inputs_of("mixed3") == Names{"activation_27", "activation_30", "max_pooling2d_3"});
    CHECK(inputs_of("mixed7") ==
          Names{"activation_61", "activation_64", "activation_69", "activation_70"});
    CHECK(inputs_of("mixed10") ==
          Names{"activation_86", "mixed9_1", "concatenate_2", "activation_94"});
    CHECK(inputs_of("conv2d_79") == Names{"activation_78"});
    CHECK(inputs_of("conv2d_80") == Names{"activation_78"});
}
