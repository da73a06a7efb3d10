// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/random.hpp"

namespace graft::tests {

// Writes an uncompressed 8-bit RGB TIFF of size x size pixels: a bright square on noise, at the
// left for class 0 and at the right for class 1, so that the classes can be told apart.
inline void write_picture(const std::filesystem::path& path, int size, int label,
                          std::uint64_t number) {
    core::RandomStream stream("picture", number, static_cast<std::uint64_t>(label));
    std::string pixels;
    for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size; ++x) {
            const bool bright = y > size / 4 && y < 3 * size / 4 && (x < size / 2) == (label == 0);
            for (int c = 0; c < 3; ++c) {
                pixels += static_cast<char>((bright ? 120 : 0) + stream.below(120));
            }
        }
    }
    const auto side = static_cast<std::uint32_t>(size);
    const auto bytes = static_cast<std::uint32_t>(pixels.size());
    // Little-endian header, one directory of ten entries at byte 8, bits per sample, pixels.
    const std::uint32_t bits_at = 8 + 2 + 10 * 12 + 4;
    const std::uint32_t pixels_at = bits_at + 6;
    core::Encoder file;
    file(std::array<char, 4>{'I', 'I', 42, 0}, std::uint32_t{8}, std::uint16_t{10});
    const auto entry = [&](std::uint16_t tag, std::uint16_t type, std::uint32_t count,
                           std::uint32_t value) { file(tag, type, count, value); };
    entry(256, 4, 1, side);
    entry(257, 4, 1, side);
    entry(258, 3, 3, bits_at);
    entry(259, 3, 1, 1);  // not compressed
    entry(262, 3, 1, 2);  // RGB
    entry(273, 4, 1, pixels_at);
    entry(277, 3, 1, 3);
    entry(278, 4, 1, side);
    entry(279, 4, 1, bytes);
    entry(284, 3, 1, 1);  // channels interleaved
    file(std::uint32_t{0}, std::array<std::uint16_t, 3>{8, 8, 8});
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << file.take() << pixels;
}

// Two classes of `count` pictures each, as class folders a and b.
inline void write_class_folders(const std::filesystem::path& directory, int count, int size = 24) {
    for (int label = 0; label < 2; ++label) {
        for (int i = 0; i < count; ++i) {
            write_picture(directory / (label == 0 ? "a" : "b") / ("p" + std::to_string(i) + ".tif"),
                          size, label, static_cast<std::uint64_t>(i));
        }
    }
}

}  // namespace graft::tests
