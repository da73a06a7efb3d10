// SPDX-License-Identifier: Apache-2.0
#include "data/jpeg.hpp"

#include <csetjmp>
#include <cstdio>  // before jpeglib.h, which needs it

#include <jpeglib.h>
#include <opencv2/core.hpp>

#include "data/image_header.hpp"

namespace graft::data {

namespace {

struct Errors {
    jpeg_error_mgr manager;  // first: libjpeg knows no more of this
    std::jmp_buf back;
};

[[noreturn]] void leave(j_common_ptr info) {
    std::longjmp(reinterpret_cast<Errors*>(info->err)->back, 1);
}

// libjpeg leaves by longjmp: each step sets the place to come back to, and has nothing to destroy.
class Decompression {
  public:
    Decompression() {
        info_.err = jpeg_std_error(&errors_.manager);
        errors_.manager.error_exit = leave;
    }
    Decompression(const Decompression&) = delete;
    Decompression& operator=(const Decompression&) = delete;
    ~Decompression() { jpeg_destroy_decompress(&info_); }

    bool read_header(std::string_view bytes) {
        if (setjmp(errors_.back) != 0) {
            return false;
        }
        jpeg_create_decompress(&info_);
        jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
        return jpeg_read_header(&info_, TRUE) == JPEG_HEADER_OK;
    }

    int components() const { return info_.num_components; }
    std::uint64_t pixels() const { return std::uint64_t{info_.image_width} * info_.image_height; }

    bool start(int reduction) {
        if (setjmp(errors_.back) != 0) {
            return false;
        }
        info_.scale_num = 1;
        info_.scale_denom = static_cast<unsigned>(reduction);
        info_.out_color_space = JCS_RGB;
        return jpeg_start_decompress(&info_) == TRUE;
    }

    cv::Size size() const {
        return {static_cast<int>(info_.output_width), static_cast<int>(info_.output_height)};
    }

    bool read_rows(cv::Mat& into) {
        if (setjmp(errors_.back) != 0) {
            return false;
        }
        while (info_.output_scanline < info_.output_height) {
            // As many as may lie in one row of blocks: libjpeg gives no more at once.
            JSAMPROW rows[2 * DCTSIZE];
            JDIMENSION count = 0;
            for (auto row = info_.output_scanline; row < info_.output_height && count < 2 * DCTSIZE;
                 ++row) {
                rows[count++] = into.ptr<JSAMPLE>(static_cast<int>(row));
            }
            jpeg_read_scanlines(&info_, rows, count);
        }
        return true;
    }

    // What comes after the last row may be damaged: it is told, and all rows are there.
    void finish() {
        if (setjmp(errors_.back) == 0) {
            jpeg_finish_decompress(&info_);
        }
    }

  private:
    jpeg_decompress_struct info_{};
    Errors errors_{};
};

[[noreturn]] void fail() {
    throw BadImageError("cannot be decoded: damaged or of an unknown kind");
}

// libjpeg-turbo writes rows that begin at a multiple of 32 bytes past the cache
// (jdcolext-avx2.asm), and what is read next is waited for: 12 us of 48 for 96 x 96 (measured). So
// few rows may do so.
cv::Mat unaligned(cv::Size size) {
    const cv::Mat wider(size.height, size.width + 1, CV_8UC3);
    return wider.colRange(1, size.width + 1);
}

}  // namespace

bool decode_jpeg(std::string_view bytes, int reduction, cv::Mat& into) {
    Decompression jpeg;
    if (!jpeg.read_header(bytes)) {
        fail();
    }
    constexpr int cmyk = 4;
    if (jpeg.components() == cmyk) {
        return false;
    }
    // What read_image_header() let pass; libjpeg may have found another frame in hostile bytes.
    if (jpeg.pixels() > kMostPixels || !jpeg.start(reduction)) {
        fail();
    }
    into = unaligned(jpeg.size());
    if (!jpeg.read_rows(into)) {
        fail();
    }
    jpeg.finish();
    return true;
}

}  // namespace graft::data
