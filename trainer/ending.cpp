// SPDX-License-Identifier: Apache-2.0
#include "trainer/ending.hpp"

#include <new>
#include <string_view>

#include <c10/util/Exception.h>

#include "core/error.hpp"

namespace graft::trainer {

namespace {

// torch gives errors of the CUDA runtime no class of their own in 2.7, only this start.
bool is_device_fault(const c10::Error& error) {
    const std::string_view text = error.what_without_backtrace();
    for (const std::string_view mark : {"CUDA error", "CUDNN", "cuDNN error", "CUBLAS", "NCCL"}) {
        if (text.find(mark) != std::string_view::npos) {
            return true;
        }
    }
    return false;
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
        if (!is_device_fault(error)) {
            throw;
        }
        return sweep::DeviceFault{error.what_without_backtrace()};
    } catch (const std::bad_alloc&) {
        return sweep::HostOutOfMemory{"an allocation in the trainer failed"};
    }
}

}  // namespace graft::trainer
