// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace cv {
class Mat;
}

namespace graft::data {

// cv::imdecode: `bytes` into `into`, which stays empty where no decoder takes them; `flags` are
// OpenCV's. Throws cv::Exception.
//
// OpenCV's imgcodecs comes with 120 further libraries, whose loading takes as long as decoding 500
// small pictures. It lies in a module of its own, data/codecs_module.cpp, which is loaded at the
// first call: most sets are JPEGs, which do not need it.
void decode_by_opencv(std::string_view bytes, int flags, cv::Mat& into);

// cv::imencode: an image, BGR, as bytes of a file with that ending (".png"). Throws cv::Exception.
void encode_by_opencv(const char* ending, const cv::Mat& image, std::vector<std::uint8_t>& into);

// Loads the module now: for all copies that this process makes of itself. Throws InputError when it
// is missing.
void load_codecs();

// Where the module lies, in a build folder or installed. Throws InputError when it is in neither
// place.
std::filesystem::path codecs_file();
// Where it lies under an installation's prefix.
std::filesystem::path installed_codecs(const std::filesystem::path& prefix);

}  // namespace graft::data
