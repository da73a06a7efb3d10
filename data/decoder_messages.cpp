// SPDX-License-Identifier: Apache-2.0
#include "data/decoder_messages.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::data {

DecoderMessages::DecoderMessages() : memory_(::memfd_create("graft-messages", MFD_CLOEXEC)) {
    if (!memory_ || ::dup2(memory_.get(), STDERR_FILENO) < 0) {
        core::fail_system("cannot collect decoder messages ({}). Check the limit of open files.",
                          std::strerror(errno));
    }
}

std::string DecoderMessages::take() {
    // Both descriptors share one position: where the next message goes.
    const auto end = ::lseek(memory_.get(), 0, SEEK_CUR);
    if (end <= 0) {
        return {};
    }
    std::string text(static_cast<std::size_t>(end), '\0');
    const auto got = ::pread(memory_.get(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    ::lseek(memory_.get(), 0, SEEK_SET);
    return text;
}

std::string damage_in(const std::string& messages) {
    // libjpeg's JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_JPEG_EOF, JWRN_MUST_RESYNC,
    // JWRN_ARITH_BAD_CODE and JWRN_BOGUS_PROGRESSION, libtiff's and libpng's words for the same.
    constexpr std::array<std::string_view, 9> signs{
        "premature end", "bad Huffman code", "Premature end", "found marker", "arithmetic code",
        "progression",   "not enough data",  "Read error",    "CRC error"};
    for (const auto& line : core::split(messages, '\n')) {
        const bool is_damage = std::any_of(signs.begin(), signs.end(), [&](auto sign) {
            return line.find(sign) != std::string::npos;
        });
        if (is_damage) {
            return line;
        }
    }
    return {};
}

}  // namespace graft::data
