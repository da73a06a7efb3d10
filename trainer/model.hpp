// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/network.hpp"
#include "models/weights.hpp"
#include "sweep/message.hpp"

#include "trainer/exchange.hpp"
#include "trainer/loss.hpp"
#include "trainer/optimizer.hpp"
#include "trainer/precision.hpp"
#include "trainer/shared_bottom.hpp"

namespace graft::trainer {

// Sums over the batches of an epoch, kept where the model is: adding waits for no device, reading
// does.
class Tally {
  public:
    explicit Tally(at::Device device);
    Tally(Tally&&) = default;
    Tally& operator=(Tally&&) = default;

    // Of one batch: mean loss [] and number of correct answers [], int64; images in the batch.
    void add(const at::Tensor& loss, const at::Tensor& correct, std::int64_t images);
    void set(double loss, std::int64_t correct);

    // The batches' mean losses times their images; not finite from the first loss on that was not.
    double loss() const;
    std::int64_t correct() const;
    // The sums so far, which do not grow any more.
    Tally copy() const;

  private:
    Tally(at::Tensor loss, at::Tensor correct)
        : loss_(std::move(loss)), correct_(std::move(correct)) {}

    at::Tensor loss_, correct_;  // float64 [1], int64 [1]
};

// A batch that the replicas of a trial divide among themselves.
struct Divided {
    Exchange* exchange = nullptr;
    std::int64_t images = 0;  // of all replicas together
};

// What of a network is a trial's own, and what of that it trains.
struct Cut {
    Cut() = default;
    // Trained from this layer on; those below are as they were.
    Cut(int layer) : own(layer), trained(layer) {}  // NOLINT(google-explicit-constructor)
    // Trained from `layer` on. By the `batch`, batch norms of the frozen layers, too, take the
    // batch's statistics and move their own, as PyTorch's in train() do: all layers are its own.
    Cut(int layer, sweep::FrozenBatchNorm batch_norms)
        : own(batch_norms == sweep::FrozenBatchNorm::batch ? 0 : layer), trained(layer) {}

    int own = 0;      // layers from here on are its own
    int trained = 0;  // layers from here on have gradients; not below `own`
};

// Where a phase of a trial cuts its network.
Cut cut_of(const models::Network& network, const sweep::TrialSpec& spec, sweep::Phase phase);

// How the layers that are trained learn.
struct Learning {
    UpdateRule update;
    LossRule loss;
};

// A network that is trained above a cut: layers below `own` are as they were (no gradients, batch
// norm with its moving statistics), the weights of those from `trained` on are trained by an
// optimizer of their own. The network must outlive it.
class Model {
  public:
    Model(const models::Network& network, const models::Weights& weights, at::Device device);
    // With tensors of another model. They stay shared below the cut.
    Model(const models::Network& network, NetworkTensors tensors);

    // Sets the cut: the trial's own layers get tensors of their own, and the optimizer is made
    // anew.
    void train_above(Cut cut, double bn_momentum, at::ScalarType compute,
                     const Learning& learning = {});

    // Forward and backward through the top, on the values alive at the cut (without gradients);
    // labels [N], int64; dropout as in Mode. Gradients (of the scaled loss) are left on the
    // parameters, the batch is added to `tally`. On a processor a loss that is not finite gives no
    // gradients, and false; on a GPU nobody looks at it here.
    bool train_top(Live values, const at::Tensor& labels, const at::Tensor& dropout,
                   const LossScaler& scaler, Tally& tally);
    // The same of one replica's images, which may be none (then `values` are not read): gradients,
    // loss and correct answers are those of the whole batch. Batch norm takes the statistics of the
    // replica's own images, and the moving ones become the mean over all images; so after it (and
    // an equal step) the replicas are equal, to the bit.
    bool train_top(Live values, const at::Tensor& labels, const at::Tensor& dropout,
                   const LossScaler& scaler, Tally& tally, const Divided& divided);

    // The same of the whole network, alone: scaled images [N, 3, H, W].
    struct Batch {
        double loss = 0;  // as training has it (loss.hpp)
        std::int64_t correct = 0;
        std::int64_t images = 0;
    };
    Batch forward_backward(const at::Tensor& images, const at::Tensor& labels,
                           const at::Tensor& dropout, const LossScaler& scaler = {});

    Optimizer& optimizer() { return optimizer_; }
    const Optimizer& optimizer() const { return optimizer_; }
    const Learning& learning() const { return learning_; }
    // The first of its own layers; below it nothing changes.
    int cut() const { return cut_.own; }
    Cut whole_cut() const { return cut_; }
    const Executor& executor() const { return executor_; }
    const models::Network& network() const { return executor_.network(); }
    Branch branch() const { return {executor_, cut()}; }

    models::Weights weights() const;
    // Copies of the layers from the cut on, where the model is; the others are empty. Waits for no
    // device.
    NetworkTensors copy_of_top() const;
    // Of `top`, completed by the frozen layers.
    models::Weights weights_of(const NetworkTensors& top) const;
    // All tensors in the order of the layers; they share their storage with the model.
    std::vector<at::Tensor> all_tensors() const;

  private:
    struct Answer {
        at::Tensor loss, correct;  // the mean loss; number of correct answers, int64
    };
    Answer answer(Live values, const at::Tensor& labels, const at::Tensor& dropout);
    // Of the batch norms from the cut on.
    std::vector<at::Tensor> moving_statistics() const;

    Executor executor_;
    Learning learning_;
    Optimizer optimizer_;
    Loss loss_;
    Cut cut_;
    Mode mode_;
    std::optional<SharedBottom> bottom_;  // of forward_backward()
};

}  // namespace graft::trainer
