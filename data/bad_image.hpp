// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace graft::data {

// Something wrong with one image or label row, with the reason in words.
struct BadImage {
    std::string path;
    std::string reason;

    template <class Archive>
    void fields(Archive& archive) {
        archive(path, reason);
    }
};

// The message that stops a run: at most 20 of them, how many more, and the way out.
std::string bad_images_text(const std::string& dataset, const std::vector<BadImage>& bad);

}  // namespace graft::data
