// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/bad_image.hpp"
#include "data/dataset_settings.hpp"

namespace graft::data {

// What is known of one image id without looking for its files.
struct LabelRow {
    std::string id;
    std::string label;  // after map_labels
    std::string group;  // of group_column; empty without
};

struct Labels {
    std::vector<LabelRow> rows;         // in use, in the table's order
    std::vector<std::string> left_out;  // ids that single_label or min_class_size leave out
    std::vector<BadImage> bad;          // rows without a label
};

// Reads the table `labels`: id and label from the columns named, else from the first two. Throws
// InputError for unknown columns, one id with two labels, and rows of several labels without
// single_label.
Labels read_labels(const DatasetSettings& settings);

// Applies map_labels, then min_class_size. Throws InputError when map_labels names a label that
// no row has.
void refine_labels(const DatasetSettings& settings, Labels& labels);

// The second table `groups`: id -> group.
std::map<std::string, std::string> read_groups(const DatasetSettings& settings);

// Unique, sorted; by value when all are whole numbers.
std::vector<std::string> sorted_classes(std::vector<std::string> names);

}  // namespace graft::data
