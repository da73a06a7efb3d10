// SPDX-License-Identifier: Apache-2.0
#include "core/h5/handle.hpp"

namespace graft::core::h5 {

namespace {

// Walking upward, entry 0 is where the error arose.
herr_t keep_deepest(unsigned n, const H5E_error2_t* error, void* text) {
    if (n == 0 && error->desc) {
        *static_cast<std::string*>(text) = error->desc;
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
    std::string reason;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_deepest, &reason);
    fail_system("cannot {} (HDF5: {}). Check the file, its permissions and the free space.", what,
                reason);
}

void silence() {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

}  // namespace graft::core::h5
