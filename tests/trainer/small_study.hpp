// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sweep/message.hpp"

#include "trainer/cohort_run.hpp"

namespace graft::tests {

// One thread and deterministic kernels, as in a trainer; once per process.
void set_up_torch_once();

// A drawn dataset of `classes` classes (coloured stripes of different slant in noise), prepared at
// `stored_size`; of every ten images eight train, one validates, one tests.
struct DrawnDataset {
    int images = 40;
    int classes = 2;
    int stored_size = 32;
    int size = 32;  // that the network gets
};
void write_drawn_dataset(const std::filesystem::path& path, const DrawnDataset& drawn);

// A trial of small_cnn on it: small head, two epochs, batches of 8.
sweep::Member small_member(const std::string& network = "small_cnn");

// Remembers what a run says, and asks it to leave after `drain_after` batches of any kind.
class FakeWatcher : public trainer::Watcher {
  public:
    explicit FakeWatcher(std::int64_t drain_after = -1) : drain_after_(drain_after) {}
    Request after_batch(const std::function<Shown()>& now) override;
    std::int64_t next_save() const override {
        return static_cast<std::int64_t>(positions.size()) + 1;
    }
    void saved(const sweep::Position& position, std::vector<sweep::MemberSave> members,
               double save_seconds) override;

    std::vector<Shown> shown;
    std::vector<sweep::MemberSave> saves;    // of all members
    std::vector<sweep::Position> positions;  // of the saves

  private:
    std::int64_t drain_after_;
};

// sin(0.7 i): a tensor without symmetry, values in -1..1.
at::Tensor ramp(const std::vector<std::int64_t>& shape);

// Weights that could be a published file's: random, with lively batch norms.
models::Weights pretended_weights(const models::Network& network);

// The content hash of a run's weights, bit for bit.
std::string weights_hash(const trainer::Model& model);

}  // namespace graft::tests
