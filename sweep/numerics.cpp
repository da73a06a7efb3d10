// SPDX-License-Identifier: Apache-2.0
#include "sweep/numerics.hpp"

#include "core/text.hpp"

namespace graft::sweep {

std::string numerics_text(std::string_view kind, int threads, std::string_view libraries) {
    return fmt::format("{}, {} threads, {}", kind, threads, libraries);
}

std::optional<int> threads_of(const std::string& numerics) {
    for (const auto& part : core::split(numerics, ',')) {
        const auto words = core::split(part, ' ');  // a blank comes first
        if (words.size() == 3 && words[0].empty() && words[2].starts_with("thread")) {
            const auto threads = core::parse_int(words[1]);
            return threads && *threads > 0 ? std::optional(static_cast<int>(*threads))
                                           : std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace graft::sweep
