// SPDX-License-Identifier: Apache-2.0
// data/pattern: a path pattern in the first line, a file's name after it.
#include "data/pattern.hpp"

#include "core/error.hpp"

#include "fuzz/fuzz.hpp"

using namespace graft;

namespace {

// The text that a pattern without '*' stands for.
std::string filled_in(std::string text, const data::Pattern::Parts& parts) {
    for (const auto& [name, value] : parts) {
        const auto at = text.find("{" + name + "}");
        fuzz::demand(at != std::string::npos, "every part is in the pattern");
        fuzz::demand(!value.empty(), "no part is empty");
    }
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '{') {
            const auto close = text.find('}', at);
            result += parts.at(text.substr(at + 1, close - at - 1));
            at = close + 1;
        } else {
            result += text[at++];
        }
    }
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::text_of(data, size);
    const auto end = std::min(input.find('\n'), input.size());
    const auto name = input.substr(std::min(end + 1, input.size()));
    try {
        const data::Pattern pattern(input.substr(0, end), "images");
        if (const auto parts = pattern.match(name)) {
            fuzz::demand(parts->size() == pattern.names().size(), "every part is named");
            if (pattern.text().find('*') == std::string::npos) {
                fuzz::demand(filled_in(pattern.text(), *parts) == name,
                             "the parts make the name again");
            }
        }
    } catch (const core::InputError&) {
        return 0;
    }
    return 0;
}
