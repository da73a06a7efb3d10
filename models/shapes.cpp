// SPDX-License-Identifier: Apache-2.0
// What follows from the list of layers: shapes, tensors, counts, multiply-adds, cuts.
#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "core/error.hpp"

#include "models/network.hpp"

namespace graft::models {

namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // clang 14 deduces none for aggregates

const Layer& at(const Network& network, int index) {
    return network.layers.at(static_cast<std::size_t>(index));
}

int windows(int n, int kernel, int stride, Padding padding) {
    return padding == Padding::same ? (n + stride - 1) / stride : (n - kernel) / stride + 1;
}

Shape slid(const Shape& in, std::array<int, 2> kernel, int stride, Padding padding, int channels) {
    return {windows(in.height, kernel[0], stride, padding),
            windows(in.width, kernel[1], stride, padding), channels};
}

Shape shape_of(const LayerKind& kind, const std::vector<Shape>& inputs, int image_size) {
    const Shape in = inputs.empty() ? Shape{} : inputs.front();
    return std::visit(
        Overloaded{
            [&](const Input&) {
                return Shape{image_size, image_size, 3};
            },
            [&](const Conv2d& c) { return slid(in, c.kernel, c.stride, c.padding, c.filters); },
            [&](const DepthwiseConv2d& c) {
                return slid(in, c.kernel, c.stride, c.padding, in.channels);
            },
            [&](const ZeroPad& p) {
                return Shape{in.height + p.top + p.bottom, in.width + p.left + p.right,
                             in.channels};
            },
            [&](const MaxPool& p) {
                return slid(in, {p.size, p.size}, p.stride, p.padding, in.channels);
            },
            [&](const AveragePool& p) {
                return slid(in, {p.size, p.size}, p.stride, p.padding, in.channels);
            },
            [&](const Concatenate&) {
                Shape out{in.height, in.width, 0};
                for (const Shape& input : inputs) {
                    out.channels += input.channels;
                }
                return out;
            },
            [&](const GlobalAveragePool&) {
                return Shape{1, 1, in.channels};
            },
            [&](const Dense& d) {
                return Shape{1, 1, d.units};
            },
            [&](const auto&) { return in; },
        },
        kind);
}

std::vector<Shape> shapes_at(const Network& network, int image_size) {
    std::vector<Shape> shapes;
    for (const Layer& layer : network.layers) {
        std::vector<Shape> inputs;
        for (const int input : layer.inputs) {
            inputs.push_back(shapes.at(static_cast<std::size_t>(input)));
        }
        shapes.push_back(shape_of(layer.kind, inputs, image_size));
    }
    return shapes;
}

// A window of `kernel` cells does not fit into n cells without padding.
bool fits(const Shape& in, std::array<int, 2> kernel, Padding padding) {
    return padding == Padding::same || (in.height >= kernel[0] && in.width >= kernel[1]);
}

// What is wrong with these inputs, in words.
std::optional<std::string> input_problem(const LayerKind& kind, const std::vector<Shape>& inputs) {
    constexpr int most_channels = 1 << 20;
    const auto windows_fit = [&](const auto& layer, std::array<int, 2> kernel) {
        return fits(inputs.front(), kernel, layer.padding)
                   ? std::optional<std::string>()
                   : fmt::format("its input of {}x{} is smaller than its window",
                                 inputs.front().height, inputs.front().width);
    };
    const auto alike = [&](bool with_channels) -> std::optional<std::string> {
        const Shape& first = inputs.front();
        std::int64_t channels = 0;
        for (const Shape& other : inputs) {
            channels += other.channels;
            if (other.height != first.height || other.width != first.width ||
                (with_channels && other.channels != first.channels)) {
                return fmt::format("it joins {}x{}x{} and {}x{}x{}", first.height, first.width,
                                   first.channels, other.height, other.width, other.channels);
            }
        }
        return with_channels || channels <= most_channels
                   ? std::nullopt
                   : std::optional<std::string>("it makes more than a million channels");
    };
    return std::visit(Overloaded{
                          [&](const Conv2d& c) { return windows_fit(c, c.kernel); },
                          [&](const DepthwiseConv2d& c) { return windows_fit(c, c.kernel); },
                          [&](const MaxPool& p) {
                              return windows_fit(p, {p.size, p.size});
                          },
                          [&](const AveragePool& p) {
                              return windows_fit(p, {p.size, p.size});
                          },
                          [&](const Concatenate&) { return alike(false); },
                          [&](const Add&) { return alike(true); },
                          [](const auto&) { return std::optional<std::string>(); },
                      },
                      kind);
}

// Channels of a layer's (first) input.
std::int64_t input_channels(const Layer& layer, const std::vector<Shape>& shapes) {
    return layer.inputs.empty() ? 0
                                : shapes[static_cast<std::size_t>(layer.inputs.front())].channels;
}

std::vector<TensorInfo> tensors(const LayerKind& kind, std::int64_t in) {
    using List = std::vector<TensorInfo>;
    return std::visit(Overloaded{
                          [&](const Conv2d& c) {
                              List list{{"kernel", {c.kernel[0], c.kernel[1], in, c.filters}}};
                              if (c.bias) {
                                  list.push_back({"bias", {c.filters}});
                              }
                              return list;
                          },
                          [&](const DepthwiseConv2d& c) {
                              return List{{"depthwise_kernel", {c.kernel[0], c.kernel[1], in, 1}}};
                          },
                          [&](const BatchNorm& b) {
                              List list;
                              if (b.scale) {
                                  list.push_back({"gamma", {in}});
                              }
                              list.push_back({"beta", {in}});
                              list.push_back({"moving_mean", {in}, false});
                              list.push_back({"moving_variance", {in}, false});
                              return list;
                          },
                          [&](const Dense& d) {
                              return List{{"kernel", {in, d.units}}, {"bias", {d.units}}};
                          },
                          [](const auto&) { return List{}; },
                      },
                      kind);
}

}  // namespace

int frozen_layers(const Network& network, double percent) {
    if (!(percent >= 0 && percent <= 100)) {
        core::fail_input("percent of layers '{}' (0 to 100 allowed). Correct it.", percent);
    }
    return static_cast<int>(std::floor(network.base_layers * percent / 100));
}

std::optional<std::string> shape_problem(const Network& network, int image_size) {
    std::vector<Shape> shapes;
    for (const Layer& layer : network.layers) {
        std::vector<Shape> inputs;
        for (const int input : layer.inputs) {
            inputs.push_back(shapes.at(static_cast<std::size_t>(input)));
        }
        if (auto problem = input_problem(layer.kind, inputs)) {
            return fmt::format("layer '{}': {}", layer.name, *problem);
        }
        shapes.push_back(shape_of(layer.kind, inputs, image_size));
    }
    return std::nullopt;
}

std::vector<Shape> output_shapes(const Network& network, int image_size) {
    if (image_size < network.minimum_size) {
        core::fail_input("image size '{}' is too small for {} (its smallest is {}). Raise it.",
                         image_size, network.name, network.minimum_size);
    }
    if (const auto problem = shape_problem(network, image_size)) {
        core::fail_input("image size '{}' does not suit {} ({}). Its own is {}.", image_size,
                         network.name, *problem, network.default_size);
    }
    return shapes_at(network, image_size);
}

std::vector<TensorInfo> tensors_of(const Network& network, int index) {
    const Layer& layer = at(network, index);
    return tensors(layer.kind, input_channels(layer, shapes_at(network, network.default_size)));
}

Counts count_parameters(const Network& network, int first, int last) {
    const auto shapes = shapes_at(network, network.default_size);
    Counts counts;
    for (int i = first; i < last; ++i) {
        const Layer& layer = at(network, i);
        for (const TensorInfo& tensor : tensors(layer.kind, input_channels(layer, shapes))) {
            std::int64_t elements = 1;
            for (const auto n : tensor.shape) {
                elements *= n;
            }
            counts.total += elements;
            counts.trainable += tensor.trainable ? elements : 0;
        }
    }
    return counts;
}

std::vector<std::int64_t> multiply_adds(const Network& network, int image_size) {
    const auto shapes = output_shapes(network, image_size);
    std::vector<std::int64_t> counts;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const Layer& layer = network.layers[i];
        const auto in = input_channels(layer, shapes);
        const std::int64_t values =
            std::int64_t{shapes[i].height} * shapes[i].width * shapes[i].channels;
        counts.push_back(std::visit(
            Overloaded{
                [&](const Conv2d& c) { return values * c.kernel[0] * c.kernel[1] * in; },
                [&](const DepthwiseConv2d& c) { return values * c.kernel[0] * c.kernel[1]; },
                [&](const Dense&) { return values * in; },
                [](const auto&) { return std::int64_t{0}; },
            },
            layer.kind));
    }
    return counts;
}

std::vector<int> values_alive_at(const Network& network, int cut) {
    const int size = static_cast<int>(network.layers.size());
    if (cut < 0 || cut > size) {
        throw std::out_of_range("a cut outside the list of layers");
    }
    if (cut == size) {
        return {size - 1};
    }
    std::vector<int> alive;
    for (int i = cut; i < size; ++i) {
        for (const int input : at(network, i).inputs) {
            if (input < cut) {
                alive.push_back(input);
            }
        }
    }
    std::sort(alive.begin(), alive.end());
    alive.erase(std::unique(alive.begin(), alive.end()), alive.end());
    return alive;
}

}  // namespace graft::models
