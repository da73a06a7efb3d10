// SPDX-License-Identifier: Apache-2.0
#include "trainer/shared_bottom.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <c10/core/GradMode.h>

namespace graft::trainer {

namespace {

bool same_tensors(const LayerTensors& a, const LayerTensors& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const at::Tensor& x, const at::Tensor& y) { return x.is_same(y); });
}

bool same_layer(const Branch& a, const Branch& b, int layer) {
    const auto index = static_cast<std::size_t>(layer);
    return same_tensors(a.executor.tensors()[index], b.executor.tensors()[index]);
}

const Branch& deepest_of(const std::vector<Branch>& branches) {
    return *std::max_element(branches.begin(), branches.end(),
                             [](const Branch& a, const Branch& b) { return a.cut < b.cut; });
}

Executor packed(const Branch& branch) {
    return branch.executor.folded(0, branch.cut).packed(0, branch.cut);
}

}  // namespace

SharedBottom::SharedBottom(std::vector<Branch> branches)
    : branches_(std::move(branches)),
      order_(branches_.size()),
      merged_(packed(deepest_of(branches_))) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
        return branches_[a].cut < branches_[b].cut;
    });
    prepare();
}

void SharedBottom::prepare() {
    own_.clear();
    const auto merging = merging_batch_norms(merged_.network());
    for (const std::size_t i : order_) {
        const auto& [executor, cut] = branches_[i];
        for (int layer = 0; layer < cut; ++layer) {
            const auto index = static_cast<std::size_t>(layer);
            if (merging[index] >= cut &&
                !same_tensors(executor.tensors()[index], merged_.tensors()[index])) {
                own_[layer].push_back(i);
            }
        }
    }
}

SharedBottom SharedBottom::with_tops(std::vector<Executor> tops) const {
    SharedBottom other = *this;
    for (std::size_t i = 0; i < tops.size(); ++i) {
        other.branches_.at(i).executor = std::move(tops[i]);
    }
    other.prepare();
    return other;
}

SharedBottom SharedBottom::on(at::Device device) const {
    SharedBottom other = *this;
    Copies copies(device);
    for (auto& [executor, cut] : other.branches_) {
        executor = executor.on(copies);
    }
    other.merged_ = merged_.on(copies);
    return other;
}

// One batch on its way up.
struct SharedBottom::Walk {
    const SharedBottom& bottom;
    const Executor& shared;
    const Mode& mode;
    const std::map<int, std::vector<std::size_t>>& own;
    Live live;  // of the shared layers, at `position`
    int position = 0;
    std::vector<Live> apart;  // by branch: values of convolutions of its own

    void run_to(const Executor& executor, int layer) {
        live = executor.run(position, layer, std::move(live), mode);
        position = layer;
    }

    // The convolution at the position, for each branch whose cut it lies below.
    void run_own(int layer, const std::vector<std::size_t>& its_branches) {
        const auto& branches = bottom.branches_;
        const auto run = [&](std::size_t i, Live values) {
            return branches[i].executor.run(layer, layer + 1, std::move(values), mode);
        };
        const auto needed = std::count_if(branches.begin(), branches.end(),
                                          [&](const Branch& b) { return b.cut > layer; });
        const Live before = live;
        const std::size_t first = its_branches.front();
        if (needed == static_cast<std::ptrdiff_t>(its_branches.size())) {
            // Nobody reads what the shared one would give.
            live = run(first, std::move(live));
            position = layer + 1;
            apart[first][layer] = live.at(layer);
        } else {
            apart[first][layer] = run(first, before).at(layer);
        }
        for (std::size_t n = 1; n < its_branches.size(); ++n) {
            const std::size_t i = its_branches[n];
            const auto same = std::find_if(
                its_branches.begin(), its_branches.begin() + static_cast<std::ptrdiff_t>(n),
                [&](std::size_t j) { return same_layer(branches[i], branches[j], layer); });
            apart[i][layer] = *same != i ? apart[*same].at(layer) : run(i, before).at(layer);
        }
    }

    void advance(int cut) {
        const c10::AutoGradMode off(false);
        for (auto next = own.lower_bound(position); next != own.end() && next->first < cut;
             ++next) {
            run_to(shared, next->first);
            run_own(next->first, next->second);
        }
        run_to(shared, cut);
    }
};

void SharedBottom::run(const at::Tensor& images, at::ScalarType compute, BatchNorms batch_norms,
                       const Top& top) const {
    static const std::map<int, std::vector<std::size_t>> none;
    const bool merged = batch_norms == BatchNorms::merged;
    Mode mode;
    mode.compute = compute;
    mode.weights = Mode::Weights::frozen;
    Walk walk{*this,
              merged ? merged_ : branches_[order_.back()].executor,
              mode,
              merged ? own_ : none,
              {{0, images}},
              0,
              std::vector<Live>(branches_.size())};
    for (const std::size_t i : order_) {
        walk.advance(branches_[i].cut);
        Live values = i == order_.back() ? std::move(walk.live) : walk.live;
        for (auto& [layer, value] : walk.apart[i]) {
            values[layer] = std::move(value);
        }
        walk.apart[i].clear();
        top(i, std::move(values));
    }
}

}  // namespace graft::trainer
