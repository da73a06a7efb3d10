// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/network.hpp"
#include "models/weights.hpp"

#include "trainer/adam.hpp"
#include "trainer/executor.hpp"
#include "trainer/precision.hpp"

namespace graft::trainer {

// A network that is trained above a cut: layers below it are frozen (no gradients, batch norm with
// its moving statistics, merged into the convolutions), layers from it on are trained by an Adam
// of their own. The network must outlive it.
class Model {
  public:
    Model(const models::Network& network, const models::Weights& weights, at::Device device);

    // Sets the cut and makes the optimizer anew.
    void train_above(int cut, double bn_momentum, at::ScalarType compute);

    // Forward and backward on scaled images [N, 3, H, W]; labels [N], int64; dropout as in Mode.
    // Gradients (of the scaled loss) are left on the parameters.
    struct Batch {
        double loss = 0;  // mean categorical cross entropy
        std::int64_t correct = 0;
        std::int64_t images = 0;
    };
    // With a loss that is not finite there is no backward pass.
    Batch forward_backward(const at::Tensor& images, const at::Tensor& labels,
                           const at::Tensor& dropout, const LossScaler& scaler = {});

    Adam& adam() { return adam_; }
    const Adam& adam() const { return adam_; }
    int cut() const { return cut_; }
    const Executor& executor() const { return whole_; }
    const models::Network& network() const { return whole_.network(); }

    models::Weights weights() const;
    void set_weights(const models::Weights& weights);
    // All tensors in the order of the layers; they share their storage with the model.
    std::vector<at::Tensor> all_tensors() const;
    // Of a changed frozen part: merges it anew.
    void merge_bottom();

  private:
    Executor whole_;   // as it stands
    Executor merged_;  // with the bottom's batch norms in its convolutions
    Adam adam_;
    int cut_ = 0;
    Mode mode_;
};

}  // namespace graft::trainer
