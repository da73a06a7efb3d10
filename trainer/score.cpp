// SPDX-License-Identifier: Apache-2.0
#include "trainer/score.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <optional>
#include <utility>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/hash.hpp"
#include "core/process.hpp"

#include "models/weights.hpp"

#include "trainer/cuda/graph.hpp"
#include "trainer/dataset.hpp"
#include "trainer/device.hpp"
#include "trainer/evaluation.hpp"
#include "trainer/model.hpp"
#include "trainer/order.hpp"
#include "trainer/precision.hpp"
#include "trainer/predictions.hpp"

namespace graft::trainer {

namespace {

// The tables as the networks know them: classes in their order, labels by that.
data::PreparedTables relabelled(data::PreparedTables tables,
                                const std::vector<std::string>& classes) {
    std::vector<std::int32_t> places;
    for (const auto& name : tables.classes) {
        const auto found = std::find(classes.begin(), classes.end(), name);
        if (found == classes.end()) {
            core::fail_input(
                "class '{}' of dataset '{}' is none that the networks were trained on. Rename it "
                "by map_labels, or leave its images out.",
                name, tables.dataset);
        }
        places.push_back(static_cast<std::int32_t>(found - classes.begin()));
    }
    for (auto& label : tables.labels) {
        label = places.at(static_cast<std::size_t>(label));
    }
    tables.classes = classes;
    return tables;
}

Indices wanted_images(const data::Prepared& prepared, sweep::ScoreRequest::Images images) {
    if (images == sweep::ScoreRequest::Images::test) {
        return images_of(prepared.parts, data::Part::test);
    }
    Indices all(prepared.count());
    std::iota(all.begin(), all.end(), 0U);
    return all;
}

models::Weights recorded_weights(const sweep::Checkpoint& checkpoint,
                                 const models::Network& network) {
    if (const auto hash = core::file_hash(checkpoint.weights); hash != checkpoint.hash) {
        core::fail_input(
            "weights '{}' have the content {} (recorded was {}). Put the recorded file back; "
            "graft verify DIR TRIAL --keep makes it again.",
            checkpoint.weights, hash, checkpoint.hash);
    }
    return models::read_keras_weights(checkpoint.weights, network, models::Head::require);
}

class Scoring {
  public:
    Scoring(const sweep::ScoreRequest& request, const ScoreProgress& progress)
        : request_(request),
          progress_(progress),
          device_(choose_device()),
          data_(request.prepared, request.checksum, device_),
          tables_(relabelled(data_.prepared(), request.classes)),
          images_(wanted_images(data_.prepared(), request.images)),
          all_(images_.size() * request.checkpoints.size()) {
        cuda::use_own_stream(device_);
    }

    void run() {
        for (const auto& checkpoint : request_.checkpoints) {
            write(checkpoint, scores_of(checkpoint));
            done_ += images_.size();
            progress_(done_, all_);
        }
    }

  private:
    Predictions scores_of(const sweep::Checkpoint& checkpoint) {
        const auto& spec = checkpoint.spec;
        const auto& training = spec->training;
        const auto network =
            models::build_network(spec->network, static_cast<int>(request_.classes.size()),
                                  training.head_units, checkpoint.definition);
        const auto weights = recorded_weights(checkpoint, network);
        set_precision(training.precision);
        const Recipe recipe{&network, training, spec.seed,
                            compute_type(training.precision, device_)};
        const int cut = cut_of(network, spec, checkpoint.phase).own;
        SharedBottom best({{Executor(network, to_torch(network, weights, device_)), cut}});
        if (training.evaluate_bn == sweep::EvaluateBn::reestimated) {
            best = with_statistics(best, recipe, checkpoint);
        }
        best = merged(best);
        BranchSeconds unused(1);
        std::uint64_t batches = 0;
        const auto shown = [&] {
            const auto scored = ++batches * static_cast<std::uint64_t>(training.batch_size);
            progress_(done_ + std::min<std::uint64_t>(scored, images_.size()), all_);
            return true;
        };
        return predict(best, recipe, {&data_, &images_, nullptr}, unused, shown).value().front();
    }

    // As for its own best: statistics of training images, by the key of its epoch.
    SharedBottom with_statistics(const SharedBottom& best, const Recipe& recipe,
                                 const sweep::Checkpoint& checkpoint) {
        if (trained_name_ != checkpoint.trained_on) {
            trained_.reset();
            trained_.emplace(checkpoint.trained_on, checkpoint.trained_checksum, device_);
            trained_name_ = checkpoint.trained_on;
        }
        const Indices train = images_of(trained_->prepared(), checkpoint.spec).train;
        BranchSeconds unused(1);
        return reestimated(best, recipe,
                           {&*trained_, &train, epoch_key(checkpoint.phase, checkpoint.epoch)},
                           unused, [] { return true; })
            .value();
    }

    void write(const sweep::Checkpoint& checkpoint, const Predictions& scores) const {
        // Whoever asks the same at the same time writes a file of another name.
        const core::fs::path path = checkpoint.output;
        core::Aside aside(path, path.string() + fmt::format(".{}.tmp", core::own_pid()));
        write_external_predictions(aside.path(), tables_, {images_, scores}, checkpoint.made_of);
        aside.publish();
    }

    const sweep::ScoreRequest& request_;
    const ScoreProgress& progress_;
    at::Device device_;
    Dataset data_;
    data::PreparedTables tables_;
    Indices images_;
    std::uint64_t done_ = 0, all_ = 0;
    std::optional<Dataset> trained_;
    std::string trained_name_;
};

}  // namespace

void score(const sweep::ScoreRequest& request, const ScoreProgress& progress) {
    Scoring(request, progress).run();
}

void answer_score(const std::filesystem::path& request) {
    constexpr core::Seconds show_every{0.2};
    core::Instant last = core::now();
    score(core::decode<sweep::ScoreRequest>(core::read_file(request)),
          [&](std::uint64_t done, std::uint64_t all) {
              if (const auto now = core::now(); now - last >= show_every || done == all) {
                  last = now;
                  fmt::print("progress {} {}\n", done, all);
                  std::fflush(stdout);
              }
          });
}

}  // namespace graft::trainer
