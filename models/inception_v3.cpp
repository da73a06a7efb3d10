// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "models/families.hpp"

namespace graft::models {

namespace {

using Kernel = std::array<int, 2>;  // {rows, columns}

// One row of a branch: convolution without bias, batch norm without gamma, ReLU.
struct Unit {
    int filters = 0;
    Kernel kernel{1, 1};
    int stride = 1;
    Padding padding = Padding::same;
};

Unit strided(int filters) {
    return {filters, {3, 3}, 2, Padding::valid};
}

class Inception {
  public:
    Graph build() {
        int x = stem();
        for (int i = 0; i < 3; ++i) {
            x = module_a(x, i == 0 ? 32 : 64);
        }
        x = reduction_3(x);
        for (const int channels : {128, 160, 160, 192}) {
            x = module_b(x, channels);
        }
        x = reduction_8(x);
        x = module_c(x, "mixed9_0");
        module_c(x, "mixed9_1");
        return std::move(graph_);
    }

  private:
    int chain(int x, std::initializer_list<Unit> units) {
        for (const Unit& unit : units) {
            x = graph_.add_numbered(
                "conv2d", Conv2d{unit.filters, unit.kernel, unit.stride, unit.padding, false}, {x});
            x = graph_.add_numbered("batch_normalization", BatchNorm{1e-3, false}, {x});
            x = graph_.add_numbered("activation", Activate{Activation::relu}, {x});
        }
        return x;
    }
    int max_pool(int x) {
        return graph_.add_numbered("max_pooling2d", MaxPool{3, 2, Padding::valid}, {x});
    }
    int average_pool(int x) {
        return graph_.add_numbered("average_pooling2d", AveragePool{3, 1, Padding::same}, {x});
    }
    int mixed(std::vector<int> branches) {
        return graph_.add("mixed" + std::to_string(modules_++), Concatenate{}, std::move(branches));
    }

    int stem() {
        int x = graph_.add_numbered("input", Input{}, {});
        x = chain(x, {strided(32), {32, {3, 3}, 1, Padding::valid}, {64, {3, 3}}});
        x = max_pool(x);
        x = chain(x, {{80, {1, 1}, 1, Padding::valid}, {192, {3, 3}, 1, Padding::valid}});
        return max_pool(x);
    }
    // mixed0 .. mixed2, 35 x 35
    int module_a(int x, int pool_channels) {
        const int one = chain(x, {{64}});
        const int five = chain(x, {{48}, {64, {5, 5}}});
        const int three = chain(x, {{64}, {96, {3, 3}}, {96, {3, 3}}});
        const int pool = chain(average_pool(x), {{pool_channels}});
        return mixed({one, five, three, pool});
    }
    // mixed3, to 17 x 17
    int reduction_3(int x) {
        const int three = chain(x, {strided(384)});
        const int twice = chain(x, {{64}, {96, {3, 3}}, strided(96)});
        return mixed({three, twice, max_pool(x)});
    }
    // mixed4 .. mixed7, 17 x 17
    int module_b(int x, int c) {
        const int one = chain(x, {{192}});
        const int seven = chain(x, {{c}, {c, {1, 7}}, {192, {7, 1}}});
        const int twice = chain(x, {{c}, {c, {7, 1}}, {c, {1, 7}}, {c, {7, 1}}, {192, {1, 7}}});
        const int pool = chain(average_pool(x), {{192}});
        return mixed({one, seven, twice, pool});
    }
    // mixed8, to 8 x 8
    int reduction_8(int x) {
        const int three = chain(x, {{192}, strided(320)});
        const int seven = chain(x, {{192}, {192, {1, 7}}, {192, {7, 1}}, strided(192)});
        return mixed({three, seven, max_pool(x)});
    }
    // mixed9 and mixed10, 8 x 8: two branches fork once more, into 1x3 and 3x1.
    int module_c(int x, const std::string& fork_name) {
        const int one = chain(x, {{320}});
        int three = chain(x, {{384}});
        const int three_row = chain(three, {{384, {1, 3}}});
        const int three_column = chain(three, {{384, {3, 1}}});
        three = graph_.add(fork_name, Concatenate{}, {three_row, three_column});
        int twice = chain(x, {{448}, {384, {3, 3}}});
        const int twice_row = chain(twice, {{384, {1, 3}}});
        const int twice_column = chain(twice, {{384, {3, 1}}});
        twice = graph_.add_numbered("concatenate", Concatenate{}, {twice_row, twice_column});
        const int pool = chain(average_pool(x), {{192}});
        return mixed({one, three, twice, pool});
    }

    Graph graph_;
    int modules_ = 0;
};

}  // namespace

Graph inception_v3() {
    return Inception().build();
}

}  // namespace graft::models
