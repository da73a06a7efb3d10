// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/file.hpp"

namespace graft::data {

enum class Part { train, validation, test };

// One dataset at one size, decoded: an HDF5 file with
//   /pixels      uint8 [N, H, W, 3], contiguous, RGB
//   /checksums   uint64 [ceil(N / 256)]: XXH3 of each 256 images
//   /label       int32 [N]      /part  uint8 [N] (0 train, 1 validation, 2 test)
//   /id, /group  text [N]       /classes  text [K]
// and attributes format, dataset, fingerprint, size (the requested one), stored_size (H = W: the
// requested size, or the largest source side if that is smaller), pixels_checksum.
// Pixels are read by pread and checked against their checksums at first use.
class Prepared {
  public:
    // Throws InputError when the file is none, or of another format version.
    explicit Prepared(const std::filesystem::path& path);

    std::uint64_t count() const { return labels.size(); }
    std::uint64_t image_bytes() const {
        return static_cast<std::uint64_t>(stored_size) * static_cast<std::uint64_t>(stored_size) *
               3;
    }
    // Images first .. first+count, [count, H, W, 3], into `into`; checksums verified. Throws
    // SystemError "prepared file ... is damaged at images a to b. Delete it: graft prepare makes
    // it again." when one is wrong.
    void read_images(std::uint64_t first, std::uint64_t count, std::uint8_t* into) const;

    std::string dataset, fingerprint;
    int size = 0;         // height and width that the network gets
    int stored_size = 0;  // height and width in the file
    std::vector<std::string> classes;
    std::vector<std::int32_t> labels;
    std::vector<Part> parts;
    std::vector<std::string> ids, groups;
    std::vector<std::uint64_t> checksums;
    std::string pixels_checksum;  // one text over all checksums

  private:
    core::ReadFile pixels_;
    std::uint64_t offset_ = 0;
};

constexpr std::uint64_t kImagesPerChecksum = 256;

// "<dataset>-<first 12 digits of the fingerprint>-<size>.h5"
std::string prepared_name(const std::string& dataset, const std::string& fingerprint, int size);

}  // namespace graft::data
