// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <hdf5.h>

#include "core/error.hpp"

namespace graft::core::h5 {

// The library refused what it read or was asked for: a damaged file, or one of another kind. What
// the system said (no space, no permission, a failing disk) is thrown as core/file.hpp has it.
struct Refused : SystemError {
    using SystemError::SystemError;
};

// Owner of one HDF5 id of any kind; the id's own kind of close is called. HDF5 is used by one
// thread of a process only.
class Handle {
  public:
    Handle() = default;
    explicit Handle(hid_t id) : id_(id) {}
    Handle(Handle&& other) noexcept : id_(other.id_) { other.id_ = H5I_INVALID_HID; }
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        return *this;
    }
    ~Handle();
    hid_t get() const { return id_; }
    // Gives the id away; the caller closes it.
    hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }
    explicit operator bool() const { return id_ >= 0; }

  private:
    hid_t id_ = H5I_INVALID_HID;
};

// Returns `result` when it is not negative; otherwise throws Refused with `what` and where HDF5's
// error arose, or what the system's error means.
template <class T>
T checked(T result, std::string_view what);
[[noreturn]] void fail_h5(std::string_view what);

// Before anything else is asked of HDF5, as every File does: no error stacks of its own on our
// output, no work of its own at exit, and no links to other files.
void prepare_library();

template <class T>
T checked(T result, std::string_view what) {
    if (result < 0) {
        fail_h5(what);
    }
    return result;
}

}  // namespace graft::core::h5
