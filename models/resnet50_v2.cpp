// SPDX-License-Identifier: Apache-2.0
#include "models/families.hpp"

namespace graft::models {

namespace {

constexpr double epsilon = 1.001e-5;

int norm_relu(Graph& graph, int x, const std::string& norm, const std::string& relu) {
    x = graph.add(norm, BatchNorm{epsilon}, {x});
    return graph.add(relu, Activate{Activation::relu}, {x});
}

// Pre-activation bottleneck. The first block of a stack widens its shortcut by a convolution of
// the pre-activated input; the strided block thins out its raw input with a pool of size 1.
int block(Graph& graph, int x, const std::string& name, int filters, int stride, bool first) {
    const int pre = norm_relu(graph, x, name + "_preact_bn", name + "_preact_relu");
    int shortcut = x;
    if (first) {
        shortcut = graph.add(name + "_0_conv",
                             Conv2d{4 * filters, {1, 1}, stride, Padding::valid, true}, {pre});
    } else if (stride > 1) {
        shortcut = graph.add_numbered("max_pooling2d", MaxPool{1, stride, Padding::valid}, {x});
    }
    int y = graph.add(name + "_1_conv", Conv2d{filters, {1, 1}, 1, Padding::valid}, {pre});
    y = norm_relu(graph, y, name + "_1_bn", name + "_1_relu");
    y = graph.add(name + "_2_pad", ZeroPad{1, 1, 1, 1}, {y});
    y = graph.add(name + "_2_conv", Conv2d{filters, {3, 3}, stride, Padding::valid}, {y});
    y = norm_relu(graph, y, name + "_2_bn", name + "_2_relu");
    y = graph.add(name + "_3_conv", Conv2d{4 * filters, {1, 1}, 1, Padding::valid, true}, {y});
    return graph.add(name + "_out", Add{}, {shortcut, y});
}

}  // namespace

Graph resnet50_v2() {
    struct Stack {
        int filters, blocks, last_stride;
    };
    Graph graph;
    int x = graph.add_numbered("input", Input{}, {});
    x = graph.add("conv1_pad", ZeroPad{3, 3, 3, 3}, {x});
    x = graph.add("conv1_conv", Conv2d{64, {7, 7}, 2, Padding::valid, true}, {x});
    // The zeros take part in the maximum, and the convolution's output can be negative.
    x = graph.add("pool1_pad", ZeroPad{1, 1, 1, 1}, {x});
    x = graph.add("pool1_pool", MaxPool{3, 2, Padding::valid}, {x});
    int number = 2;
    for (const Stack& stack : {Stack{64, 3, 2}, {128, 4, 2}, {256, 6, 2}, {512, 3, 1}}) {
        const std::string prefix = "conv" + std::to_string(number++) + "_block";
        for (int b = 1; b <= stack.blocks; ++b) {
            const int stride = b == stack.blocks ? stack.last_stride : 1;
            x = block(graph, x, prefix + std::to_string(b), stack.filters, stride, b == 1);
        }
    }
    norm_relu(graph, x, "post_bn", "post_relu");
    return graph;
}

}  // namespace graft::models
