// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include <ATen/core/Tensor.h>

#include "models/network.hpp"

#include "trainer/norm_kernels.hpp"
#include "trainer/packed.hpp"
#include "trainer/tensors.hpp"

namespace graft::trainer {

// Values by the index of the layer that made them: [N, C, H, W], after the global pool [N, C].
using Live = std::map<int, at::Tensor>;

// How a stretch is run.
struct Mode {
    // Batch norm layers from this index on use the batch's statistics and move their own; those
    // below use the moving ones.
    int train_from = std::numeric_limits<int>::max();
    double bn_momentum = 0.99;
    at::Tensor dropout;                   // [N, units], 0 or 1 / (1 - rate); undefined: no dropout
    at::ScalarType compute = at::kFloat;  // of convolutions and dense layers
    // Frozen: convolutions are PackedConvolution's, whether their kernels are kept in its layout
    // (of packed() layers) or not.
    enum class Weights { trained, frozen } weights = Weights::trained;
    const std::set<int>* keep = nullptr;  // values that are returned although nothing needs them
};

// Of every convolution that a batch norm can be merged into: that batch norm's index, which reads
// it alone; -1 for other layers.
std::vector<int> merging_batch_norms(const models::Network& network);

// Runs any stretch of a network's layer list. The network must outlive it.
class Executor {
  public:
    Executor(const models::Network& network, NetworkTensors tensors);

    // Layers [first, last) on the values alive at `first`; returns the values alive at `last`
    // (models::values_alive_at). A run from 0 starts with the images as value 0; a run to the end
    // returns the last layer's value. No value given is written to.
    Live run(int first, int last, Live values, const Mode& mode) const;
    // Layers [first, all but the softmax): the logits [N, classes], float32.
    at::Tensor logits(int first, Live values, const Mode& mode) const;

    // The same function, with every batch norm of layers [first, last) merged into the convolution
    // before it where that alone reads it: weight * gamma / sqrt(variance + epsilon). For inference
    // only; the last bits differ.
    Executor folded(int first, int last) const;
    // The same, for many batches while the weights of layers [first, last) do not change: keeps
    // their kernels in oneDNN's layout, too.
    Executor packed(int first, int last) const;
    // The same weights, with moving statistics of its own from layer `first` on.
    Executor with_own_statistics(int first) const;

    // The same with copies of the weights, for another device or thread.
    Executor on(Copies& copies) const;

    const models::Network& network() const { return *network_; }
    const NetworkTensors& tensors() const { return tensors_; }

  private:
    struct How;
    How how_at(int index, int first, int last, const Live& values, const Mode& mode) const;
    at::Tensor forward(const Live& values, const Mode& mode, const How& how) const;
    // The layer whose value is made at `index`: itself, or the ReLU that is computed with it.
    int clipped_with(int index, int last, const Live& values, const Mode& mode) const;
    // The same of zeros around images, and the depthwise layer that reads them by itself.
    int padded_with(int index, int last, const Live& values, const Mode& mode) const;
    Clip clip_at(int activation) const;
    // Whether a ReLU may write on its input: made by this run, and read by nobody else.
    bool writes_in_place(int index, int first, const Live& values, const Mode& mode) const;

    const models::Network* network_;
    NetworkTensors tensors_;
    std::vector<int> last_use_;    // index of the last reader; that of the last layer: its end
    std::vector<bool> folded_;     // batch norms that are part of their convolution
    std::vector<int> clipped_by_;  // of values that a ReLU alone reads: that layer; else 0
    std::vector<int> padded_for_;  // of values that a depthwise layer alone reads: the same
    // Of layers whose weights do not change any more; copies of an executor share them.
    std::map<int, std::shared_ptr<PackedConvolution>> packed_;
};

}  // namespace graft::trainer
