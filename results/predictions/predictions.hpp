// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace graft::results::predictions {

// One part of a dataset as a trial scored it.
struct Part {
    std::vector<std::string> ids, groups;
    std::vector<std::int32_t> labels;  // 0 .. classes - 1
    std::vector<float> scores;         // [images, classes], softmax, row-major
    std::size_t images() const { return labels.size(); }
};

// A trial's predictions file (written by trainer/predictions.hpp): what its best checkpoint says.
struct Predictions {
    std::vector<std::string> classes;
    Part validation, test;
    // Pooled features of some test images: [feature_rows, feature_width], row-major, and the rows
    // of `test` that they belong to.
    std::vector<float> features;
    std::size_t feature_width = 0;
    std::vector<std::int32_t> feature_rows;
};

// Throws core::InputError naming the file where it is missing, damaged, or says what no predictions
// say (labels or rows out of range, scores that are no probabilities; NaN is let through). Read
// first in a copy of the process (core/h5/rehearsal.hpp): the caller runs no other threads.
Predictions read_predictions(const std::filesystem::path& path);

// The test part of one of many files, or why it cannot be read.
struct TestRead {
    int classes = 0;
    Part test;
    std::optional<std::string> why_not;
};
// The test parts of many files, without features: `use(i, part)` in the order of `paths`. One copy
// of the process reads them all, ahead of their use. What else a file holds is not looked at.
void read_tests(const std::vector<std::filesystem::path>& paths,
                const std::function<void(std::size_t, TestRead)>& use);

// Of files of external predictions (trainer/predictions.hpp) what each says it was made of; empty
// for one that is not there, damaged, or of another kind. Read as read_tests() does.
std::vector<std::string> made_of(const std::vector<std::filesystem::path>& paths);

}  // namespace graft::results::predictions
