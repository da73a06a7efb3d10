// SPDX-License-Identifier: Apache-2.0
#include "models/families.hpp"

namespace graft::models {

namespace {

// Strided layers pad below and on the right only.
constexpr ZeroPad stride_pad{0, 1, 0, 1};

int norm_relu6(Graph& graph, int x, const std::string& name) {
    x = graph.add(name + "_bn", BatchNorm{1e-3}, {x});
    return graph.add(name + "_relu", Activate{Activation::relu6}, {x});
}

// A depthwise and a pointwise convolution, each with batch norm and ReLU6.
int block(Graph& graph, int x, int number, int channels, int stride) {
    const std::string id = std::to_string(number);
    if (stride > 1) {
        x = graph.add("conv_pad_" + id, stride_pad, {x});
    }
    const Padding padding = stride > 1 ? Padding::valid : Padding::same;
    x = graph.add("conv_dw_" + id, DepthwiseConv2d{{3, 3}, stride, padding}, {x});
    x = norm_relu6(graph, x, "conv_dw_" + id);
    x = graph.add("conv_pw_" + id, Conv2d{channels, {1, 1}}, {x});
    return norm_relu6(graph, x, "conv_pw_" + id);
}

}  // namespace

// The keras-applications form, whose first convolution has a padding layer of its own (87 layers
// where Keras 3 has 86; equal numbers for even image sizes).
Graph mobilenet(double alpha) {
    struct Row {
        int channels, stride;
    };
    const auto scaled = [&](int channels) { return static_cast<int>(channels * alpha); };
    Graph graph;
    int x = graph.add_numbered("input", Input{}, {});
    x = graph.add("conv1_pad", stride_pad, {x});
    x = graph.add("conv1", Conv2d{scaled(32), {3, 3}, 2, Padding::valid}, {x});
    x = norm_relu6(graph, x, "conv1");
    int number = 1;
    for (const Row& row : {Row{64, 1},
                           {128, 2},
                           {128, 1},
                           {256, 2},
                           {256, 1},
                           {512, 2},
                           {512, 1},
                           {512, 1},
                           {512, 1},
                           {512, 1},
                           {512, 1},
                           {1024, 2},
                           {1024, 1}}) {
        x = block(graph, x, number++, scaled(row.channels), row.stride);
    }
    return graph;
}

}  // namespace graft::models
