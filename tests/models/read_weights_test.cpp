// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fstream>
#include <map>

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"
#include "tests/models/synthetic.hpp"

using namespace graft::models;
using graft::core::h5::File;
using graft::tests::put_listed_layers;
using graft::tests::put_marked;
using graft::tests::TemporaryDirectory;
using graft::tests::write_published;
using graft::tests::wrong_tensors;

namespace {

int size_of(const Network& network) {
    return static_cast<int>(network.layers.size());
}

// A file as Keras 3 writes it: groups by class, numbered in the order of the layers.
void write_numbered(const std::filesystem::path& path, const Network& network, int last,
                    const std::string& root, int step) {
    File file = File::create(path);
    std::map<std::string, int> used;
    for (int i = 0; i < last; ++i) {
        const Layer& layer = network.layers[static_cast<std::size_t>(i)];
        const std::string stem =
            std::holds_alternative<Conv2d>(layer.kind)            ? "conv2d"
            : std::holds_alternative<DepthwiseConv2d>(layer.kind) ? "depthwise_conv2d"
            : std::holds_alternative<BatchNorm>(layer.kind)       ? "batch_normalization"
            : std::holds_alternative<Dense>(layer.kind)           ? "dense"
                                                                  : "re_lu";
        const int number = used[stem];
        used[stem] += step;
        const std::string suffix = number > 0 ? fmt::format("_{}", number) : "";
        const std::string group = fmt::format("{}/{}{}/vars", root, stem, suffix);
        file.make_group(group);
        int variable = 0;
        for (const auto& info : tensors_of(network, i)) {
            put_marked(file, fmt::format("{}/{}", group, variable++), layer.name, info);
        }
    }
    file.close();
}

}  // namespace

TEST_CASE("a published file of each network fills every tensor of its base") {
    const TemporaryDirectory directory;
    for (const char* name : {"mobilenet_0.25", "densenet121", "inception_v3", "resnet50_v2"}) {
        INFO(name);
        const Network network = build_network(name, 2);
        const auto path = directory / "file.h5";
        write_published(path, network, network.base_layers);
        const Weights weights = read_keras_weights(path, network, Head::ignore);
        CHECK(wrong_tensors(network, weights, network.base_layers) == 0);
        CHECK(weights.tensors.size() == network.layers.size());
        CHECK(weights.tensors.back().empty());
    }
}

TEST_CASE("names in the file do not matter, its order does") {
    const TemporaryDirectory directory;
    Network renamed = build_network("mobilenet_0.25", 2);
    for (auto& layer : renamed.layers) {
        layer.name += "_renamed";
    }
    write_published(directory / "file.h5", renamed, renamed.base_layers);
    const Network network = build_network("mobilenet_0.25", 2);
    const Weights weights = read_keras_weights(directory / "file.h5", network, Head::ignore);
    CHECK(wrong_tensors(renamed, weights, renamed.base_layers) == 0);
}

TEST_CASE("Inception's layers in the order of creation are refused, not repaired") {
    const TemporaryDirectory directory;
    const Network network = build_network("inception_v3", 2);
    Network created = network;
    std::vector<int> units;  // conv2d_n and batch_normalization_n by n
    std::erase_if(created.layers, [](const Layer& layer) {
        return !std::holds_alternative<Conv2d>(layer.kind) &&
               !std::holds_alternative<Input>(layer.kind);
    });
    const auto number = [](const Layer& layer) {
        return std::stoi(layer.name.substr(layer.name.rfind('_') + 1));
    };
    std::stable_sort(created.layers.begin() + 1, created.layers.end(),
                     [&](const Layer& a, const Layer& b) { return number(a) < number(b); });
    File file = File::create(directory / "file.h5");
    std::vector<std::string> layer_names;
    for (const Layer& layer : created.layers) {
        for (int i = 0; i < network.base_layers; ++i) {
            if (network.layers[static_cast<std::size_t>(i)].name != layer.name) {
                continue;
            }
            file.make_group("/" + layer.name);
            std::vector<std::string> names;
            for (const auto& info : tensors_of(network, i)) {
                names.push_back(info.name);
                put_marked(file, fmt::format("/{}/{}", layer.name, info.name), layer.name, info);
            }
            file.write_attribute("/" + layer.name, "weight_names", names);
        }
        layer_names.push_back(layer.name);
    }
    file.write_attribute("/", "layer_names", layer_names);
    file.close();
    CHECK_THROWS_AS(read_keras_weights(directory / "file.h5", network, Head::ignore),
                    graft::core::InputError);
}

TEST_CASE("a head in the file is ignored, or required to fit") {
    const TemporaryDirectory directory;
    const Network network = build_network("small_cnn", 3, 16);
    const auto path = directory / "file.h5";
    write_published(path, network, size_of(network));
    const Weights base = read_keras_weights(path, network, Head::ignore);
    CHECK(base.tensors[static_cast<std::size_t>(network.base_layers) + 1].empty());
    const Weights all = read_keras_weights(path, network, Head::require);
    CHECK(wrong_tensors(network, all, size_of(network)) == 0);
    const Network other = build_network("small_cnn", 5, 16);
    CHECK(wrong_tensors(other, read_keras_weights(path, other, Head::ignore), other.base_layers) ==
          0);
    CHECK_THROWS_WITH(read_keras_weights(path, other, Head::require),
                      ContainsSubstring("'predictions' expects kernel (16, 5)") &&
                          ContainsSubstring("(16, 3)") && ContainsSubstring("Its base fits"));
    write_published(path, network, network.base_layers);
    CHECK_THROWS_WITH(read_keras_weights(path, network, Head::require),
                      ContainsSubstring("no weights for layer 'head_dense'"));
}

TEST_CASE("a whole-model file and a list of names in pieces are read") {
    const TemporaryDirectory directory;
    const Network network = build_network("small_cnn", 2);
    const auto path = directory / "file.h5";
    File file = File::create(path);
    std::vector<std::string> names;
    put_listed_layers(file, network, network.base_layers, "/model_weights", names);
    using Names = std::vector<std::string>;
    file.write_attribute("/model_weights", "layer_names0", Names(names.begin(), names.begin() + 5));
    file.write_attribute("/model_weights", "layer_names1", Names(names.begin() + 5, names.end()));
    file.close();
    const Weights weights = read_keras_weights(path, network, Head::ignore);
    CHECK(wrong_tensors(network, weights, network.base_layers) == 0);
}

TEST_CASE("Keras 3's numbered layers pair class by class, in numeric order") {
    const TemporaryDirectory directory;
    const Network network = build_network("mobilenet_0.25", 2);
    const auto path = directory / "file.weights.h5";
    // TensorFlow 2.12's dictionary holds every layer twice, so its numbers have gaps.
    const auto [root, step] =
        GENERATE(std::pair("/layers", 1), std::pair("/_layer_checkpoint_dependencies", 2));
    write_numbered(path, network, size_of(network), root, step);
    const Weights base = read_keras_weights(path, network, Head::ignore);
    CHECK(wrong_tensors(network, base, network.base_layers) == 0);
    const Weights all = read_keras_weights(path, network, Head::require);
    CHECK(wrong_tensors(network, all, size_of(network)) == 0);
    write_numbered(path, network, network.base_layers, root, step);
    CHECK_THROWS_WITH(read_keras_weights(path, network, Head::require),
                      ContainsSubstring("no weights for layer 'head_dense'"));
}

TEST_CASE("a file of another network is named with layer and shapes, and whose it is") {
    const TemporaryDirectory directory;
    const auto path = directory / "file.h5";
    const Network quarter = build_network("mobilenet_0.25", 2);
    write_published(path, quarter, quarter.base_layers);
    const Network half = build_network("mobilenet_0.5", 2);
    CHECK_THROWS_AS(read_keras_weights(path, half, Head::ignore), graft::core::InputError);
    CHECK_THROWS_WITH(read_keras_weights(path, half, Head::ignore),
                      ContainsSubstring(path.string()) &&
                          ContainsSubstring("'conv1' expects kernel (3, 3, 3, 16)") &&
                          ContainsSubstring("(3, 3, 3, 8)") &&
                          ContainsSubstring("a file of 'mobilenet_0.25'"));
    write_published(path, quarter, 40);
    CHECK_THROWS_WITH(read_keras_weights(path, quarter, Head::ignore),
                      ContainsSubstring("no weights for layer 'conv_pw_6'") &&
                          ContainsSubstring("Give a weight file of mobilenet_0.25"));
    write_numbered(path, quarter, quarter.base_layers, "/layers", 1);
    CHECK_THROWS_WITH(read_keras_weights(path, half, Head::ignore),
                      ContainsSubstring("a file of 'mobilenet_0.25'"));
}

TEST_CASE("a file without weights, an archive and no HDF5 file are told apart") {
    const TemporaryDirectory directory;
    const Network network = build_network("small_cnn", 2);
    const auto empty = directory / "empty.h5";
    File::create(empty).close();
    CHECK_THROWS_WITH(read_keras_weights(empty, network, Head::ignore),
                      ContainsSubstring("neither layer_names"));
    CHECK_THROWS_WITH(read_keras_weights(directory / "model.keras", network, Head::ignore),
                      ContainsSubstring("save_weights"));
    std::ofstream(directory / "text.h5") << "not HDF5";
    CHECK_THROWS_AS(read_keras_weights(directory / "text.h5", network, Head::ignore),
                    graft::core::InputError);
    File file = File::create(empty);
    file.make_group("/conv1");
    file.write_attribute("/conv1", "weight_names", std::vector<std::string>{"kernel", "bias"});
    file.write_attribute("/", "layer_names", std::vector<std::string>{"conv1"});
    file.close();
    CHECK_THROWS_WITH(read_keras_weights(empty, network, Head::ignore),
                      ContainsSubstring("names '/conv1/kernel' for layer 'conv1'"));
}

TEST_CASE("the published MobileNet file is read with every value in its place") {
    const auto shared = graft::tests::shared_directory();
    if (!shared) {
        graft::tests::say_shared_is_absent("reading the published MobileNet weights");
        return;
    }
    const Network network = build_network("mobilenet_0.25", 2);
    const Weights weights = read_keras_weights(
        *shared / "weights" / "mobilenet_2_5_224_tf_no_top.h5", network, Head::ignore);
    std::size_t count = 0;
    double sum = 0;
    for (const auto& layer : weights.tensors) {
        for (const HostTensor& tensor : layer) {
            count += tensor.values.size();
            for (const float value : tensor.values) {
                sum += value;
            }
        }
    }
    CHECK(count == 218544);
    CHECK(sum == Approx(52144.402400177576).epsilon(1e-12));  // by h5py and numpy
    const auto tensor = [&](const std::string& name, std::size_t t) -> const HostTensor& {
        const auto found = std::find_if(network.layers.begin(), network.layers.end(),
                                        [&](const Layer& layer) { return layer.name == name; });
        return weights.tensors[static_cast<std::size_t>(found - network.layers.begin())].at(t);
    };
    // [0, 1, 2] of (3, 3, 128, 1), [0, 1, 2, 3] of (3, 3, 3, 8), [5]
    CHECK(tensor("conv_dw_10", 0).values[128 + 2] == Approx(0.9176983));
    CHECK(tensor("conv1", 0).values[(1 * 3 + 2) * 8 + 3] == Approx(1.8595382e-14));
    CHECK(tensor("conv_pw_13_bn", 3).values[5] == Approx(0.7116398));
    const Network top = build_with_imagenet_top("mobilenet_0.25");
    const Weights whole = read_keras_weights(
        *shared / "weights" / "mobilenet_2_5_224_tf_recovered_top.h5", top, Head::require);
    CHECK(whole.tensors[static_cast<std::size_t>(top.base_layers) + 2][0].shape ==
          std::vector<std::int64_t>{256, 1000});
}
