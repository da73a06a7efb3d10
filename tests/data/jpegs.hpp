// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>  // before jpeglib.h, which needs it
#include <cstdlib>
#include <string>

#include <jpeglib.h>
#include <opencv2/core.hpp>

namespace graft::tests {

// What OpenCV's writer does not offer. Luma is stored `across` x `down` times as finely as chroma.
struct JpegKind {
    int across = 1, down = 1;
    bool progressive = false;
    int restart_rows = 0;
};

// A picture of 1 (grey), 3 (RGB) or 4 (CMYK) channels.
inline std::string jpeg_of(const cv::Mat& picture, const JpegKind& kind = {}) {
    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = static_cast<unsigned>(picture.cols);
    info.image_height = static_cast<unsigned>(picture.rows);
    info.input_components = picture.channels();
    info.in_color_space = picture.channels() == 1   ? JCS_GRAYSCALE
                          : picture.channels() == 3 ? JCS_RGB
                                                    : JCS_CMYK;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 90, TRUE);
    info.comp_info[0].h_samp_factor = kind.across;
    info.comp_info[0].v_samp_factor = kind.down;
    info.restart_in_rows = kind.restart_rows;
    if (kind.progressive) {
        jpeg_simple_progression(&info);
    }
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        auto* row =
            const_cast<JSAMPROW>(picture.ptr<std::uint8_t>(static_cast<int>(info.next_scanline)));
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    std::string result(reinterpret_cast<const char*>(bytes), size);
    std::free(bytes);
    return result;
}

}  // namespace graft::tests
