// SPDX-License-Identifier: Apache-2.0
#include "trainer/ending.hpp"

#include <algorithm>
#include <initializer_list>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include <c10/util/Exception.h>

#include "core/error.hpp"

namespace graft::trainer {

namespace {

bool has_any(std::string_view text, std::initializer_list<std::string_view> marks) {
    return std::any_of(marks.begin(), marks.end(), [&](std::string_view mark) {
        return text.find(mark) != std::string_view::npos;
    });
}

// torch gives errors of the CUDA runtime and its libraries no class of their own in 2.7, only these
// texts (of cudaGetErrorString, and the libraries' status names). Nothing for other errors, and for
// an assertion in a kernel: that is the program's fault, not the device's.
std::optional<sweep::Ending> device_ending(const c10::Error& error) {
    const std::string_view text = error.what_without_backtrace();
    // What follows is the same advice on debugging for all.
    const std::string first(text.substr(0, text.find('\n')));
    if (!has_any(text, {"CUDA error", "CUDNN", "cuDNN error", "CUBLAS", "NCCL"}) ||
        has_any(text, {"device-side assert"})) {
        return std::nullopt;
    }
    if (has_any(text, {"busy or unavailable", "in use by another thread"})) {
        return sweep::DeviceBusy{first};
    }
    if (has_any(text, {"CUDA error: out of memory", "STATUS_ALLOC_FAILED"})) {
        return sweep::DeviceOutOfMemory{first};
    }
    return sweep::DeviceFault{first};
}

// What torch's allocator for the processor says of a failed allocation; empty for other errors.
std::string_view host_allocation_text(const c10::Error& error) {
    const std::string_view text = error.what_without_backtrace();
    const auto start = text.find("DefaultCPUAllocator");
    return start == std::string_view::npos ? "" : text.substr(start);
}

}  // namespace

sweep::Ending ending_of(const std::function<sweep::Ending()>& train) {
    try {
        return train();
    } catch (const core::InputError& error) {
        return sweep::InputFault{error.what()};
    } catch (const core::NoSpaceError& error) {
        return sweep::NoSpace{error.what()};
    } catch (const c10::OutOfMemoryError& error) {
        return sweep::DeviceOutOfMemory{error.what_without_backtrace()};
    } catch (const c10::Error& error) {
        if (const auto text = host_allocation_text(error); !text.empty()) {
            return sweep::HostOutOfMemory{std::string(text)};
        }
        if (auto ending = device_ending(error)) {
            return *std::move(ending);
        }
        throw;
    } catch (const std::bad_alloc&) {
        return sweep::HostOutOfMemory{"an allocation in the trainer failed"};
    }
}

}  // namespace graft::trainer
