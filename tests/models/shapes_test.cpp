// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "core/error.hpp"

#include "models/network.hpp"

#include "support/catch.hpp"

using namespace graft::models;

namespace {

Counts base_counts(const Network& network, int first = 0) {
    return count_parameters(network, first, network.base_layers);
}

std::int64_t total(const std::vector<std::int64_t>& values) {
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

// {layers with weights, tensors, trainable tensors} of layers [0, last)
std::array<int, 3> weighted(const Network& network, int last) {
    std::array<int, 3> counts{};
    for (int i = 0; i < last; ++i) {
        const auto tensors = tensors_of(network, i);
        counts[0] += tensors.empty() ? 0 : 1;
        counts[1] += static_cast<int>(tensors.size());
        for (const auto& tensor : tensors) {
            counts[2] += tensor.trainable ? 1 : 0;
        }
    }
    return counts;
}

Shape shape_of(const Network& network, int size, const std::string& name) {
    const auto shapes = output_shapes(network, size);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        if (network.layers[i].name == name) {
            return shapes[i];
        }
    }
    FAIL("no layer " << name);
    return {};
}

Shape base_shape(const Network& network, int size) {
    return output_shapes(network, size)[static_cast<std::size_t>(network.base_layers) - 1];
}

}  // namespace

namespace Catch {
template <>
struct StringMaker<Shape> {
    static std::string convert(const Shape& shape) {
        return std::to_string(shape.height) + " x " + std::to_string(shape.width) + " x " +
               std::to_string(shape.channels);
    }
};
}  // namespace Catch

TEST_CASE("parameter counts equal Keras' published totals") {
    struct Row {
        const char* name;
        std::int64_t top, top_trainable, base, base_trainable;
        int base_layers;
    };
    for (const Row& row :
         std::vector<Row>{{"inception_v3", 23851784, 23817352, 21802784, 21768352, 311},
                          {"resnet50_v2", 25613800, 25568360, 23564800, 23519360, 190},
                          {"densenet121", 8062504, 7978856, 7037504, 6953856, 427},
                          {"mobilenet", 4253864, 4231976, 3228864, 3206976, 87},
                          {"mobilenet_0.75", 2601976, 2585560, 1832976, 1816560, 87},
                          {"mobilenet_0.5", 1342536, 1331592, 829536, 818592, 87},
                          {"mobilenet_0.25", 475544, 470072, 218544, 213072, 87}}) {
        INFO(row.name);
        const Network network = build_with_imagenet_top(row.name);
        CHECK(network.base_layers == row.base_layers);
        const Counts base = base_counts(network);
        CHECK(base.total == row.base);
        CHECK(base.trainable == row.base_trainable);
        const Counts top = count_parameters(network, 0, static_cast<int>(network.layers.size()));
        CHECK(top.total == row.top);
        CHECK(top.trainable == row.top_trainable);
    }
}

TEST_CASE("with the ImageNet top, lists are as long as Keras' but for the softmax") {
    // Keras 3: the softmax lies within Dense; MobileNet (91 there, without conv1_pad) has one
    // more reshape.
    CHECK(build_with_imagenet_top("inception_v3").layers.size() == 313 + 1);
    CHECK(build_with_imagenet_top("resnet50_v2").layers.size() == 192 + 1);
    CHECK(build_with_imagenet_top("densenet121").layers.size() == 429 + 1);
    CHECK(build_with_imagenet_top("mobilenet").layers.size() == 93 - 2);
}

TEST_CASE("layers with weights and tensors are as many as in Keras") {
    using Three = std::array<int, 3>;
    const auto with_top = [](const char* name) {
        const Network network = build_with_imagenet_top(name);
        return weighted(network, static_cast<int>(network.layers.size()));
    };
    const auto base = [](const char* name) {
        const Network network = build_with_imagenet_top(name);
        return weighted(network, network.base_layers);
    };
    CHECK(with_top("inception_v3") == Three{189, 378, 190});
    CHECK(with_top("resnet50_v2") == Three{103, 272, 174});
    CHECK(with_top("densenet121") == Three{242, 606, 364});
    CHECK(with_top("mobilenet") == Three{55, 137, 83});
    CHECK(base("inception_v3") == Three{188, 376, 188});
    CHECK(base("resnet50_v2") == Three{102, 270, 172});
    CHECK(base("densenet121") == Three{241, 604, 362});
    CHECK(base("mobilenet") == Three{54, 135, 81});
}

TEST_CASE("the small network has the parameters of its design, layer by layer") {
    const Network network = build_network("small_cnn", 2, 256);
    std::vector<std::int64_t> counts;
    for (int i = 0; i < network.base_layers; ++i) {
        if (const auto n = count_parameters(network, i, i + 1).total) {
            counts.push_back(n);
        }
    }
    CHECK(counts == std::vector<std::int64_t>{4736, 128, 100416, 256, 401536, 512, 1605888, 1024});
    CHECK(base_counts(network).total == 2114496);
    CHECK(base_shape(network, 128) == Shape{8, 8, 256});
    CHECK(base_shape(network, 16) == Shape{1, 1, 256});
}

TEST_CASE("multiply-adds of the convolutions are known") {
    const auto base = [](const char* name, int extra_layers) {
        const Network network = build_with_imagenet_top(name);
        const auto counts = multiply_adds(network, network.default_size);
        return std::accumulate(counts.begin(), counts.begin() + network.base_layers + extra_layers,
                               std::int64_t{0});
    };
    CHECK(base("inception_v3", 0) == 5711168096);
    CHECK(base("resnet50_v2", 0) == 3480207360);
    CHECK(base("densenet121", 0) == 2833137664);
    CHECK(base("mobilenet", 4) == 568740352);  // conv_preds is a convolution
    const Network head = build_network("mobilenet", 3, 10);
    const auto counts = multiply_adds(head, 224);
    CHECK(counts[counts.size() - 2] == 30);
    CHECK(total(counts) == 568740352 - 1024000 + 10240 + 30);
}

TEST_CASE("shapes at the default size") {
    const Network inception = build_network("inception_v3", 2);
    CHECK(shape_of(inception, 299, "conv2d_1") == Shape{149, 149, 32});
    CHECK(shape_of(inception, 299, "max_pooling2d_2") == Shape{35, 35, 192});
    CHECK(shape_of(inception, 299, "mixed0") == Shape{35, 35, 256});
    CHECK(shape_of(inception, 299, "mixed2") == Shape{35, 35, 288});
    CHECK(shape_of(inception, 299, "mixed3") == Shape{17, 17, 768});
    CHECK(shape_of(inception, 299, "mixed8") == Shape{8, 8, 1280});
    CHECK(base_shape(inception, 299) == Shape{8, 8, 2048});
    const Network resnet = build_network("resnet50_v2", 2);
    CHECK(shape_of(resnet, 224, "conv1_conv") == Shape{112, 112, 64});
    CHECK(shape_of(resnet, 224, "conv2_block2_out") == Shape{56, 56, 256});
    CHECK(shape_of(resnet, 224, "conv2_block3_out") == Shape{28, 28, 256});
    CHECK(shape_of(resnet, 224, "conv4_block5_out") == Shape{14, 14, 1024});
    CHECK(base_shape(resnet, 224) == Shape{7, 7, 2048});
    const Network densenet = build_network("densenet121", 2);
    CHECK(shape_of(densenet, 224, "pool2_pool") == Shape{28, 28, 128});
    CHECK(shape_of(densenet, 224, "conv4_block24_concat") == Shape{14, 14, 1024});
    CHECK(base_shape(densenet, 224) == Shape{7, 7, 1024});
    const Network mobilenet = build_network("mobilenet_0.25", 2);
    CHECK(shape_of(mobilenet, 224, "conv1") == Shape{112, 112, 8});
    CHECK(shape_of(mobilenet, 224, "conv_dw_12") == Shape{7, 7, 128});
    CHECK(base_shape(mobilenet, 224) == Shape{7, 7, 256});
    CHECK(output_shapes(mobilenet, 224).back() == Shape{1, 1, 2});
}

TEST_CASE("shapes at odd sizes, both ways through ResNet's strided blocks agree") {
    CHECK(base_shape(build_network("inception_v3", 2), 75) == Shape{1, 1, 2048});
    CHECK(base_shape(build_network("inception_v3", 2), 151) == Shape{3, 3, 2048});
    CHECK(base_shape(build_network("densenet121", 2), 97) == Shape{3, 3, 1024});
    CHECK(base_shape(build_network("mobilenet", 2), 97) == Shape{3, 3, 1024});
    CHECK(base_shape(build_network("mobilenet", 2), 33) == Shape{1, 1, 1024});
    CHECK(base_shape(build_network("small_cnn", 2), 47) == Shape{2, 2, 256});
    const Network resnet = build_network("resnet50_v2", 2);
    for (int size = 32; size < 140; ++size) {
        const auto shapes = output_shapes(resnet, size);
        for (std::size_t i = 0; i < resnet.layers.size(); ++i) {
            if (std::holds_alternative<Add>(resnet.layers[i].kind)) {
                const auto& inputs = resnet.layers[i].inputs;
                CHECK(shapes[static_cast<std::size_t>(inputs[0])] ==
                      shapes[static_cast<std::size_t>(inputs[1])]);
            }
        }
    }
    CHECK(base_shape(resnet, 97) == Shape{4, 4, 2048});
}

TEST_CASE("an image below the smallest size is refused") {
    CHECK_THROWS_AS(output_shapes(build_network("inception_v3", 2), 74), graft::core::InputError);
    CHECK_THROWS_WITH(output_shapes(build_network("mobilenet", 2), 31),
                      ContainsSubstring("'31'") && ContainsSubstring("32"));
}

TEST_CASE("freezing X percent leaves the trainable parameters that Keras leaves") {
    struct Row {
        int percent;
        std::array<int, 4> frozen;  // inception, resnet, densenet, mobilenet
        std::array<std::int64_t, 4> trainable;
    };
    const std::array<Network, 4> networks{
        build_network("inception_v3", 2), build_network("resnet50_v2", 2),
        build_network("densenet121", 2), build_network("mobilenet", 2)};
    for (const Row& row :
         std::vector<Row>{{0, {0, 0, 0, 0}, {21768352, 23519360, 6953856, 3206976}},
                          {10, {31, 19, 42, 8}, {21347040, 23434752, 6675520, 3205696}},
                          {20, {62, 38, 85, 17}, {21063664, 23310592, 6302464, 3194368}},
                          {25, {77, 47, 106, 21}, {20797728, 23112960, 6066304, 3192960}},
                          {30, {93, 57, 128, 26}, {20705120, 22848256, 5792704, 3175168}},
                          {40, {124, 76, 170, 34}, {18331264, 22352896, 5216896, 3138816}},
                          {50, {155, 95, 213, 43}, {16789440, 21350400, 4631872, 2937856}},
                          {60, {186, 114, 256, 52}, {15315200, 19179008, 3798784, 2663424}},
                          {70, {217, 133, 298, 60}, {13476224, 17205248, 2889664, 2132480}},
                          {75, {233, 142, 320, 65}, {12406208, 16089088, 2056448, 2125824}},
                          {80, {248, 152, 341, 69}, {11114880, 15234048, 1720448, 1858048}},
                          {90, {279, 171, 384, 78}, {6073536, 7879680, 934464, 1588224}},
                          {100, {311, 190, 427, 87}, {0, 0, 0, 0}}}) {
        for (std::size_t i = 0; i < networks.size(); ++i) {
            INFO(networks[i].name << " at " << row.percent << " %");
            CHECK(frozen_layers(networks[i], row.percent) == row.frozen[i]);
            CHECK(base_counts(networks[i], row.frozen[i]).trainable == row.trainable[i]);
        }
    }
    CHECK_THROWS_AS(frozen_layers(networks[0], 101), graft::core::InputError);
    CHECK_THROWS_AS(frozen_layers(networks[0], -1), graft::core::InputError);
}

TEST_CASE("tensors stand in Keras' order and layout") {
    const Network mobilenet = build_network("mobilenet_0.25", 2, 16);
    CHECK(tensors_of(mobilenet, 0).empty());
    const auto kernel = tensors_of(mobilenet, 2);
    REQUIRE(kernel.size() == 1);
    CHECK(kernel[0].shape == std::vector<std::int64_t>{3, 3, 3, 8});
    CHECK(tensors_of(mobilenet, 5)[0].name == "depthwise_kernel");
    CHECK(tensors_of(mobilenet, 5)[0].shape == std::vector<std::int64_t>{3, 3, 8, 1});
    const auto norm = tensors_of(mobilenet, 3);
    REQUIRE(norm.size() == 4);
    CHECK(norm[0].name == "gamma");
    CHECK(norm[3].name == "moving_variance");
    CHECK((norm[1].trainable && !norm[2].trainable));
    const auto dense = tensors_of(mobilenet, mobilenet.base_layers + 1);
    CHECK(dense[0].shape == std::vector<std::int64_t>{256, 16});
    const auto inception_norm = tensors_of(build_network("inception_v3", 2), 2);
    REQUIRE(inception_norm.size() == 3);
    CHECK(inception_norm[0].name == "beta");
}

TEST_CASE("the values alive at a cut are what the layers above still read") {
    const Network inception = build_network("inception_v3", 2);
    CHECK(values_alive_at(inception, 0).empty());
    CHECK(values_alive_at(inception, 1) == std::vector<int>{0});
    CHECK(values_alive_at(inception, 18) == std::vector<int>{17});
    // 10 %: within mixed0, whose branches interleave: a6's, a8's, a11's and a12's ways are cut.
    std::vector<std::string> names;
    for (const int index : values_alive_at(inception, 31)) {
        names.push_back(inception.layers[static_cast<std::size_t>(index)].name);
    }
    CHECK(names ==
          std::vector<std::string>{"average_pooling2d_1", "conv2d_6", "conv2d_8", "conv2d_11"});
    CHECK(values_alive_at(inception, inception.base_layers) ==
          std::vector<int>{inception.base_layers - 1});
    const int size = static_cast<int>(inception.layers.size());
    CHECK(values_alive_at(inception, size) == std::vector<int>{size - 1});
    // ResNet's shortcut lives beside the main way.
    const Network resnet = build_network("resnet50_v2", 2);
    CHECK(values_alive_at(resnet, 20) == std::vector<int>{16, 19});
}
