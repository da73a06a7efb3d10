// SPDX-License-Identifier: Apache-2.0
#include "data/bad_image.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace graft::data {

std::string bad_images_text(const std::string& dataset, const std::vector<BadImage>& bad) {
    constexpr std::size_t shown = 20, longest = 1000;
    std::string text =
        fmt::format("[datasets.{}]: {} bad image(s) or label row(s):\n", dataset, bad.size());
    for (std::size_t i = 0; i < std::min(shown, bad.size()); ++i) {
        text += fmt::format("  {}: {}\n", core::escaped(bad[i].path),
                            core::escaped(bad[i].reason, longest));
    }
    if (bad.size() > shown) {
        text += fmt::format("  and {} more\n", bad.size() - shown);
    }
    return text + "Mend or remove them, or set on_bad_image = \"skip\" to go on without them.";
}

}  // namespace graft::data
