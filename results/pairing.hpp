// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "results/table.hpp"

namespace graft::results {

// One of two sets of trials that are compared: rows of a table `trials`, which must outlive it.
struct Side {
    std::string name;  // as messages have it
    const Columns* trials = nullptr;
    std::vector<std::size_t> rows;
};

// A setting that partners need not agree in, and its values on both sides.
struct Distinction {
    std::string column;
    std::vector<std::string> first, second;
};
// "optimizer (adam; sgd)"
std::string text_of(const Distinction& distinction);

// Trials of both sides that agree in every setting, seeds and content of data and weights included,
// but for the distinctions. Datasets are equal when their content is: names do not count, unless
// the dataset's content is itself a distinction.
struct Pairing {
    std::vector<Distinction> distinctions;
    std::vector<std::pair<std::size_t, std::size_t>> pairs;  // rows, in the first side's order
    std::vector<std::size_t> only_first, only_second;        // rows without a partner
};

// `but`: the settings that partners need not agree in (with what follows from them: of `dataset`
// its content, of `init` and `network` the weight file); nothing: those in which each side has one
// value, and not the same. Throws InputError for a column that is no setting, where a trial has
// several partners, and where there is no pair: with what to type.
Pairing pair_trials(const Side& first, const Side& second,
                    const std::optional<std::vector<std::string>>& but);

}  // namespace graft::results
