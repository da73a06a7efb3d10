// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/nccl.hpp"

#include "core/error.hpp"

#ifdef GRAFT_CUDA
#include <atomic>

#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>
#include <nccl.h>
#endif

namespace graft::trainer::cuda {

#ifdef GRAFT_CUDA

namespace {

void check_nccl(ncclResult_t result) {
    TORCH_CHECK(result == ncclSuccess, "NCCL error: ", ncclGetErrorString(result), " (",
                ncclGetLastError(nullptr), ")");
}

// After what `first` was given so far, `then` goes on.
void order(const c10::cuda::CUDAStream& first, const c10::cuda::CUDAStream& then) {
    at::cuda::CUDAEvent reached;
    reached.record(first);
    reached.block(then);
}

class Nccl final : public Exchange {
  public:
    Nccl(const ncclUniqueId& id, int index, int count, c10::Device device)
        : index_(index),
          count_(count),
          device_(device),
          stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/true, device.index())) {
        ncclComm_t made = nullptr;
        check_nccl(ncclCommInitRank(&made, count, id, index));
        comm_ = made;
    }
    ~Nccl() override {
        // What it returns is of no use any more.
        if (ncclComm_t comm = comm_.exchange(nullptr)) {
            ncclCommDestroy(comm);
        }
    }
    Nccl(const Nccl&) = delete;
    Nccl& operator=(const Nccl&) = delete;

    int index() const override { return index_; }
    int count() const override { return count_; }

    void all_to_all(const at::Tensor& send, const at::Tensor& receive) override {
        const auto stream = c10::cuda::getCurrentCUDAStream(device_.index());
        const auto length = static_cast<std::size_t>(send.size(1));
        ncclComm_t comm = usable();
        check_nccl(ncclGroupStart());
        for (int i = 0; i < count_; ++i) {
            const auto offset = static_cast<std::size_t>(i) * length;
            check_nccl(ncclSend(send.const_data_ptr<float>() + offset, length, ncclFloat, i, comm,
                                stream));
            check_nccl(ncclRecv(receive.mutable_data_ptr<float>() + offset, length, ncclFloat, i,
                                comm, stream));
        }
        check_nccl(ncclGroupEnd());
    }

    void all_gather(const at::Tensor& send, const at::Tensor& receive) override {
        check_nccl(ncclAllGather(send.const_data_ptr<float>(), receive.mutable_data_ptr<float>(),
                                 static_cast<std::size_t>(send.size(0)), ncclFloat, usable(),
                                 c10::cuda::getCurrentCUDAStream(device_.index())));
    }

    void beside(const std::function<void()>& work) override {
        order(c10::cuda::getCurrentCUDAStream(device_.index()), stream_);
        const c10::cuda::CUDAStreamGuard guard(stream_);
        work();
    }
    void join() override { order(stream_, c10::cuda::getCurrentCUDAStream(device_.index())); }

    void check() override {
        ncclResult_t result = ncclSuccess;
        check_nccl(ncclCommGetAsyncError(usable(), &result));
        check_nccl(result);
    }
    // Ends NCCL's calls and kernels that wait for others; it also frees the communicator.
    void abort() override {
        if (ncclComm_t comm = comm_.exchange(nullptr)) {
            ncclCommAbort(comm);
        }
    }

  private:
    ncclComm_t usable() const {
        ncclComm_t comm = comm_;
        if (!comm) {
            throw ExchangeBroken();
        }
        return comm;
    }

    int index_, count_;
    c10::Device device_;
    c10::cuda::CUDAStream stream_;
    std::atomic<ncclComm_t> comm_ = nullptr;  // null: aborted, by whichever thread
};

}  // namespace

struct Meeting::Id {
    ncclUniqueId value{};
};

Meeting::Meeting() : id_(std::make_unique<Id>()) {
    check_nccl(ncclGetUniqueId(&id_->value));
}

std::unique_ptr<Exchange> Meeting::end(int index, int count, c10::Device device) const {
    return std::make_unique<Nccl>(id_->value, index, count, device);
}

#else

struct Meeting::Id {};

Meeting::Meeting() {
    core::fail_input(
        "GPUs cannot be used (this graft-trainer was built without CUDA). Build it with "
        "-DGRAFT_CUDA=ON.");
}

std::unique_ptr<Exchange> Meeting::end(int, int, c10::Device) const {
    return nullptr;
}

#endif

Meeting::~Meeting() = default;
Meeting::Meeting(Meeting&&) noexcept = default;
Meeting& Meeting::operator=(Meeting&&) noexcept = default;

}  // namespace graft::trainer::cuda
