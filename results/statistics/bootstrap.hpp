// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "results/statistics/interval.hpp"

namespace graft::results::statistics {

// What another set of patients would have given: groups (patients) are drawn with replacement, as
// many as there are, and their images come along (cluster bootstrap, Davison and Hinkley 1997,
// section 3.8). A draw depends on the set of groups, the key and its number alone: it serves all
// trials of a dataset, in whatever order their files list the images, so that differences between
// trials are taken within a draw.
class GroupBootstrap {
  public:
    // `groups`: that of each image; one without (an empty text) is a group of its own. `key` names
    // the dataset.
    GroupBootstrap(std::span<const std::string> groups, std::string key);

    std::size_t images() const { return group_of_image_.size(); }
    std::size_t groups() const { return groups_; }

    // How many times each image is taken in this replicate; `weights` [images()].
    void draw(std::uint64_t replicate, std::span<std::int32_t> weights) const;

  private:
    std::string key_;
    std::vector<std::uint32_t> group_of_image_;
    std::size_t groups_ = 0;
};

// Below so many groups a bootstrap says little of new patients; none should be shown.
constexpr std::size_t kFewestGroups = 10;

// From the replicates' values, by their percentiles (linear between neighbours, as NumPy and R's
// type 7); `n` counts the replicates that have a value. A draw that lacks a class has none (NaN):
// with more than one in twenty of these, or fewer than 100 values, there is no interval.
Interval percentile_interval(std::span<const double> values, double estimate,
                             double confidence = 0.95);

}  // namespace graft::results::statistics
