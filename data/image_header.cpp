// SPDX-License-Identifier: Apache-2.0
#include "data/image_header.hpp"

#include <optional>

#include <fmt/format.h>

namespace graft::data {

namespace {

constexpr std::string_view kPngMark = "\x89PNG\r\n\x1a\n";

[[noreturn]] void fail_cut_off() {
    throw BadImageError("truncated: the file ends in its header");
}

// Unsigned numbers at an offset, in either byte order.
class ByteView {
  public:
    ByteView(std::string_view bytes, bool big_endian) : bytes_(bytes), big_(big_endian) {}
    std::uint64_t at(std::uint64_t offset, unsigned width) const {
        if (offset > bytes_.size() || width > bytes_.size() - offset) {
            fail_cut_off();
        }
        std::uint64_t value = 0;
        for (unsigned i = 0; i < width; ++i) {
            const unsigned place = big_ ? i : width - 1 - i;
            value = value << 8 | static_cast<unsigned char>(bytes_[offset + place]);
        }
        return value;
    }

  private:
    std::string_view bytes_;
    bool big_;
};

// Start-of-frame markers: all of C0 to CF but DHT, JPG and DAC.
bool is_frame(std::uint64_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool has_no_length(std::uint64_t marker) {
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
}

// The next marker at or after `at`, passing over fill bytes and entropy-coded data; `at` moves
// behind it. Nothing at the end of the bytes.
std::optional<std::uint64_t> next_marker(std::string_view bytes, std::uint64_t& at) {
    while (at + 1 < bytes.size()) {
        const auto found = bytes.find('\xFF', at);
        if (found == std::string_view::npos || found + 1 >= bytes.size()) {
            break;
        }
        const auto marker = static_cast<unsigned char>(bytes[found + 1]);
        at = found + (marker == 0xFF ? 1 : 2);
        if (marker != 0xFF && marker != 0x00) {
            return marker;
        }
    }
    at = bytes.size();
    return std::nullopt;
}

ImageHeader jpeg_header(std::string_view bytes) {
    const ByteView view(bytes, true);
    std::uint64_t at = 2;
    while (const auto marker = next_marker(bytes, at)) {
        if (is_frame(*marker)) {
            return {ImageFormat::jpeg, view.at(at + 5, 2), view.at(at + 3, 2)};
        }
        if (*marker == 0xD9 || *marker == 0xDA) {
            throw BadImageError("damaged: a JPEG without a frame header");
        }
        if (!has_no_length(*marker)) {
            at += view.at(at, 2);
        }
    }
    fail_cut_off();
}

void check_jpeg(std::string_view bytes) {
    const ByteView view(bytes, true);
    std::uint64_t at = 2;
    bool has_scan = false;
    while (const auto marker = next_marker(bytes, at)) {
        if (*marker == 0xD9) {
            if (!has_scan) {
                throw BadImageError("damaged: a JPEG without picture data");
            }
            return;
        }
        has_scan = has_scan || *marker == 0xDA;
        if (!has_no_length(*marker)) {
            at += view.at(at, 2);
        }
    }
    throw BadImageError("truncated: no end-of-image marker");
}

ImageHeader png_header(std::string_view bytes) {
    const ByteView view(bytes, true);
    return {ImageFormat::png, view.at(16, 4), view.at(20, 4)};
}

void check_png(std::string_view bytes) {
    const ByteView view(bytes, true);
    std::uint64_t at = kPngMark.size();
    while (at + 12 <= bytes.size()) {
        if (bytes.substr(at + 4, 4) == "IEND") {
            return;
        }
        at += 12 + view.at(at, 4);
    }
    throw BadImageError("truncated: no IEND chunk");
}

// The first image directory of a TIFF (32-bit offsets) or BigTIFF (64-bit offsets).
class TiffDirectory {
  public:
    explicit TiffDirectory(std::string_view bytes)
        : size_(bytes.size()), view_(bytes, bytes[0] == 'M'), big_(view_.at(2, 2) == 43) {
        start_ = big_ ? view_.at(8, 8) : view_.at(4, 4);
        count_ = view_.at(start_, big_ ? 8 : 2);
    }

    // Where the values of a tag lie. Looked up once per tag: both its entries and its values may be
    // many.
    struct Values {
        std::uint64_t base = 0, count = 0;
        unsigned width = 0;
    };
    Values find(std::uint64_t tag) const {
        const std::uint64_t entry_bytes = big_ ? 20 : 12;
        for (std::uint64_t i = 0; i < count_; ++i) {
            const std::uint64_t entry = start_ + (big_ ? 8 : 2) + i * entry_bytes;
            if (view_.at(entry, 2) == tag) {
                return values_at(entry);
            }
        }
        return {};
    }

    // The `index`-th of them; nothing when there are fewer.
    std::optional<std::uint64_t> value(const Values& values, std::uint64_t index) const {
        if (index >= values.count) {
            return std::nullopt;
        }
        return view_.at(values.base + index * values.width, values.width);
    }

  private:
    // Bytes of SHORT, LONG and LONG8; 0 for others, which no tag read here has.
    static unsigned width_of(std::uint64_t type) {
        return type == 3 ? 2 : type == 4 ? 4 : type == 16 ? 8 : 0;
    }

    Values values_at(std::uint64_t entry) const {
        Values values;
        values.width = width_of(view_.at(entry + 2, 2));
        values.count = view_.at(entry + 4, big_ ? 8 : 4);
        if (values.width == 0) {
            return {};
        }
        if (values.count > size_) {
            fail_cut_off();
        }
        const std::uint64_t field = entry + (big_ ? 12 : 8);
        const unsigned offset_bytes = big_ ? 8 : 4;
        const bool is_inside = values.count * values.width <= offset_bytes;
        values.base = is_inside ? field : view_.at(field, offset_bytes);
        return values;
    }

    std::uint64_t size_;
    ByteView view_;
    bool big_;
    std::uint64_t start_ = 0, count_ = 0;
};

ImageHeader tiff_header(std::string_view bytes) {
    const TiffDirectory directory(bytes);
    const auto first = [&](std::uint64_t tag) {
        return directory.value(directory.find(tag), 0).value_or(0);
    };
    return {ImageFormat::tiff, first(256), first(257)};
}

void check_tiff(std::string_view bytes) {
    const TiffDirectory directory(bytes);
    const auto tiles = directory.find(324);
    const auto offsets = tiles.count > 0 ? tiles : directory.find(273);
    const auto counts = directory.find(tiles.count > 0 ? 325 : 279);
    std::uint64_t i = 0;
    while (const auto offset = directory.value(offsets, i)) {
        const std::uint64_t length = directory.value(counts, i).value_or(1);
        if (*offset > bytes.size() || length > bytes.size() - *offset) {
            throw BadImageError("truncated: picture data beyond the end of the file");
        }
        ++i;
    }
    if (i == 0) {
        throw BadImageError("damaged: a TIFF without picture data");
    }
}

bool is_tiff(std::string_view bytes) {
    using namespace std::string_view_literals;
    return bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv) ||
           bytes.starts_with("II+\0"sv) || bytes.starts_with("MM\0+"sv);
}

ImageHeader header_of(std::string_view bytes) {
    if (bytes.empty()) {
        throw BadImageError("empty file (0 bytes)");
    }
    if (bytes.starts_with("\xFF\xD8\xFF")) {
        return jpeg_header(bytes);
    }
    if (bytes.starts_with(kPngMark)) {
        return png_header(bytes);
    }
    if (is_tiff(bytes)) {
        return tiff_header(bytes);
    }
    throw BadImageError("not an image (no JPEG, PNG or TIFF by its first bytes)");
}

}  // namespace

ImageHeader read_image_header(std::string_view bytes) {
    const ImageHeader header = header_of(bytes);
    if (header.width == 0 || header.height == 0) {
        throw BadImageError(
            fmt::format("absurd size of {} x {} pixels", header.width, header.height));
    }
    if (header.width > kMostPixels || header.height > kMostPixels / header.width) {
        throw BadImageError(fmt::format("absurd size of {} x {} pixels (more than {} million)",
                                        header.width, header.height, kMostPixels / 1'000'000));
    }
    return header;
}

void check_image_is_whole(std::string_view bytes, const ImageHeader& header) {
    switch (header.format) {
        case ImageFormat::jpeg:
            return check_jpeg(bytes);
        case ImageFormat::png:
            return check_png(bytes);
        case ImageFormat::tiff:
            return check_tiff(bytes);
    }
}

}  // namespace graft::data
