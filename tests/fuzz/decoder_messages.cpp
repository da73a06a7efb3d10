// SPDX-License-Identifier: Apache-2.0
// data/decoder_messages: what image libraries print while they decode a hostile file.
#include "data/decoder_messages.hpp"

#include "fuzz/fuzz.hpp"

using namespace graft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string printed(fuzz::text_of(data, size));
    const auto line = data::damage_in(printed);
    fuzz::demand(line.find('\n') == std::string::npos, "one line is told");
    fuzz::demand(printed.find(line) != std::string::npos, "it was printed so");
    return 0;
}
