// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/manifest.hpp"
#include "data/prepared.hpp"

namespace graft::data {

// Images outside training whose copy lies in another part.
struct Copies {
    std::int64_t validation = 0, test = 0;
    std::vector<std::string> examples;  // the first few, "a (train) and b (test)"

    template <class Archive>
    void fields(Archive& archive) {
        archive(validation, test, examples);
    }
};

// Perceptual hashes that differ in at most so many of their 64 bits are of pictures that look
// alike: scaled, compressed again, brightened (Zauner, 2010, finds a few bits for these).
constexpr int kAlike = 4;

// What leaks from one part of a dataset into another: whoever learns it by heart scores too well.
// Nothing is moved for it.
struct Audit {
    bool grouped = false;             // groups are known: not every image is one of its own
    std::int64_t groups_across = 0;   // groups with images in more than one part
    std::vector<std::string> groups;  // the first few of them, "name (train, test)"
    bool copies_known = false;        // whether hashes of the images are there
    Copies equal;                     // equal files
    Copies alike;                     // kAlike, and not equal
    std::int64_t conflicting = 0;     // sets of equal files with different labels

    template <class Archive>
    void fields(Archive& archive) {
        archive(grouped, groups_across, groups, copies_known, equal, alike, conflicting);
    }
};

// Of the parts as they are. Time n log n, but for many pictures that look alike.
Audit audit(const PreparedTables& tables);

// The same of a dataset with folds: of each fold, what its test images share with its other images,
// so every image counts once; nothing of validation.
Audit audit_folds(const PreparedTables& tables, std::int32_t folds, std::int64_t split_seed);

// The tables of a set that is divided already, as far as its listing tells; no copies.
PreparedTables listed_tables(const Manifest& manifest);

// Images of each class, in class order, of one part.
std::vector<std::int64_t> class_counts(const PreparedTables& tables, Part part);

}  // namespace graft::data
