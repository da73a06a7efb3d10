// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.hpp"

#include "data/bad_image.hpp"

namespace graft::core::h5 {
class File;
}

namespace graft::data {

enum class Part { train, validation, test };

// What files and tables call it.
constexpr std::string_view part_name(Part part) {
    constexpr std::array<std::string_view, 3> names{"train", "validation", "test"};
    return names[static_cast<std::size_t>(part)];
}

struct PartCounts {
    std::int64_t train = 0, validation = 0, test = 0;

    template <class Archive>
    void fields(Archive& archive) {
        archive(train, validation, test);
    }
};

// What looking for copies of images found.
struct DuplicateCounts {
    std::int64_t exact = 0;        // images beyond the first of each set of equal files
    std::int64_t near = 0;         // further images that the perceptual hash joined
    std::int64_t conflicting = 0;  // sets of equal files with different labels
    std::int64_t across = 0;       // sets of copies that lie in more than one part

    template <class Archive>
    void fields(Archive& archive) {
        archive(exact, near, conflicting, across);
    }
};

// All of a prepared file but its pixels.
struct PreparedTables {
    std::string dataset, fingerprint;
    int size = 0;         // height and width that the network gets
    int stored_size = 0;  // height and width in the file
    std::vector<std::string> classes;
    std::vector<std::int32_t> labels;
    std::vector<Part> parts;
    std::vector<std::string> ids, groups;  // groups as split: copies joined
    std::vector<std::uint64_t> checksums;
    std::string pixels_checksum;    // one text over all checksums
    std::vector<BadImage> skipped;  // what on_bad_image = "skip" left out
    DuplicateCounts duplicates;
    // Of each image, for finding copies: XXH3 of its files' content, and the perceptual hash of its
    // picture or of its pixels here (HashOf). Empty in files that an earlier graft made.
    std::vector<std::uint64_t> contents, perceptual;
};

// One dataset at one size, decoded: an HDF5 file with
//   /pixels      uint8 [N, H, W, 3], contiguous, RGB
//   /checksums   uint64 [ceil(N / 256)]: XXH3 of each 256 images
//   /label       int32 [N]      /part  uint8 [N] (0 train, 1 validation, 2 test)
//   /id, /group  text [N]       /classes  text [K]
//   /skipped_path, /skipped_reason  text [M]
//   /duplicates  int64 [4]: the fields of DuplicateCounts
//   /content, /perceptual  uint64 [N], may be missing (with attribute hashes_checksum)
// and attributes format, dataset, fingerprint, size (the requested one), stored_size (H = W: the
// requested size, or the largest source side if that is smaller), pixels_checksum, tables_checksum.
// Pixels are read by pread and checked against their checksums at first use.
class Prepared : public PreparedTables {
  public:
    // Throws InputError when the file is none, is cut short, is of another format version, or has
    // damaged tables: all that it says is as it should be, or it is refused. The tables are first
    // read in a copy of the process: HDF5 crashes on some damaged files.
    explicit Prepared(const std::filesystem::path& path);

    std::uint64_t count() const { return labels.size(); }
    std::uint64_t image_bytes() const {
        return static_cast<std::uint64_t>(stored_size) * static_cast<std::uint64_t>(stored_size) *
               3;
    }
    // Images first .. first+count, [count, H, W, 3], into `into`; checksums verified. Throws
    // InputError "prepared file ... is damaged at images a to b. Delete it: graft prepare makes
    // it again." when one is wrong. May be called from several threads at once.
    void read_images(std::uint64_t first, std::uint64_t count, std::uint8_t* into) const;

  private:
    void read(const core::h5::File& file);
    void read_block(std::uint64_t block, std::uint8_t* into) const;

    core::ReadFile pixels_;
    std::uint64_t offset_ = 0;
    std::unique_ptr<std::atomic<bool>[]> verified_;  // by block of kImagesPerChecksum images
};

constexpr std::uint64_t kImagesPerChecksum = 256;
constexpr std::int64_t kPreparedFormat = 1;
constexpr int kLargestSide = 4096;  // in pixels

// The one text over all checksums.
std::string checksum_text(const std::vector<std::uint64_t>& checksums);
// Over everything that a PreparedTables holds but its hashes, for the attribute tables_checksum.
std::string tables_checksum(const PreparedTables& tables);
// Over its hashes, which have a checksum of their own: earlier programs do not know them, and read
// the file as before.
std::string hashes_checksum(const PreparedTables& tables);

// "<dataset>-<first 12 digits of the fingerprint>-<size>.h5"
std::string prepared_name(const std::string& dataset, const std::string& fingerprint, int size);

}  // namespace graft::data
