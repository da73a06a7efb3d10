// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sweep/picture_request.hpp"

#include "commands/kept_files.hpp"
#include "results/report/page.hpp"

namespace graft::commands {

// Of each dataset's best checkpoint the test images that it classified worst, with where the
// evidence lies for the class that they were taken for and for their own (trainer/grad_cam.hpp).
struct Saliency {
    std::string dataset;
    sweep::PictureRequest request;
};
// Datasets whose checkpoint, predictions or prepared file is gone are named in `missing`, with why.
std::vector<Saliency> saliencies_of(const sweep::Record& record, const KeptFiles& files,
                                    std::size_t images, std::vector<std::string>& missing);

// Pictures for a report: all of <sweep>/preview, and those of `saliencies`, which are made in
// <sweep>/saliency.
std::vector<results::report::Picture> augmented_pictures(const std::filesystem::path& sweep);
std::vector<results::report::Picture> salient_pictures(const std::filesystem::path& sweep,
                                                       const std::vector<Saliency>& saliencies);

}  // namespace graft::commands
