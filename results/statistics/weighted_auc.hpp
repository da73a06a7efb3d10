// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::results::statistics {

// The area under the ROC curve for many sets of whole weights of the images: sorted once, one walk
// for each set. Ties count half. With all weights 1 it is equal to the bit to sweep/metrics.hpp,
// with others to that of a set that holds each image so many times.
class WeightedAuc {
  public:
    // Image i has `scores[i]` and is a positive or not.
    static WeightedAuc of_positives(std::span<const float> scores,
                                    std::span<const std::uint8_t> positive);
    // Micro average: one-hot labels against all softmax columns; `scores` [n, classes], row-major.
    static WeightedAuc micro(std::span<const float> scores, std::span<const std::int32_t> labels,
                             int classes);
    // The `auc` of tables: for two classes that of class 1, for more the micro average.
    static WeightedAuc auc(std::span<const float> scores, std::span<const std::int32_t> labels,
                           int classes);

    // `weights` [images], not negative, adding up to less than 2^31 over all scores. NaN when no
    // positive or no negative has a weight, or a score is NaN.
    double operator()(std::span<const std::int32_t> weights) const;

    // The same for eight sets at once, to the bit: `weights` [images, 8], row-major.
    static constexpr std::size_t kSets = 8;
    std::array<double, kSets> of_sets(std::span<const std::int32_t> weights) const;

  private:
    WeightedAuc(std::span<const float> scores, std::span<const std::uint8_t> positive,
                std::size_t scores_per_image);

    struct Entry {
        std::uint32_t image;
        bool positive;
        bool last;  // of a set of ties
    };
    std::vector<Entry> entries_;  // by rising score
    std::size_t images_ = 0;
    bool valid_ = true;
};

}  // namespace graft::results::statistics
