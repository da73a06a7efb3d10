// SPDX-License-Identifier: Apache-2.0
#include "data/codecs.hpp"

#include "core/module.hpp"

namespace graft::data {

namespace {

using Decode = void (*)(const char* bytes, std::size_t count, int flags, cv::Mat& into);
using Encode = void (*)(const char* ending, const cv::Mat& image, std::vector<std::uint8_t>& into);

const core::Module& module() {
    static const core::Module value{"graft-codecs", "it decodes PNG, TIFF and some JPEGs",
                                    "Install graft again, with OpenCV's imgcodecs."};
    return value;
}

Decode decoder() {
    static const auto decode =
        reinterpret_cast<Decode>(core::module_symbol(module(), "graft_decode_by_opencv"));
    return decode;
}

}  // namespace

void decode_by_opencv(std::string_view bytes, int flags, cv::Mat& into) {
    decoder()(bytes.data(), bytes.size(), flags, into);
}

void encode_by_opencv(const char* ending, const cv::Mat& image, std::vector<std::uint8_t>& into) {
    reinterpret_cast<Encode>(core::module_symbol(module(), "graft_encode_by_opencv"))(ending, image,
                                                                                      into);
}

void load_codecs() {
    decoder();
}

std::filesystem::path codecs_file() {
    return core::module_file(module());
}

std::filesystem::path installed_codecs(const std::filesystem::path& prefix) {
    return core::installed_module(prefix, module());
}

}  // namespace graft::data
