// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace graft::core {

// XXH3 (xxHash 0.8): detects damage and names content; not meant against forgery.
std::uint64_t checksum(std::string_view bytes, std::uint64_t seed = 0);

// The same of bytes that come one piece after the other.
class Checksum {
  public:
    Checksum();
    ~Checksum();
    void add(std::string_view bytes);
    // Of all since the start, or since the last call.
    std::uint64_t take();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// 32 hexadecimal digits of the 128-bit XXH3.
std::string content_hash(std::string_view bytes);
// Its first 16 digits as a number.
std::uint64_t content_number(std::string_view bytes);

// The content hash of a whole file, read in pieces. Throws InputError when it cannot be read.
std::string file_hash(const std::filesystem::path& path);

}  // namespace graft::core
