// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace graft::oracle {

// The commands of oracle_tool: what graft's libraries (without torch) say, in forms that Python
// reads. Each takes its own arguments; see the usage text in main.cpp.
using Arguments = std::vector<std::string>;

// Tab-separated: a line "base_layers default_size parameters trainable" of the base, then a line
// "name kind HxWxC parameters tensors" for each layer, a tensor as "name:shape:trainable|moving".
void print_layers(const Arguments& arguments);
// A Keras weight file, head included, read and written again in the published layout.
void convert_weights(const Arguments& arguments);
// The first weights of a trial, in the published layout.
void write_first_weights(const Arguments& arguments);
// sweep::evaluate of `scores` [n, classes] (float32) and `labels` [n] (int32).
void write_metrics(const Arguments& arguments);
// What results/statistics makes of what IN holds: a and b, p, ratios, settings, weights, groups
// (statistics.cpp says of each what comes out).
void write_statistics(const Arguments& arguments);
// results/predictions' evaluation and curves of a predictions file.
void write_evaluation(const Arguments& arguments);
// t-SNE, neighbours and linear probe of `features` [n, width] (float32) and `labels` [n] (int32).
void write_features(const Arguments& arguments);
// The folds of images with `label` [n] (int32) and `group` [n]; attributes folds, split_seed.
void write_folds(const Arguments& arguments);
// A learning rate for each step of a phase, one a line.
void print_rates(const Arguments& arguments);
// A store of a small made-up sweep.
void write_example_store(const Arguments& arguments);
// By a section [stopping], on reports "trial epoch value" in their order: 1 for each that stops its
// trial, else 0.
void print_verdicts(const Arguments& arguments);

}  // namespace graft::oracle
