// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "trainer/cuda/feed.hpp"
#include "trainer/cuda/graph.hpp"
#include "trainer/dataset.hpp"
#include "trainer/evaluation.hpp"
#include "trainer/exchange.hpp"
#include "trainer/order.hpp"
#include "trainer/step.hpp"

namespace graft::trainer {

// What one device does of the training of a cohort: it makes batches, runs the frozen layers and
// trains the tops. Of several replicas each takes its share of every batch, on a network of its own
// that is equal to the others' after each step.
class Replica {
  public:
    // `exchange`: null for one alone. Dataset, recipe and exchange must outlive it.
    Replica(const Dataset& data, const Recipe& recipe, Exchange* exchange);

    // Forgets what was trained, and the tensors that nobody else holds.
    void let_go();
    // What is trained from now on; `dropout` are the trainees' rates of it. The first replica
    // trains the very models that it is given, the others copies of them (and of their optimizers),
    // which they keep. The models' devices must have come to rest.
    void train_these(const std::vector<Trainee>& trainees, const std::vector<double>& dropout);

    // `order`: the epoch's images; `epoch` their key.
    void begin_epoch(std::span<const std::uint32_t> order, std::uint64_t epoch);
    // One step of all trainees, each with its own learning rate, on the `count` images from place
    // `first` of the order, which is the same for all replicas. How long the host was at each top;
    // on a GPU, where it does not wait, zeros.
    BranchSeconds train(std::size_t first, std::size_t count, std::span<const double> rates);

    const SharedBottom& bottom() const { return *bottom_; }

  private:
    // A network of its own, where it is not the first.
    struct Copy {
        Model model;
        LossScaler scaler;
        Tally tally;
    };
    void copy(const std::vector<Trainee>& trainees);
    std::vector<Trainee> with_dropout(const std::vector<at::Tensor>& masks) const;
    BranchSeconds train_on(std::span<const std::uint32_t> samples,
                           const std::optional<Divided>& divided);
    BranchSeconds train_on_gpu(std::size_t first, std::size_t count,
                               const std::optional<Divided>& divided);

    const Dataset* data_;
    const Recipe* recipe_;
    Exchange* exchange_;
    std::span<const std::uint32_t> order_;
    std::uint64_t epoch_ = 0;
    std::vector<Trainee> trainees_;
    std::vector<double> dropout_;
    std::deque<Copy> copies_;
    std::optional<SharedBottom> bottom_;
    // On a GPU that holds the dataset: batches are made there, and steps are recorded, by the
    // number of images (of all replicas together).
    std::optional<cuda::Feed> feed_;
    std::map<std::size_t, cuda::Recording> steps_;
};

}  // namespace graft::trainer
