// SPDX-License-Identifier: Apache-2.0
#include "data/area.hpp"

#include <algorithm>
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

class Shrinker {
  public:
    Shrinker(cv::Size from, cv::Mat& into)
        : into_(into),
          across_(shares(from.width, into.cols)),
          down_(shares(from.height, into.rows)),
          source_(static_cast<std::size_t>(from.width) * kChannels + 1),
          row_(static_cast<std::size_t>(into.cols) * kChannels + 1),
          sum_(row_.size()) {}

    void run(const cv::Mat& from) {
        std::size_t next = 0;
        for (int y = 0; y < from.rows; ++y) {
            along(from.ptr<std::uint8_t>(y));
            for (; next < down_.size() && down_[next].from == y; ++next) {
                const bool begins = next == 0 || down_[next - 1].to != down_[next].to;
                const bool ends = next + 1 == down_.size() || down_[next + 1].to != down_[next].to;
                add(down_[next].part, begins);
                if (ends) {
                    store(into_.ptr<std::uint8_t>(down_[next].to));
                }
            }
        }
    }

  private:
    // One source row, shrunk along itself into row_.
    void along(const std::uint8_t* pixels) {
        std::copy(pixels, pixels + source_.size() - 1, source_.begin());
        const Share* share = across_.data();
        const Share* const end = share + across_.size();
        float* into = row_.data();
        while (share != end) {
            Lanes sum{};
            const int to = share->to;
            do {
                Lanes pixel;
                std::memcpy(&pixel, source_.data() + std::ptrdiff_t{share->from} * kChannels,
                            sizeof pixel);
                sum += pixel * share->part;
                ++share;
            } while (share != end && share->to == to);
            std::memcpy(into, &sum, sizeof sum);  // the next pixel overwrites the fourth lane
            into += kChannels;
        }
    }

    void add(float part, bool begins) {
        const float* const row = row_.data();
        float* const sum = sum_.data();
        for (std::size_t i = 0; i < row_.size(); ++i) {
            sum[i] = begins ? part * row[i] : sum[i] + part * row[i];
        }
    }

    // Rounds to the nearest, halves to even: below 2^22 the sum with 1.5 * 2^23 has no digits
    // behind the point, and the number itself in its lowest ones. Parts that sum up to a little
    // over 1 make no 256.
    void store(std::uint8_t* into) const {
        constexpr float whole = 12582912;
        const float* const sum = sum_.data();
        for (std::size_t i = 0; i + 1 < sum_.size(); ++i) {
            into[i] = static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(sum[i] + whole));
        }
    }

    cv::Mat& into_;
    std::vector<Share> across_, down_;
    std::vector<float> source_, row_, sum_;
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
