// SPDX-License-Identifier: Apache-2.0
#include "core/h5/handle.hpp"

#include <cstdlib>

#include "core/file.hpp"

namespace graft::core::h5 {

namespace {

// What HDF5 says of its last error: where it arose, and what the system said there. Its drivers
// write the system's error into their texts alone ("filename = '/a.h5', ..., errno = 28, ...").
struct Reason {
    std::string text, file;
    int error = 0;
};

// Walking upward, entry 0 is where the error arose.
herr_t keep(unsigned n, const H5E_error2_t* error, void* into) {
    auto& reason = *static_cast<Reason*>(into);
    const std::string text = error->desc ? error->desc : "";
    if (n == 0) {
        reason.text = text;
    }
    constexpr std::string_view number = "errno = ", name = "name = '";
    if (const auto at = text.find(number); at != std::string::npos && reason.error == 0) {
        reason.error = std::atoi(text.c_str() + at + number.size());
        if (const auto begin = text.find(name); begin != std::string::npos) {
            const auto start = begin + name.size();
            reason.file = text.substr(start, text.find('\'', start) - start);
        }
    }
    return 0;
}

}  // namespace

Handle::~Handle() {
    switch (id_ >= 0 ? H5Iget_type(id_) : H5I_BADID) {
        case H5I_FILE:
            H5Fclose(id_);
            break;
        case H5I_GROUP:
            H5Gclose(id_);
            break;
        case H5I_DATATYPE:
            H5Tclose(id_);
            break;
        case H5I_DATASPACE:
            H5Sclose(id_);
            break;
        case H5I_DATASET:
            H5Dclose(id_);
            break;
        case H5I_ATTR:
            H5Aclose(id_);
            break;
        case H5I_GENPROP_LST:
            H5Pclose(id_);
            break;
        default:
            break;
    }
}

void fail_h5(std::string_view what) {
    Reason reason;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep, &reason);
    if (reason.error != 0) {
        const auto verb = what.substr(0, what.find(' '));
        fail_file(verb, reason.file.empty() ? what.substr(verb.size()) : reason.file, reason.error);
    }
    throw Refused(
        fmt::format("cannot {} (HDF5: {}). Check the file, its permissions and the free space.",
                    what, reason.text));
}

void prepare_library() {
    // At exit it would close files once more whose close failed on a full disk, and crash (1.10.8).
    // Ours are closed by their owners. Too late, and no harm, where HDF5 was called before us.
    [[maybe_unused]] static const herr_t once = H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    // A file that is given away or downloaded must not read others by its links. The error of a
    // second call, when the kind of link is gone already, is none.
    H5Lunregister(H5L_TYPE_EXTERNAL);
    H5Eclear2(H5E_DEFAULT);
}

}  // namespace graft::core::h5
