// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sweep/training.hpp"

namespace graft::sweep {

// One batch of a network, to be timed by `graft-trainer time-steps` on a real device, before
// anything is trained.
struct StepRequest {
    std::string network;
    Training training;
    std::int32_t image_size = 0;  // resolved
    std::int32_t classes = 2;
    std::string definition = {};  // of the network; empty: a built-in one
    template <class Archive>
    void fields(Archive& archive) {
        archive(network, training, image_size, classes, definition);
    }
};

// Seconds per batch of training.batch_size images: augmentation, forward, backward and Adam with
// every layer trained, with the head alone trained, and of validation.
struct StepTimes {
    double all = 0, head = 0, validation = 0;
    std::string problem;  // why it could not be timed; empty: it was
    template <class Archive>
    void fields(Archive& archive) {
        archive(all, head, validation, problem);
    }
};

// Of one trainer: its device, and an answer for each request.
struct TimedSteps {
    std::string device;  // as attempts name it
    std::vector<StepTimes> times;
    template <class Archive>
    void fields(Archive& archive) {
        archive(device, times);
    }
};

}  // namespace graft::sweep
