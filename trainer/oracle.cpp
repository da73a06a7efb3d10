// SPDX-License-Identifier: Apache-2.0
#include "trainer/oracle.hpp"

#include <set>
#include <string>
#include <vector>

#include <c10/core/GradMode.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/h5/file.hpp"

#include "models/keras_json.hpp"

#include "trainer/evaluation.hpp"
#include "trainer/model.hpp"

namespace graft::trainer {

namespace {

struct Request {
    models::Network network;
    models::Weights weights;
    at::Tensor images;  // [N, 3, H, W]
    std::vector<std::int64_t> labels;
    std::set<int> layers;
    Cut cut;
    Learning learning;
    std::vector<double> rates;  // of the steps
    double bn_momentum = 0.99;
    at::ScalarType compute = at::kFloat;
};

double number(const core::h5::File& file, const std::string& name, double otherwise) {
    return file.has_attribute("/", name) ? file.double_attribute("/", name) : otherwise;
}

int index_of(const models::Network& network, const std::string& name) {
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        if (network.layers[i].name == name) {
            return static_cast<int>(i);
        }
    }
    core::fail_input("network '{}' has no layer '{}'. Name one of its layers.", network.name, name);
}

// `network`: a built-in one's name, or a file of Keras' JSON, scaled by `preprocessing`.
models::Network network_of(const core::h5::File& file) {
    const auto named = file.text_attribute("/", "network");
    const auto classes = static_cast<int>(file.int_attribute("/", "classes"));
    const auto units = static_cast<int>(number(file, "head_units", 256));
    if (!named.ends_with(".json")) {
        return models::build_network(named, classes, units);
    }
    const auto json =
        models::keras_json(models::read_keras_json(core::read_file(named), named, "model"));
    const bool says = file.has_attribute("/", "preprocessing");
    const auto name = models::name_with_content(
        "model", json, says ? file.text_attribute("/", "preprocessing") : "");
    return models::build_network(name, classes, units, json);
}

Learning learning_of(const core::h5::File& file, const Request& request) {
    Learning learning;
    auto& [optimizer, update] = learning.update;
    if (file.has_attribute("/", "optimizer")) {
        optimizer = core::value_of<sweep::Optimizer>(file.text_attribute("/", "optimizer")).value();
    }
    update.momentum = number(file, "momentum", update.momentum);
    update.nesterov = number(file, "nesterov", 0) != 0;
    update.weight_decay = number(file, "weight_decay", 0);
    update.bottom_rate = number(file, "bottom_rate", 1);
    learning.loss.label_smoothing = number(file, "label_smoothing", 0);
    if (number(file, "balanced", 0) != 0) {
        const std::vector<std::int32_t> labels(request.labels.begin(), request.labels.end());
        learning.loss.class_weights =
            balanced_weights(labels, static_cast<std::int32_t>(file.int_attribute("/", "classes")));
    }
    return learning;
}

Request read_request(const std::filesystem::path& path) {
    const core::h5::File file = core::h5::File::open(path);
    Request request;
    request.network = network_of(file);
    request.weights = models::read_keras_weights(file.text_attribute("/", "weights"),
                                                 request.network, models::Head::require);
    const auto shape = file.shape("/images");
    request.images =
        from_floats(file.read<float>("/images"), {shape.begin(), shape.end()}, at::kCPU)
            .permute({0, 3, 1, 2});
    if (file.has_attribute("/", "preprocessing")) {
        sweep::Training training;
        training.input_range = sweep::InputRange::keras;
        request.images = Recipe{&request.network, training}.scaled(request.images);
    }
    if (file.has("/labels")) {
        request.labels = file.read<std::int64_t>("/labels");
    }
    if (file.has("/layers")) {
        for (const auto& name : file.read_texts("/layers")) {
            request.layers.insert(index_of(request.network, name));
        }
    }
    request.compute = number(file, "float64", 0) == 0 ? at::kFloat : at::kDouble;
    request.images = request.images.to(request.compute);
    const int frozen = static_cast<int>(number(file, "frozen", 0));
    request.cut = {frozen, number(file, "frozen_batch_norm_by_batch", 0) == 0
                               ? sweep::FrozenBatchNorm::inference
                               : sweep::FrozenBatchNorm::batch};
    request.rates = file.has("/rates") ? file.read<double>("/rates")
                                       : std::vector{number(file, "learning_rate", 1e-4)};
    request.learning = learning_of(file, request);
    request.bn_momentum = number(file, "bn_momentum", request.bn_momentum);
    return request;
}

void write(core::h5::File& file, const std::string& path, const at::Tensor& values) {
    // Keras' layout of images: [N, H, W, C].
    const at::Tensor keras = values.dim() == 4 ? values.permute({0, 2, 3, 1}) : values;
    const auto data = host_floats(keras);
    file.write(path, core::h5::Shape(keras.sizes().begin(), keras.sizes().end()), data.data());
}

void write(core::h5::File& file, const std::string& path, const models::HostTensor& tensor) {
    file.write(path, core::h5::Shape(tensor.shape.begin(), tensor.shape.end()),
               tensor.values.data());
}

void write_inference(core::h5::File& file, const Request& request, const Executor& executor) {
    const c10::AutoGradMode off(false);
    const int end = static_cast<int>(request.network.layers.size());
    Mode mode;
    mode.keep = &request.layers;
    mode.compute = request.compute;
    const Live values = executor.run(0, end, {{0, request.images}}, mode);
    write(file, "/scores", values.at(end - 1));
    for (const int layer : request.layers) {
        write(file, "/outputs/" + request.network.layers[static_cast<std::size_t>(layer)].name,
              values.at(layer));
    }
}

void write_training(core::h5::File& file, const Request& request, Model& model) {
    model.train_above(request.cut, request.bn_momentum, request.compute, request.learning);
    const std::vector<float> labels(request.labels.begin(), request.labels.end());
    const at::Tensor truth =
        from_floats(labels, {static_cast<std::int64_t>(labels.size())}, at::kCPU).to(at::kLong);
    const auto learn = [&] { return model.forward_backward(request.images, truth, {}).loss; };
    std::vector<double> losses{learn()};
    const auto each_tensor = [&](auto&& use) {
        for (std::size_t i = 0; i < request.network.layers.size(); ++i) {
            const auto infos = models::tensors_of(request.network, static_cast<int>(i));
            for (std::size_t t = 0; t < infos.size(); ++t) {
                use(request.network.layers[i].name + "/" + infos[t].name, infos[t],
                    model.executor().tensors()[i][t]);
            }
        }
    };
    each_tensor([&](const std::string& name, const auto& info, const at::Tensor& tensor) {
        if (tensor.grad().defined()) {
            write(file, "/gradients/" + name, to_keras(tensor.grad(), info));
        }
    });
    for (std::size_t step = 0; step < request.rates.size(); ++step) {
        if (step > 0) {
            losses.push_back(learn());
        }
        model.optimizer().set_rate(request.rates[step]);
        model.optimizer().step();
    }
    file.write("/loss", losses);
    each_tensor([&](const std::string& name, const auto& info, const at::Tensor& tensor) {
        write(file, "/after/" + name, to_keras(tensor, info));
    });
}

}  // namespace

void answer_oracle(const std::filesystem::path& request_path, const std::filesystem::path& result) {
    const Request request = read_request(request_path);
    core::h5::File file = core::h5::File::create(result);
    Model model(request.network, request.weights, at::kCPU);
    for (const at::Tensor& tensor : model.all_tensors()) {
        tensor.set_data(tensor.to(request.compute));
    }
    write_inference(file, request, model.executor());
    if (!request.labels.empty()) {
        write_training(file, request, model);
    }
    file.close();
}

}  // namespace graft::trainer
