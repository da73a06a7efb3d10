// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

// What the fuzz targets share. A target is one file with libFuzzer's function
//   extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
// that gives the bytes to a reader. Errors of the kind that the reader promises are caught there;
// any other exception, a sanitizer's complaint or a broken demand() ends the run.
namespace graft::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

inline void demand(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "demand broken: %s\n", what);
        std::abort();
    }
}

// Without a sync: a target writes thousands of files a second.
inline void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

// Reads bytes as a T. What could be read is written and read again to the same bytes.
template <class T>
void check_decoding(std::string_view bytes) {
    try {
        const auto written = core::encode(core::decode<T>(bytes));
        demand(core::encode(core::decode<T>(written)) == written, "what was written reads back");
    } catch (const core::DecodeError&) {
        return;
    }
}

}  // namespace graft::fuzz
