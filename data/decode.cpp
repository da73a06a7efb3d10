// SPDX-License-Identifier: Apache-2.0
#include "data/decode.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include <fmt/format.h>
#include <malloc.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/hash.hpp"

#include "data/area.hpp"
#include "data/codecs.hpp"
#include "data/jpeg.hpp"

namespace graft::data {

namespace {

constexpr int kHashSide = 32;
constexpr int kHashFrequencies = 8;

int read_flags(int reduction, bool grey) {
    const int flags = cv::IMREAD_IGNORE_ORIENTATION;
    switch (reduction) {
        case 2:
            return flags | (grey ? cv::IMREAD_REDUCED_GRAYSCALE_2 : cv::IMREAD_REDUCED_COLOR_2);
        case 4:
            return flags | (grey ? cv::IMREAD_REDUCED_GRAYSCALE_4 : cv::IMREAD_REDUCED_COLOR_4);
        case 8:
            return flags | (grey ? cv::IMREAD_REDUCED_GRAYSCALE_8 : cv::IMREAD_REDUCED_COLOR_8);
        default:
            return flags | (grey ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
    }
}

// Red, green, blue, or grey.
cv::Mat decode(std::string_view bytes, ImageFormat format, int reduction, bool grey) {
    cv::Mat picture;
    if (format == ImageFormat::jpeg && !grey && decode_jpeg(bytes, reduction, picture)) {
        return picture;
    }
    try {
        decode_by_opencv(bytes, read_flags(reduction, grey), picture);
    } catch (const cv::Exception& error) {
        throw BadImageError(fmt::format("cannot be decoded: {}", error.err));
    }
    if (picture.empty()) {
        throw BadImageError("cannot be decoded: damaged or of an unknown kind");
    }
    if (!grey) {
        cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
    }
    return picture;
}

// Into `into`, made beforehand.
void resize(const cv::Mat& picture, cv::Mat& into) {
    const cv::Size least(std::min(into.cols, picture.cols), std::min(into.rows, picture.rows));
    if (least == picture.size()) {
        cv::resize(picture, into, into.size(), 0, 0, cv::INTER_LINEAR);
    } else if (least == into.size()) {
        shrink_by_area(picture, into);
    } else {
        cv::Mat smaller(least, picture.type());
        shrink_by_area(picture, smaller);
        cv::resize(smaller, into, into.size(), 0, 0, cv::INTER_LINEAR);
    }
}

std::uint64_t side_of(const ImageHeader& header) {
    return std::max(header.width, header.height);
}

// The files of one sample with their headers; pictures by reduction, each decoded once.
class Source {
  public:
    explicit Source(const std::vector<std::string>& files) : files_(files) {
        for (const auto& bytes : files_) {
            const ImageHeader header = read_image_header(bytes);
            check_image_is_whole(bytes, header);
            if (!headers_.empty() &&
                (header.width != headers_[0].width || header.height != headers_[0].height)) {
                throw BadImageError(fmt::format("channels differ in size ({} x {} and {} x {})",
                                                headers_[0].width, headers_[0].height, header.width,
                                                header.height));
            }
            headers_.push_back(header);
        }
    }

    const cv::Mat& picture_for(int side) { return picture(reduction_for(side)); }
    const cv::Mat& whole() { return picture(1); }
    std::uint64_t largest_side() const { return side_of(headers_[0]); }
    // For the hash, whatever else is asked for.
    const cv::Mat& picture_for_hash() { return picture_for(2 * kHashSide); }

  private:
    // All channels the same, or their sizes would differ.
    int reduction_for(int side) const {
        int least = 8;
        for (const auto& header : headers_) {
            least = std::min(least, jpeg_reduction(header, side));
        }
        return least;
    }

    const cv::Mat& picture(int reduction) {
        const auto [place, is_new] = pictures_.try_emplace(reduction);
        if (is_new) {
            place->second = files_.size() == 1
                                ? decode(files_[0], headers_[0].format, reduction, false)
                                : merged(reduction);
        }
        return place->second;
    }

    cv::Mat merged(int reduction) const {
        std::vector<cv::Mat> channels;
        for (std::size_t i = 0; i < files_.size(); ++i) {
            channels.push_back(decode(files_[i], headers_[i].format, reduction, true));
        }
        cv::Mat picture;
        cv::merge(channels, picture);
        return picture;
    }

    const std::vector<std::string>& files_;
    std::vector<ImageHeader> headers_;
    std::map<int, cv::Mat> pictures_;
};

void store_square(const cv::Mat& picture, int side, std::uint8_t* into) {
    cv::Mat square(side, side, CV_8UC3, into);
    resize(picture, square);
}

constexpr std::size_t kSums = kHashFrequencies + 1;

// Cosines by position, then frequency.
using Cosines = std::array<std::array<double, kSums>, kHashSide>;

const Cosines& cosines() {
    static const Cosines table = [] {
        Cosines values{};
        for (std::size_t x = 0; x < kHashSide; ++x) {
            for (std::size_t k = 0; k < kSums; ++k) {
                values[x][k] = std::cos(std::numbers::pi * static_cast<double>(k * (2 * x + 1)) /
                                        (2.0 * kHashSide));
            }
        }
        return values;
    }();
    return table;
}

// Of each row, along it: row by frequency. All frequencies of a row at once, each summed up from
// left to right.
using AlongRows = std::array<std::array<double, kSums>, kHashSide>;

AlongRows along_rows(const cv::Mat& grey) {
    const Cosines& table = cosines();
    AlongRows sums{};
    for (std::size_t y = 0; y < kHashSide; ++y) {
        const auto* row = grey.ptr<std::uint8_t>(static_cast<int>(y));
        std::array<double, kSums> sum{};
        for (std::size_t x = 0; x < kHashSide; ++x) {
            for (std::size_t k = 0; k < kSums; ++k) {
                sum[k] += table[x][k] * row[x];
            }
        }
        sums[y] = sum;
    }
    return sums;
}

double frequency(const AlongRows& along, std::size_t down, std::size_t across) {
    const Cosines& table = cosines();
    double sum = 0;
    for (std::size_t y = 0; y < kHashSide; ++y) {
        sum += table[y][down] * along[y][across];
    }
    return sum;
}

std::uint64_t hash_of(const cv::Mat& picture) {
    cv::Mat grey;
    cv::cvtColor(picture, grey, cv::COLOR_RGB2GRAY);
    cv::Mat small(kHashSide, kHashSide, CV_8UC1);
    resize(grey, small);
    const AlongRows along = along_rows(small);
    std::array<double, kHashFrequencies * kHashFrequencies> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t down = i / kHashFrequencies;
        const std::size_t across = i % kHashFrequencies;
        // Whole numbers: a plain picture's are 0, and not the noise of rounding.
        values[i] = std::round(frequency(along, down, i == 0 ? kHashFrequencies : across));
    }
    auto ordered = values;
    const auto middle = ordered.begin() + ordered.size() / 2;
    std::nth_element(ordered.begin(), middle, ordered.end());
    std::uint64_t hash = 0;
    for (const double value : values) {
        hash = hash << 1 | (value > *middle);
    }
    return hash;
}

std::string read_image_file(const std::filesystem::path& path) {
    // Larger than any file of kMostPixels; what follows would have to be held in memory whole.
    constexpr std::uint64_t largest = std::uint64_t{1} << 30;
    try {
        const core::ReadFile file(path);
        if (file.size() > largest) {
            throw BadImageError(
                fmt::format("absurd size of {} bytes (more than {})", file.size(), largest));
        }
        std::string bytes(file.size(), '\0');
        file.read_at(0, bytes.data(), bytes.size());
        return bytes;
    } catch (const core::InputError& error) {
        throw BadImageError(error.what());
    }
}

}  // namespace

int jpeg_reduction(const ImageHeader& header, int side) {
    if (header.format != ImageFormat::jpeg) {
        return 1;
    }
    const auto least = std::min(header.width, header.height);
    for (const int reduction : {8, 4, 2}) {
        if (least / static_cast<unsigned>(reduction) >= static_cast<std::uint64_t>(side)) {
            return reduction;
        }
    }
    return 1;
}

void decode_square(std::string_view bytes, int side, std::uint8_t* into) {
    const std::vector<std::string> files{std::string(bytes)};
    Source source(files);
    store_square(source.picture_for(side), side, into);
}

void decode_square_whole(std::string_view bytes, int side, std::uint8_t* into) {
    const std::vector<std::string> files{std::string(bytes)};
    Source source(files);
    store_square(source.whole(), side, into);
}

std::uint64_t perceptual_hash(const std::vector<std::string>& files) {
    Source source(files);
    return hash_of(source.picture_for_hash());
}

DecodedSample decode_sample(const std::filesystem::path& root, const Sample& sample,
                            const std::vector<int>& sides, HashOf hash_of_what,
                            std::span<std::uint8_t> pixels) {
    std::vector<std::string> files;
    std::string all;
    for (const auto& path : sample.files) {
        files.push_back(read_image_file(root / path));
        all += core::content_hash(files.back());
    }
    DecodedSample decoded;
    decoded.content = core::content_hash(all);
    Source source(files);
    decoded.largest_side = source.largest_side();
    std::uint8_t* into = pixels.data();
    for (const int side : sides) {
        store_square(source.picture_for(side), side, into);
        const bool is_own = hash_of_what == HashOf::picture || side < 2 * kHashSide;
        decoded.perceptual.push_back(
            hash_of(is_own ? source.picture_for_hash() : cv::Mat(side, side, CV_8UC3, into)));
        into += pixel_bytes({side});
    }
    return decoded;
}

std::uint64_t largest_side(const std::filesystem::path& root, const Sample& sample) {
    constexpr std::size_t start_bytes = 65536;
    const core::ReadFile file(root / sample.files.front());
    std::string bytes(std::min<std::uint64_t>(start_bytes, file.size()), '\0');
    file.read_at(0, bytes.data(), bytes.size());
    ImageHeader header;
    try {
        header = read_image_header(bytes);
    } catch (const BadImageError&) {
        if (bytes.size() == file.size()) {
            throw;
        }
        header = read_image_header(read_image_file(root / sample.files.front()));
    }
    return side_of(header);
}

std::uint64_t pixel_bytes(const std::vector<int>& sides) {
    std::uint64_t bytes = 0;
    for (const int side : sides) {
        bytes += static_cast<std::uint64_t>(side) * static_cast<std::uint64_t>(side) * 3;
    }
    return bytes;
}

void decode_with_one_thread() {
    cv::setNumThreads(1);
    // Each picture's memory serves the next one: from the system anew, a page of it costs a fault.
    // What a giant took is given back.
    constexpr int kept_bytes = 32 << 20;
    ::mallopt(M_MMAP_THRESHOLD, kept_bytes);
    ::mallopt(M_TRIM_THRESHOLD, 2 * kept_bytes);
}

}  // namespace graft::data
