// SPDX-License-Identifier: Apache-2.0
#include "trainer/reduction.hpp"

#include <thread>

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "support/catch.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using trainer::Exchange;
using trainer::GradientSums;
using trainer::Reduction;
using trainer::Share;
using trainer::share_of;

namespace {

// work(end) of every replica, each in a thread of its own.
void for_all(int count, const std::function<void(Exchange&)>& work) {
    const auto ends = trainer::shared_memory(count);
    std::vector<std::thread> threads;
    for (const auto& end : ends) {
        threads.emplace_back([&work, &end] { work(*end); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
}

at::Tensor values_of(int replica, const std::vector<std::int64_t>& shape) {
    return tests::ramp(shape) * (1 + 0.37 * replica) + 1e-3 * replica;
}

bool same_values(const at::Tensor& a, const at::Tensor& b) {
    return trainer::host_floats(a) == trainer::host_floats(b);
}

}  // namespace

TEST_CASE("a batch is divided evenly, and batch norm gets two images or none") {
    for (const int replicas : {1, 2, 3, 4, 8}) {
        for (std::int64_t images = 1; images <= 33; ++images) {
            std::int64_t next = 0, fewest = images;
            for (int i = 0; i < replicas; ++i) {
                const Share share = share_of(images, i, replicas);
                CHECK(share.first == next);
                next += share.count;
                fewest = share.count > 0 ? std::min(fewest, share.count) : fewest;
                CHECK((share.count != 1 || images == 1));
                CHECK(share.count <= images / replicas + 1 + (images < 2 * replicas ? 2 : 0));
            }
            CHECK(next == images);
            CHECK((images < 2 || fewest >= 2));
        }
    }
}

TEST_CASE("sums are those of the replicas in their order, equal in all of them") {
    tests::set_up_torch_once();
    for (const int count : {2, 3, 5}) {
        // Shapes that do not divide evenly, one in channels_last and one that is no whole memory.
        const auto make = [](int replica) {
            return std::vector<at::Tensor>{
                values_of(replica, {7}),
                values_of(replica, {5, 3, 2, 2}).contiguous(at::MemoryFormat::ChannelsLast),
                values_of(replica, {4, 6}).select(1, 2)};
        };
        std::vector<at::Tensor> expected = make(0);
        for (int i = 1; i < count; ++i) {
            const auto more = make(i);
            for (std::size_t t = 0; t < more.size(); ++t) {
                expected[t] = expected[t] + more[t];
            }
        }
        std::vector<std::vector<at::Tensor>> sums(static_cast<std::size_t>(count));
        for_all(count, [&](Exchange& end) {
            auto& own = sums[static_cast<std::size_t>(end.index())];
            own = make(end.index());
            Reduction reduction(end);
            reduction.start(own);
            reduction.finish();
        });
        for (const auto& own : sums) {
            for (std::size_t t = 0; t < own.size(); ++t) {
                CHECK(same_values(own[t], expected[t]));
            }
        }
    }
}

TEST_CASE("gradients are summed while the backward pass goes on, last layers first") {
    tests::set_up_torch_once();
    constexpr int kCount = 2;
    std::vector<std::vector<at::Tensor>> gradients(kCount);
    std::vector<std::size_t> buckets(kCount);
    for_all(kCount, [&](Exchange& end) {
        const double factor = end.index() + 1;
        std::vector<at::Tensor> parameters;
        for (int i = 0; i < 4; ++i) {
            parameters.push_back(tests::ramp({3 + i}).requires_grad_(true));
        }
        at::Tensor untouched = tests::ramp({2}).requires_grad_(true);
        parameters.push_back(untouched);
        Reduction reduction(end);
        {
            GradientSums sums(reduction, parameters, 16);  // bytes: hardly more than one tensor
            buckets[static_cast<std::size_t>(end.index())] = sums.buckets();
            at::Tensor loss = at::zeros({});
            for (int i = 0; i < 4; ++i) {
                loss = loss + (parameters[static_cast<std::size_t>(i)].pow(2) * factor).sum();
            }
            loss.backward();
            sums.complete();
        }
        reduction.finish();
        for (const at::Tensor& parameter : parameters) {
            gradients[static_cast<std::size_t>(end.index())].push_back(parameter.grad());
        }
    });
    CHECK(buckets == std::vector<std::size_t>{4, 4});
    for (const auto& own : gradients) {
        for (std::size_t i = 0; i < 4; ++i) {
            // 2 w (1 + 2)
            const auto shape = std::vector<std::int64_t>{3 + static_cast<std::int64_t>(i)};
            const at::Tensor expected = tests::ramp(shape) * 2 + tests::ramp(shape) * 2 * 2;
            CHECK(same_values(own[i], expected));
        }
        CHECK(same_values(own[4], at::zeros({2})));
    }
}

TEST_CASE("who waits for a replica that failed is told") {
    tests::set_up_torch_once();
    int told = 0;  // of the one that waits
    for_all(2, [&](Exchange& end) {
        if (end.index() == 1) {
            end.abort();
            return;
        }
        try {
            Reduction(end).start({tests::ramp({3})});
        } catch (const trainer::ExchangeBroken&) {
            ++told;
        }
        try {
            end.check();
        } catch (const trainer::ExchangeBroken&) {
            ++told;
        }
    });
    CHECK(told == 2);
}
