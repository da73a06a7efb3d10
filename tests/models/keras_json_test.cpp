// SPDX-License-Identifier: Apache-2.0
#include "models/keras_json.hpp"

#include "core/error.hpp"
#include "core/text.hpp"

#include "support/catch.hpp"

using namespace graft;
using namespace graft::models;

namespace {

std::string node2(const std::string& inputs) {
    std::string text;
    for (const auto& name : core::split(inputs, ',')) {
        text += (text.empty() ? "" : ", ") + ("[\"" + name + "\", 0, 0, {}]");
    }
    return inputs.empty() ? "[]" : "[[" + text + "]]";
}

// A layer as Keras 2 writes it; `options` beside its name.
std::string layer(const std::string& kind, const std::string& name, const std::string& inputs,
                  const std::string& options = "") {
    return fmt::format(
        R"({{"class_name": "{0}", "name": "{1}", "config": {{"name": "{1}"{2}{3}}}, )"
        R"("inbound_nodes": {4}}})",
        kind, name, options.empty() ? "" : ", ", options, node2(inputs));
}

std::string input(const std::string& shape = "[null, 32, 32, 3]") {
    return layer("InputLayer", "in", "", "\"batch_shape\": " + shape);
}

std::string convolution(const std::string& name, const std::string& from,
                        const std::string& more = "\"use_bias\": true") {
    return layer(
        "Conv2D", name, from,
        R"("filters": 4, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", )" + more);
}

std::string model(const std::vector<std::string>& layers, const std::string& output) {
    return R"({"class_name": "Functional", "config": {"name": "m", "layers": [)" +
           core::join(layers, ", ") + R"(], "input_layers": [["in", 0, 0]], "output_layers": [[")" +
           output + R"(", 0, 0]]}})";
}

Network read(const std::string& json) {
    return read_keras_json(json, "'m.json'", "m");
}

std::vector<std::string> names(const Network& network) {
    std::vector<std::string> found;
    for (const auto& one : network.layers) {
        found.push_back(one.name);
    }
    return found;
}

const std::vector<std::string> kBase{input(), convolution("conv", "in"),
                                     layer("ReLU", "relu", "conv", R"("max_value": 6.0)")};

std::vector<std::string> with(std::vector<std::string> layers,
                              const std::vector<std::string>& more) {
    layers.insert(layers.end(), more.begin(), more.end());
    return layers;
}

}  // namespace

TEST_CASE("a model without a classifier is taken whole") {
    const auto network = read(model(kBase, "relu"));
    CHECK(network.name == "m");
    CHECK(names(network) == std::vector<std::string>{"in", "conv", "relu"});
    CHECK(network.base_layers == 3);
    CHECK(network.default_size == 32);
    CHECK(network.minimum_size == 1);
    CHECK(std::get<Conv2d>(network.layers[1].kind).bias);
    CHECK(std::get<Activate>(network.layers[2].kind).function == Activation::relu6);
}

TEST_CASE("of a classifier what follows the last feature map is left out, whatever it is") {
    const auto classifier =
        with(kBase,
             {layer("Dropout", "drop", "relu"), layer("Flatten", "flat", "drop"),
              layer("Dense", "predictions", "flat"), layer("Mystery", "odd", "predictions,flat")});
    CHECK(names(read(model(classifier, "odd"))) == names(read(model(kBase, "relu"))));
}

TEST_CASE("a pooling whose result goes back to the maps ends nothing") {
    const auto excited = with(kBase, {layer("GlobalAveragePooling2D", "squeeze", "relu"),
                                      layer("Multiply", "excite", "relu,squeeze"),
                                      layer("GlobalAveragePooling2D", "pool", "excite")});
    CHECK_THROWS_WITH(read(model(excited, "pool")),
                      ContainsSubstring("the unknown kind Multiply in 'excite'") &&
                          ContainsSubstring("GlobalAveragePooling2D in 'squeeze', 'pool'"));
}

TEST_CASE("the layers stand in Keras' order, whichever the file has") {
    const auto network = read(model(
        with(kBase, {convolution("second", "in"), layer("Add", "sum", "second,relu")}), "sum"));
    CHECK(names(network) == std::vector<std::string>{"in", "conv", "second", "relu", "sum"});
}

TEST_CASE("everything that is not supported is named at once") {
    const auto json = model(
        {input(), convolution("wide", "in", R"("use_bias": true, "dilation_rate": [2, 2])"),
         convolution("grouped", "wide", R"("groups": 2, "activation": "gelu")"),
         layer("ReLU", "leaky", "grouped", R"("negative_slope": 0.1)"),
         layer("LayerNormalization", "norm", "leaky"), layer("LayerNormalization", "again", "norm"),
         convolution("decayed", "again", R"("kernel_regularizer": {"class_name": "L2"})"),
         convolution("first", "decayed", R"("data_format": "channels_first")")},
        "first");
    CHECK_THROWS_WITH(
        read(json),
        ContainsSubstring("network 'm.json' cannot be trained") &&
            ContainsSubstring(
                "Conv2D with dilation_rate [2,2] ([1,1] and 1 supported) in 'wide'") &&
            ContainsSubstring("Conv2D with groups 2 (1 supported) in 'grouped'") &&
            ContainsSubstring("activation \"gelu\" (relu and relu6 supported) in 'grouped'") &&
            ContainsSubstring("ReLU with negative_slope 0.1 (0 supported) in 'leaky'") &&
            ContainsSubstring("the unknown kind LayerNormalization in 'norm', 'again'") &&
            ContainsSubstring("option kernel_regularizer") && ContainsSubstring("in 'decayed'") &&
            ContainsSubstring("data_format \"channels_first\"") &&
            ContainsSubstring("Known are InputLayer,"));
}

TEST_CASE("a layer that is called twice, several ends and nested models are refused") {
    auto shared = convolution("conv", "in");
    shared.replace(shared.find("[[["), 3, "[[[\"in\", 0, 0, {}]], [[");
    CHECK_THROWS_WITH(read(model({input(), shared}, "conv")),
                      ContainsSubstring("called more than once in 'conv'"));
    auto two = model(kBase, "relu");
    two.replace(two.find("[[\"relu\", 0, 0]]"), 16, "[[\"relu\", 0, 0], [\"conv\", 0, 0]]");
    CHECK_THROWS_WITH(read(two), ContainsSubstring("has 2 outputs (one is supported)"));
    CHECK_THROWS_WITH(read(model(with(kBase, {layer("Functional", "inner", "relu")}), "inner")),
                      ContainsSubstring("a model within the model in 'inner'"));
    CHECK_THROWS_WITH(read(R"({"class_name": "Sequential", "config": {"layers": []}})"),
                      ContainsSubstring("keras.Model(model.inputs, model.outputs).to_json()"));
}

TEST_CASE("what is no Keras model is refused in words") {
    CHECK_THROWS_WITH(read("{\"class_name\": "), ContainsSubstring("'m.json' is no JSON"));
    CHECK_THROWS_WITH(read("[]"), ContainsSubstring("no functional Keras model"));
    CHECK_THROWS_WITH(read(std::string(1'000'000, '[')), ContainsSubstring("nested brackets"));
    CHECK_THROWS_WITH(read(model({input(), convolution("conv", "later")}, "conv")),
                      ContainsSubstring("layer 'conv' takes 'later'"));
    CHECK_THROWS_WITH(read(model({input(), convolution("predictions", "in")}, "predictions")),
                      ContainsSubstring("a name that graft's own head has in 'predictions'"));
    CHECK_THROWS_WITH(read(model({input(), convolution("../conv", "in")}, "../conv")),
                      ContainsSubstring("no path in a weight file in '../conv'"));
    CHECK_THROWS_WITH(
        read(model({input(), convolution("a", "in"), convolution("a/b", "a")}, "a/b")),
        ContainsSubstring("a name within another layer's in 'a/b'"));
    CHECK_THROWS_WITH(read(model(with(kBase, {convolution("conv", "relu")}), "conv")),
                      ContainsSubstring("two layers 'conv'"));
    CHECK_THROWS_WITH(read(model({input("[null, 32, 24, 3]"), convolution("conv", "in")}, "conv")),
                      ContainsSubstring("input [null,32,24,3] (square RGB images"));
}

TEST_CASE("shapes that do not fit are found before anything is trained") {
    const auto network = read(
        model(with(kBase, {layer("ZeroPadding2D", "pad", "in", R"("padding": [[0, 0], [0, 0]])"),
                           layer("MaxPooling2D", "pool", "pad",
                                 R"("pool_size": 2, "strides": null, "padding": "valid")"),
                           layer("Concatenate", "both", "pool,relu", R"("axis": -1)")}),
              "both"));
    CHECK(output_shapes(network, 32).back() == Shape{16, 16, 7});
    CHECK(network.minimum_size == 2);
    CHECK_THROWS_WITH(output_shapes(network, 33),
                      ContainsSubstring("image size '33' does not suit m (layer 'both': it joins "
                                        "16x16x3 and 17x17x4). Its own is 32."));
    CHECK_THROWS_WITH(
        read(model(with(kBase, {convolution("half", "relu"), layer("Add", "sum", "relu,half")}),
                   "sum")),
        ContainsSubstring("does not work at its own size of 32 px (layer 'sum'"));
}

TEST_CASE("the text that a network is kept as says the same, and nothing of its label") {
    const auto network = read(model(kBase, "relu"));
    const auto text = keras_json(network);
    CHECK(keras_json(read_keras_json(text, "again", "other")) == text);
    const auto name = name_with_content("m", text, "caffe");
    CHECK(name.starts_with("m@"));
    CHECK(name.ends_with(":caffe"));
    const auto built = build_network(name, 3, 8, text);
    CHECK(built.name == "m");
    CHECK(built.base_layers == 3);
    CHECK(built.layers.size() == 9);
    CHECK(built.scaling == Scaling::bgr_less_mean);
    CHECK(build_network(name_with_content("m", text, ""), 3, 8, text).scaling == Scaling::none);
    const auto changed = keras_json(read(model({input(), convolution("conv", "in")}, "conv")));
    CHECK_THROWS_WITH(build_network(name, 3, 8, changed),
                      ContainsSubstring("network 'm' is another one"));
}

TEST_CASE("an activation within a convolution is no layer of its own") {
    const auto network =
        read(model({input("[null, null, null, 3]"),
                    convolution("conv", "in", R"("use_bias": true, "activation": "relu")")},
                   "conv"));
    CHECK(network.base_layers == 2);
    CHECK(network.default_size == 224);
    CHECK(std::get<Conv2d>(network.layers[1].kind).activation == Activation::relu);
}
