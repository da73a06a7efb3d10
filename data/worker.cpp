// SPDX-License-Identifier: Apache-2.0
#include "data/worker.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>

#include <sys/mman.h>
#include <sys/socket.h>

#include "core/error.hpp"

namespace graft::data {

namespace {

[[noreturn]] void fail_start(const char* what) {
    core::fail_system(
        "cannot {} for a decoding process ({}). Check the limits of processes, memory "
        "and open files, or ask for fewer workers.",
        what, std::strerror(errno));
}

// One message: the sockets keep their borders. The bytes of it, 0 when the other end is gone.
std::size_t receive(int socket, void* into, std::size_t most) {
    ssize_t got = -1;
    do {
        got = ::recv(socket, into, most, 0);
    } while (got < 0 && errno == EINTR);
    return static_cast<std::size_t>(std::max<ssize_t>(got, 0));
}

bool send(int socket, const void* bytes, std::size_t count) {
    ssize_t sent = -1;
    do {
        sent = ::send(socket, bytes, count, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(count);
}

}  // namespace

SharedMemory::SharedMemory(std::size_t bytes) : bytes_(bytes) {
    void* memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        fail_start("share memory");
    }
    data_ = static_cast<std::uint8_t*>(memory);
}

SharedMemory::~SharedMemory() {
    ::munmap(data_, bytes_);
}

Worker::Worker(const PoolSettings& settings, const TaskWork& work)
    : settings_(settings),
      work_(work),
      memory_(sizeof(WorkerHead) +
              settings.slot_bytes * static_cast<std::uint64_t>(settings.slots_per_worker)) {
    for (int i = settings.slots_per_worker; i > 0; --i) {
        free_.push_back(static_cast<std::uint32_t>(i - 1));
    }
}

Worker::~Worker() {
    if (child_) {
        end(true);  // waiting for it would not do: later children hold its socket open
    }
}

void Worker::start() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        fail_start("make a socket");
    }
    core::Descriptor ours(ends[0]);
    core::Descriptor theirs(ends[1]);
    new (memory_.data()) WorkerHead;
    taken_ = 0;
    child_ = core::fork_child([&] {
        ours.close();
        core::close_descriptors_but(theirs.get());  // the other workers' sockets among them
        return serve(theirs);
    });
    socket_ = std::move(ours);
}

int Worker::serve(const core::Descriptor& socket) const {
    std::vector<TaskOrder> orders(static_cast<std::size_t>(settings_.slots_per_worker));
    const std::size_t most = orders.size() * sizeof(TaskOrder);
    while (const auto got = receive(socket.get(), orders.data(), most)) {
        for (std::size_t i = 0; i < got / sizeof(TaskOrder); ++i) {
            work_(orders[i].task, memory_of(orders[i].slot));
            head().done.fetch_add(1, std::memory_order_release);
        }
        const char all_done = 0;
        if (!send(socket.get(), &all_done, sizeof all_done)) {
            break;
        }
    }
    return 0;
}

std::string Worker::end(bool late) {
    socket_.close();
    if (late) {
        child_->signal(SIGKILL);
    }
    const core::ExitStatus status = child_->wait();
    child_.reset();
    if (late) {
        return fmt::format("decoding took longer than {} s", settings_.time_limit.count());
    }
    const auto* signalled = std::get_if<core::Signalled>(&status);
    return fmt::format("the decoder {} ({})", signalled ? "crashed" : "ended",
                       core::text_of(status));
}

void Worker::give(std::span<const std::uint64_t> tasks, core::Instant now) {
    if (running_.empty()) {
        since_ = now;
    }
    std::vector<TaskOrder> orders;
    for (const auto task : tasks) {
        orders.push_back({task, free_.back()});
        free_.pop_back();
    }
    running_.insert(running_.end(), orders.begin(), orders.end());
    // To a child that ended: hear() tells.
    send(socket_.get(), orders.data(), orders.size() * sizeof(TaskOrder));
}

bool Worker::hear() {
    char all_done = 0;
    return receive(socket_.get(), &all_done, sizeof all_done) > 0;
}

std::optional<std::vector<TaskOrder>> Worker::finished(core::Instant now) {
    // A hostile picture may have got the better of the decoder: only what it was given counts.
    const auto count = head().done.load(std::memory_order_acquire) - taken_;
    if (count > running_.size()) {
        child_->signal(SIGKILL);
        return std::nullopt;
    }
    const auto end = running_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<TaskOrder> orders(running_.begin(), end);
    running_.erase(running_.begin(), end);
    taken_ += count;
    if (count > 0) {
        since_ = now;
    }
    return orders;
}

void Worker::forget_running() {
    for (const auto& order : running_) {
        free_.push_back(order.slot);
    }
    running_.clear();
}

bool Worker::is_late(core::Instant now) const {
    return !running_.empty() && now - since_ > settings_.time_limit;
}

std::span<const std::uint8_t> Worker::slot(std::uint32_t number) const {
    return memory_of(number);
}

std::span<std::uint8_t> Worker::memory_of(std::uint32_t slot) const {
    return {memory_.data() + sizeof(WorkerHead) + slot * settings_.slot_bytes,
            settings_.slot_bytes};
}

}  // namespace graft::data
