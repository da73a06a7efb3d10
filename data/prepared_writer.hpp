// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/h5/file.hpp"
#include "core/hash.hpp"

#include "data/prepared.hpp"

namespace graft::data {

// Writes a prepared file aside and publishes it by rename: readers never see half of one, and of
// two writers at once the last one's equal file stays. An unpublished file is removed at the end.
class PreparedWriter {
  public:
    // Room for `capacity` images of stored_size x stored_size x 3.
    PreparedWriter(std::filesystem::path path, std::uint64_t capacity, int stored_size);
    ~PreparedWriter();
    PreparedWriter(const PreparedWriter&) = delete;
    PreparedWriter& operator=(const PreparedWriter&) = delete;

    std::uint64_t image_bytes() const { return image_bytes_; }
    void append(const std::uint8_t* image);
    // Writes `tables` (stored_size and checksums are filled in) and publishes. When fewer images
    // came than there is room for, the file is first copied to its true length.
    void publish(PreparedTables tables);

  private:
    void make_file();
    void write_piece();
    void end_checksum();
    void shrink();

    std::filesystem::path path_, aside_;
    std::uint64_t capacity_, image_bytes_;
    int stored_size_;
    std::optional<core::h5::File> file_;
    std::vector<std::uint8_t> piece_;  // images that are not written yet
    std::uint64_t images_ = 0;         // taken, written or not
    core::Checksum checksum_;
    std::vector<std::uint64_t> checksums_;
};

}  // namespace graft::data
