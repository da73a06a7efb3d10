// SPDX-License-Identifier: Apache-2.0
// The layer list of a network as JSON, for peers that build the same network of it:
//   bench_layers NETWORK CLASSES
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "core/text.hpp"

#include "models/network.hpp"

using namespace graft;

namespace {

const char* name_of(models::Padding padding) {
    return padding == models::Padding::same ? "same" : "valid";
}
const char* name_of(models::Activation function) {
    switch (function) {
        case models::Activation::relu:
            return "relu";
        case models::Activation::relu6:
            return "relu6";
        case models::Activation::softmax:
            break;
    }
    return "softmax";
}

// The members of one kind, as JSON.
struct Members {
    std::string operator()(const models::Input&) const { return R"("kind": "input")"; }
    std::string operator()(const models::Conv2d& l) const {
        return fmt::format(R"("kind": "conv", "filters": {}, "bias": {}, {})", l.filters, l.bias,
                           window(l));
    }
    std::string operator()(const models::DepthwiseConv2d& l) const {
        return fmt::format(R"("kind": "depthwise", {})", window(l));
    }
    std::string operator()(const models::BatchNorm& l) const {
        return fmt::format(R"("kind": "norm", "epsilon": {}, "scale": {})", l.epsilon, l.scale);
    }
    std::string operator()(const models::Activate& l) const {
        return fmt::format(R"("kind": "{}")", name_of(l.function));
    }
    std::string operator()(const models::ZeroPad& l) const {
        return fmt::format(R"("kind": "pad", "sides": [{}, {}, {}, {}])", l.left, l.right, l.top,
                           l.bottom);
    }
    std::string operator()(const models::MaxPool& l) const { return pool("max_pool", l); }
    std::string operator()(const models::AveragePool& l) const { return pool("average_pool", l); }
    std::string operator()(const models::Concatenate&) const { return R"("kind": "concatenate")"; }
    std::string operator()(const models::Add&) const { return R"("kind": "add")"; }
    std::string operator()(const models::GlobalAveragePool&) const {
        return R"("kind": "global_pool")";
    }
    std::string operator()(const models::Dense& l) const {
        return fmt::format(R"("kind": "dense", "units": {})", l.units);
    }
    std::string operator()(const models::Dropout&) const { return R"("kind": "dropout")"; }

    template <class Convolution>
    static std::string window(const Convolution& l) {
        return fmt::format(R"("kernel": [{}, {}], "stride": {}, "padding": "{}")", l.kernel[0],
                           l.kernel[1], l.stride, name_of(l.padding));
    }
    template <class Pool>
    static std::string pool(const char* kind, const Pool& l) {
        return fmt::format(R"("kind": "{}", "size": {}, "stride": {}, "padding": "{}")", kind,
                           l.size, l.stride, name_of(l.padding));
    }
};

}  // namespace

int main(int argc, char** argv) {
    const auto classes = argc == 3 ? core::parse_int(argv[2]) : std::nullopt;
    if (!classes) {
        fmt::print(stderr, "usage: bench_layers NETWORK CLASSES\n");
        return 2;
    }
    const auto network = models::build_network(argv[1], static_cast<int>(*classes));
    fmt::print("{{\"name\": \"{}\", \"size\": {}, \"layers\": [\n", network.name,
               network.default_size);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const auto& layer = network.layers[i];
        fmt::print("  {{\"name\": \"{}\", \"inputs\": [{}], {}}}{}\n", layer.name,
                   fmt::join(layer.inputs, ", "), std::visit(Members{}, layer.kind),
                   i + 1 < network.layers.size() ? "," : "");
    }
    fmt::print("]}}\n");
}
