// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/enum_table.hpp"

#include "sweep/progress.hpp"

namespace graft::sweep {

// A best.h5 to be scored on images that it was not trained on.
struct Checkpoint {
    TrialSpec spec;
    Phase phase = Phase::fine_tune;  // of the best epoch, which says what was frozen
    std::int32_t epoch = 0;
    std::string definition;     // of a network from a file
    std::string weights, hash;  // path of the file, and its recorded content
    std::string output;         // path of the file that its scores go to
    std::string made_of;        // what the output says it was made of
    // Of evaluate_bn = "reestimated": the prepared file of its own training images, which
    // statistics of batch norms are taken from, and their checksum.
    std::string trained_on, trained_checksum;

    template <class Archive>
    void fields(Archive& archive) {
        archive(spec, phase, epoch, definition, weights, hash, output, made_of, trained_on,
                trained_checksum);
    }
};

// What `graft-trainer score` is asked: checkpoints that take images of one size, and know classes
// in one order. Each output is a predictions file (trainer/predictions.hpp) whose part `test` has
// the images scored, with labels in that order, and whose part `validation` is empty.
struct ScoreRequest {
    enum class Images { all, test } images = Images::all;  // of the prepared file
    std::string prepared, checksum;                        // its path, and that of its pixels
    std::vector<std::string> classes;                      // as the networks' scores are ordered
    std::vector<Checkpoint> checkpoints;

    template <class Archive>
    void fields(Archive& archive) {
        archive(images, prepared, checksum, classes, checkpoints);
    }
};

}  // namespace graft::sweep

template <>
struct graft::core::EnumNames<graft::sweep::ScoreRequest::Images> {
    static constexpr std::array<std::string_view, 2> names{"all", "test"};
};
