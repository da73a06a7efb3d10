// SPDX-License-Identifier: Apache-2.0
#include "data/area.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace graft::data {

namespace {

constexpr int kChannels = 3;

// A pixel's channels, and a lane that is nobody's.
using Lanes = float __attribute__((vector_size(16)));

// What target pixel `to` gets of source pixel `from`, of one side.
struct Share {
    int to = 0, from = 0;
    float part = 0;
};

// Ascending by target, then by source pixel: computeResizeAreaTab() of OpenCV's resize.cpp. What
// is below a thousandth of a pixel is left out.
std::vector<Share> shares(int from, int to) {
    constexpr double least = 1e-3;
    const double scale = 1.0 / (static_cast<double>(to) / from);  // rounded twice, as there
    std::vector<Share> all;
    for (int i = 0; i < to; ++i) {
        const double start = i * scale;
        const double end = start + scale;
        const double width = std::min(scale, from - start);
        const int last = std::min(static_cast<int>(std::floor(end)), from - 1);
        const int first = std::min(static_cast<int>(std::ceil(start)), last);
        if (first - start > least) {
            all.push_back({i, first - 1, static_cast<float>((first - start) / width)});
        }
        for (int j = first; j < last; ++j) {
            all.push_back({i, j, static_cast<float>(1.0 / width)});
        }
        if (end - last > least) {
            const double part = std::min(std::min(end - last, 1.0), width);
            all.push_back({i, last, static_cast<float>(part / width)});
        }
    }
    return all;
}

// The source pixels of one target pixel of a row lie side by side.
struct Run {
    std::ptrdiff_t start = 0;  // in samples
    int pixels = 0;
};

class Shrinker {
  public:
    Shrinker(cv::Size from, cv::Mat& into)
        : into_(into), down_(shares(from.height, into.rows)), runs_(into.cols) {
        for (const auto& share : shares(from.width, into.cols)) {
            auto& run = runs_[static_cast<std::size_t>(share.to)];
            run.start = run.pixels == 0 ? std::ptrdiff_t{share.from} * kChannels : run.start;
            ++run.pixels;
            parts_.push_back(share.part);
        }
        const auto samples = static_cast<std::size_t>(from.width) * kChannels;
        for (auto& row : sources_) {
            row.resize(samples + 1);  // the last pixel has a fourth lane, too
        }
        for (auto& row : rows_) {
            row.resize(runs_.size() * kChannels + 1);
        }
        sum_.resize(rows_[0].size());
    }

    void run(const cv::Mat& from) {
        for (int y = 0; y < from.rows; y += 2) {
            const int lower = std::min(y + 1, from.rows - 1);
            along(from.ptr<std::uint8_t>(y), from.ptr<std::uint8_t>(lower));
            add_row(y, rows_[0]);
            if (lower != y) {
                add_row(lower, rows_[1]);
            }
        }
    }

  private:
    // Two source rows, each shrunk along itself into its row of rows_.
    void along(const std::uint8_t* upper, const std::uint8_t* lower) {
        std::copy(upper, upper + sources_[0].size() - 1, sources_[0].begin());
        std::copy(lower, lower + sources_[1].size() - 1, sources_[1].begin());
        const float* part = parts_.data();
        float* upper_into = rows_[0].data();
        float* lower_into = rows_[1].data();
        for (const auto& run : runs_) {
            const float* above = sources_[0].data() + run.start;
            const float* below = sources_[1].data() + run.start;
            Lanes upper_sum{};
            Lanes lower_sum{};
            for (int i = 0; i < run.pixels; ++i) {
                upper_sum += load(above) * *part;
                lower_sum += load(below) * *part;
                above += kChannels;
                below += kChannels;
                ++part;
            }
            // The next pixel overwrites the fourth lane.
            std::memcpy(upper_into, &upper_sum, sizeof upper_sum);
            std::memcpy(lower_into, &lower_sum, sizeof lower_sum);
            upper_into += kChannels;
            lower_into += kChannels;
        }
    }

    static Lanes load(const float* from) {
        Lanes lanes;
        std::memcpy(&lanes, from, sizeof lanes);
        return lanes;
    }

    // Row `y` to the target rows that it is a part of.
    void add_row(int y, const std::vector<float>& row) {
        for (; next_ < down_.size() && down_[next_].from == y; ++next_) {
            const auto& share = down_[next_];
            if (next_ == 0 || down_[next_ - 1].to != share.to) {
                begin(share.part, row.data());
            } else {
                add(share.part, row.data());
            }
            if (next_ + 1 == down_.size() || down_[next_ + 1].to != share.to) {
                store(into_.ptr<std::uint8_t>(share.to));
            }
        }
    }

    void begin(float part, const float* row) {
        float* const sum = sum_.data();
        const std::size_t samples = sum_.size();
        for (std::size_t i = 0; i < samples; ++i) {
            sum[i] = part * row[i];
        }
    }

    void add(float part, const float* row) {
        float* const sum = sum_.data();
        const std::size_t samples = sum_.size();
        for (std::size_t i = 0; i < samples; ++i) {
            sum[i] += part * row[i];
        }
    }

    // Rounds to the nearest, halves to even: below 2^22 the sum with 1.5 * 2^23 has no digits
    // behind the point, and the number itself in its lowest ones. Parts that sum up to a little
    // over 1 make no 256.
    void store(std::uint8_t* into) const {
        constexpr float whole = 12582912;
        const float* const sum = sum_.data();
        const std::size_t samples = sum_.size() - 1;
        for (std::size_t i = 0; i < samples; ++i) {
            into[i] = static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(sum[i] + whole));
        }
    }

    cv::Mat& into_;
    std::vector<Share> down_;  // of rows
    std::size_t next_ = 0;     // of them
    std::vector<Run> runs_;
    std::vector<float> parts_;  // of the runs' pixels
    std::array<std::vector<float>, 2> sources_, rows_;
    std::vector<float> sum_;
};

bool shrinks_by_whole_numbers(cv::Size from, cv::Size to) {
    const auto is_whole = [](int larger, int smaller) {
        const double scale = 1.0 / (static_cast<double>(smaller) / larger);
        return std::abs(scale - std::round(scale)) < std::numeric_limits<double>::epsilon();
    };
    return is_whole(from.width, to.width) && is_whole(from.height, to.height);
}

}  // namespace

void shrink_by_area(const cv::Mat& from, cv::Mat& into) {
    if (from.type() != CV_8UC3 || shrinks_by_whole_numbers(from.size(), into.size())) {
        cv::resize(from, into, into.size(), 0, 0, cv::INTER_AREA);
    } else {
        Shrinker(from.size(), into).run(from);
    }
}

}  // namespace graft::data
