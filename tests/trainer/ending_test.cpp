// SPDX-License-Identifier: Apache-2.0
#include "trainer/ending.hpp"

#include <new>
#include <stdexcept>

#include <ATen/ops/empty.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include "core/error.hpp"

#include "support/catch.hpp"
#include "trainer/life.hpp"

using namespace graft;

namespace {

// The processor's allocator with a device's small memory: what does not fit throws what CUDA's
// throws.
class CappedAllocator final : public c10::Allocator {
  public:
    explicit CappedAllocator(std::size_t largest) : largest_(largest) {
        c10::SetCPUAllocator(this);
    }
    ~CappedAllocator() override { c10::SetCPUAllocator(inner_); }
    CappedAllocator(const CappedAllocator&) = delete;
    CappedAllocator& operator=(const CappedAllocator&) = delete;

    c10::DataPtr allocate(std::size_t bytes) override {
        TORCH_CHECK_WITH(OutOfMemoryError, bytes <= largest_,
                         "CUDA out of memory. Tried to allocate ", bytes, " bytes.");
        return inner_->allocate(bytes);
    }
    c10::DeleterFnPtr raw_deleter() const override { return inner_->raw_deleter(); }
    void copy_data(void* to, const void* from, std::size_t bytes) const override {
        inner_->copy_data(to, from, bytes);
    }

  private:
    std::size_t largest_;
    c10::Allocator* inner_ = c10::GetDefaultCPUAllocator();
};

template <class Ending>
std::string message_of(const std::function<void()>& body) {
    const auto ending = trainer::ending_of([&]() -> sweep::Ending {
        body();
        return sweep::Completed{};
    });
    REQUIRE(std::holds_alternative<Ending>(ending));
    return std::get<Ending>(ending).message;
}

}  // namespace

TEST_CASE("an allocation that no machine can serve is host out of memory, without a stack") {
    const auto text = message_of<sweep::HostOutOfMemory>(
        [] { static_cast<void>(at::empty({std::int64_t{1} << 45})); });
    CHECK_THAT(text, ContainsSubstring("you tried to allocate 140737488355328 bytes"));
    CHECK(text.find('\n') == std::string::npos);
    CHECK_FALSE(message_of<sweep::HostOutOfMemory>([] { throw std::bad_alloc(); }).empty());
}

TEST_CASE("input and space end the attempt with their message") {
    CHECK(message_of<sweep::InputFault>([] { core::fail_input("wrong"); }) == "wrong");
    CHECK(message_of<sweep::NoSpace>([] { throw core::NoSpaceError("full"); }) == "full");
}

namespace {

// As c10_cuda_check_implementation throws it.
std::function<void()> cuda_error(const std::string& text) {
    return [text] {
        TORCH_CHECK(false, "CUDA error: ", text,
                    "\nCUDA kernel errors might be asynchronously reported at some other API call, "
                    "so the stacktrace below might be incorrect.\n");
    };
}

}  // namespace

TEST_CASE("errors of CUDA and its libraries are faults of the device, told in one line") {
    for (const std::string text :
         {"an illegal memory access was encountered", "uncorrectable ECC error encountered",
          "unspecified launch failure", "no CUDA-capable device is detected", "unknown error"}) {
        CHECK(message_of<sweep::DeviceFault>(cuda_error(text)) == "CUDA error: " + text);
    }
    CHECK_FALSE(message_of<sweep::DeviceFault>([] {
                    TORCH_CHECK(false, "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED");
                }).empty());
    CHECK_FALSE(message_of<sweep::DeviceFault>([] {
                    TORCH_CHECK(false, "NCCL error in: x.cpp:1, unhandled cuda error");
                }).empty());
}

TEST_CASE("a device that another process holds is busy, not at fault") {
    for (const std::string text : {"CUDA-capable device(s) is/are busy or unavailable",
                                   "all CUDA-capable devices are busy or unavailable",
                                   "exclusive-thread device already in use by another thread"}) {
        CHECK(message_of<sweep::DeviceBusy>(cuda_error(text)) == "CUDA error: " + text);
    }
}

TEST_CASE("a device is out of memory whoever asks for it") {
    CHECK_THAT(message_of<sweep::DeviceOutOfMemory>([] {
                   TORCH_CHECK_WITH(OutOfMemoryError, false,
                                    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a "
                                    "total capacity of 15.77 GiB of which 1.02 GiB is free.");
               }),
               ContainsSubstring("15.77 GiB"));
    CHECK_FALSE(message_of<sweep::DeviceOutOfMemory>(cuda_error("out of memory")).empty());
    CHECK_FALSE(message_of<sweep::DeviceOutOfMemory>([] {
                    TORCH_CHECK(false,
                                "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling "
                                "`cublasCreate(handle)`");
                }).empty());
}

TEST_CASE("what is no ending of an attempt is thrown on") {
    const auto thrown = [](const std::function<void()>& body) {
        return [body] {
            trainer::ending_of([&]() -> sweep::Ending {
                body();
                return sweep::Completed{};
            });
        };
    };
    CHECK_THROWS_AS(thrown([] { throw std::logic_error("a bug"); })(), std::logic_error);
    CHECK_THROWS_AS(thrown([] { TORCH_CHECK(false, "shapes do not fit"); })(), c10::Error);
    CHECK_THROWS_AS(thrown(cuda_error("device-side assert triggered"))(), c10::Error);
}

TEST_CASE(
    "a training that outgrows the device's memory ends so, and the next one that fits trains") {
    const tests::Study study;
    tests::Life life(study, tests::spec_with_everything());
    const auto train = [&]() -> sweep::Ending {
        life.attempt();
        return sweep::Completed{};
    };
    {
        const CappedAllocator small_device(50'000);
        const auto ending = trainer::ending_of(train);
        REQUIRE(std::holds_alternative<sweep::DeviceOutOfMemory>(ending));
        CHECK_THAT(std::get<sweep::DeviceOutOfMemory>(ending).message,
                   ContainsSubstring("Tried to allocate"));
        life.ledger.end_attempt(ending);
    }
    CHECK(std::holds_alternative<sweep::Completed>(trainer::ending_of(train)));
}
