// SPDX-License-Identifier: Apache-2.0
#include "trainer/replica.hpp"

#include <utility>

#include "trainer/cuda/range.hpp"
#include "trainer/keyed.hpp"
#include "trainer/reduction.hpp"

namespace graft::trainer {

Replica::Replica(const Dataset& data, const Recipe& recipe, Exchange* exchange)
    : data_(&data), recipe_(&recipe), exchange_(exchange) {
    if (auto source = cuda::Feed::source_of(data, recipe.training)) {
        feed_.emplace(std::move(*source), recipe);
    }
}

void Replica::let_go() {
    steps_.clear();
    bottom_.reset();
    trainees_.clear();
    copies_.clear();
}

void Replica::train_these(const std::vector<Trainee>& trainees,
                          const std::vector<double>& dropout) {
    let_go();
    dropout_ = dropout;
    trainees_ = trainees;
    if (exchange_ && exchange_->index() > 0) {
        copy(trainees);
    }
    std::vector<Branch> branches;
    for (const Trainee& trainee : trainees_) {
        branches.push_back(trainee.model->branch());
    }
    bottom_.emplace(std::move(branches));
}

void Replica::copy(const std::vector<Trainee>& trainees) {
    Copies copies(data_->device());
    for (std::size_t i = 0; i < trainees.size(); ++i) {
        const auto& [model, scaler, tally, dropout] = trainees[i];
        Copy& its = copies_.emplace_back(
            Copy{Model(model->network(), copies.of(model->executor().tensors())),
                 LossScaler(recipe_->compute, data_->device()), Tally(data_->device())});
        its.model.train_above(model->whole_cut(), recipe_->training.bn_momentum, recipe_->compute,
                              model->learning());
        its.model.optimizer().go_on_from(model->optimizer());
        its.scaler.set(scaler->value());
        trainees_[i] = {&its.model, &its.scaler, &its.tally, {}};
    }
}

void Replica::begin_epoch(std::span<const std::uint32_t> order, std::uint64_t epoch) {
    order_ = order;
    epoch_ = epoch;
    if (feed_) {
        feed_->begin_epoch(order, epoch);
    }
}

BranchSeconds Replica::train(std::size_t first, std::size_t count, std::span<const double> rates) {
    const cuda::Range range("step");
    for (std::size_t i = 0; i < trainees_.size(); ++i) {
        trainees_[i].model->optimizer().set_rate(rates[i]);
    }
    std::optional<Divided> divided;
    if (exchange_) {
        exchange_->check();
        const auto images = static_cast<std::int64_t>(count);
        divided = Divided{exchange_, images};
        const Share share = share_of(images, exchange_->index(), exchange_->count());
        first += static_cast<std::size_t>(share.first);
        count = static_cast<std::size_t>(share.count);
    }
    return feed_ ? train_on_gpu(first, count, divided)
                 : train_on(order_.subspan(first, count), divided);
}

std::vector<Trainee> Replica::with_dropout(const std::vector<at::Tensor>& masks) const {
    std::vector<Trainee> trainees = trainees_;
    for (std::size_t i = 0; i < trainees.size(); ++i) {
        trainees[i].dropout = masks[i];
    }
    return trainees;
}

BranchSeconds Replica::train_on(std::span<const std::uint32_t> samples,
                                const std::optional<Divided>& divided) {
    StepInput input{{}, data_->labels(samples), divided};
    if (samples.empty()) {
        return train_step(*bottom_, recipe_->compute, trainees_, input);
    }
    input.images = training_images(*recipe_, *data_, epoch_, samples);
    const auto masks = dropout_masks(dropout_, [&](double rate) {
        return dropout_mask({"dropout", recipe_->seed, epoch_, samples},
                            recipe_->training.head_units, rate, data_->device());
    });
    return train_step(*bottom_, recipe_->compute, with_dropout(masks), input);
}

BranchSeconds Replica::train_on_gpu(std::size_t first, std::size_t count,
                                    const std::optional<Divided>& divided) {
    feed_->load(first, count);
    const std::size_t key = divided ? static_cast<std::size_t>(divided->images) : count;
    steps_.try_emplace(key, data_->device()).first->second.run([&] {
        if (count == 0) {
            train_step(*bottom_, recipe_->compute, trainees_, {{}, feed_->labels(), divided});
            return;
        }
        const auto masks = dropout_masks(dropout_, [&](double rate) {
            return feed_->dropout(recipe_->training.head_units, rate);
        });
        train_step(*bottom_, recipe_->compute, with_dropout(masks),
                   {feed_->images(), feed_->labels(), divided});
    });
    return BranchSeconds(trainees_.size());
}

}  // namespace graft::trainer
