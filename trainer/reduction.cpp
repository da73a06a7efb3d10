// SPDX-License-Identifier: Apache-2.0
#include "trainer/reduction.hpp"

#include <algorithm>
#include <memory>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "trainer/cuda/range.hpp"

namespace graft::trainer {

namespace {

// Values one after the other in one tensor; each has there the layout that it has by itself.
class Flat {
  public:
    Flat(const std::vector<at::Tensor>& values, std::int64_t rows) {
        std::int64_t length = 0;
        for (const at::Tensor& value : values) {
            length += value.numel();
        }
        const std::int64_t row = (length + rows - 1) / rows;
        rows_ = at::empty({rows, row},
                          values.front().options().memory_format(at::MemoryFormat::Contiguous));
        const at::Tensor all = rows_.view({-1});
        all.narrow(0, length, rows * row - length).zero_();
        std::int64_t place = 0;
        for (const at::Tensor& value : values) {
            parts_.push_back(all.narrow(0, place, value.numel()));
            place += value.numel();
        }
    }

    const at::Tensor& rows() const { return rows_; }

    void take(const std::vector<at::Tensor>& values) const {
        for (std::size_t i = 0; i < values.size(); ++i) {
            as(values[i], parts_[i]).copy_(values[i]);
        }
    }
    void give(const std::vector<at::Tensor>& values) const {
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i].copy_(as(values[i], parts_[i]));
        }
    }

  private:
    static at::Tensor as(const at::Tensor& value, const at::Tensor& part) {
        return value.is_non_overlapping_and_dense()
                   ? part.as_strided(value.sizes(), value.strides(), part.storage_offset())
                   : part.view(value.sizes());
    }

    at::Tensor rows_;
    std::vector<at::Tensor> parts_;
};

}  // namespace

Share share_of(std::int64_t images, int index, int replicas) {
    const std::int64_t parts = std::clamp<std::int64_t>(images / 2, 1, replicas);
    if (index >= parts) {
        return {images, 0};
    }
    const std::int64_t first = images * index / parts;
    return {first, images * (index + 1) / parts - first};
}

void Reduction::start(const std::vector<at::Tensor>& values) {
    if (values.empty()) {
        return;
    }
    const cuda::Range range("sum over replicas");
    const c10::AutoGradMode off(false);
    exchange_.beside([&] {
        const Flat flat(values, exchange_.count());
        flat.take(values);
        const at::Tensor received = at::empty_like(flat.rows());
        exchange_.all_to_all(flat.rows(), received);
        const at::Tensor sum = received.select(0, 0);
        for (int i = 1; i < exchange_.count(); ++i) {
            sum.add_(received.select(0, i));
        }
        exchange_.all_gather(sum, flat.rows());
        flat.give(values);
    });
    under_way_.push_back(values);
}

void Reduction::finish() {
    exchange_.join();
    under_way_.clear();
}

// Called by the backward pass when a parameter has its gradient.
class GradientSums::Hook final : public torch::autograd::PostAccumulateGradHook {
  public:
    Hook(GradientSums& sums, std::size_t bucket) : sums_(sums), bucket_(bucket) {}
    void operator()(const at::Tensor&) override { sums_.came(bucket_); }

  private:
    GradientSums& sums_;
    std::size_t bucket_;
};

GradientSums::GradientSums(Reduction& reduction, const std::vector<at::Tensor>& parameters,
                           std::int64_t bucket_bytes)
    : reduction_(reduction) {
    std::int64_t bytes = bucket_bytes;
    for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter) {
        if (bytes >= bucket_bytes) {
            buckets_.emplace_back();
            bytes = 0;
        }
        buckets_.back().parameters.push_back(*parameter);
        ++buckets_.back().missing;
        bytes += static_cast<std::int64_t>(parameter->nbytes());
        torch::autograd::impl::set_post_acc_grad_hooks(
            *parameter, std::make_unique<Hook>(*this, buckets_.size() - 1));
    }
}

GradientSums::~GradientSums() {
    for (const Bucket& bucket : buckets_) {
        for (const at::Tensor& parameter : bucket.parameters) {
            torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
        }
    }
}

void GradientSums::came(std::size_t bucket) {
    --buckets_[bucket].missing;
    start_complete_ones();
}

void GradientSums::start_complete_ones() {
    for (; next_ < buckets_.size() && buckets_[next_].missing == 0; ++next_) {
        std::vector<at::Tensor> gradients;
        for (const at::Tensor& parameter : buckets_[next_].parameters) {
            gradients.push_back(parameter.grad());
        }
        reduction_.start(gradients);
    }
}

void GradientSums::complete() {
    const c10::AutoGradMode off(false);
    for (Bucket& bucket : buckets_) {
        for (at::Tensor& parameter : bucket.parameters) {
            if (!parameter.grad().defined()) {
                parameter.mutable_grad() = at::zeros_like(parameter);
            }
        }
        bucket.missing = 0;
    }
    start_complete_ones();
}

}  // namespace graft::trainer
