// SPDX-License-Identifier: Apache-2.0
#include "data/worker.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>

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

// Whole orders only: the sockets keep the borders of messages.
bool receive(int socket, TaskOrder& order) {
    ssize_t got = -1;
    do {
        got = ::recv(socket, &order, sizeof order, 0);
    } while (got < 0 && errno == EINTR);
    return got == sizeof order;
}

bool send(int socket, const TaskOrder& order) {
    ssize_t sent = -1;
    do {
        sent = ::send(socket, &order, sizeof order, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == sizeof order;
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
      memory_(settings.slot_bytes * static_cast<std::uint64_t>(settings.slots_per_worker)) {
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
    child_ = core::fork_child([&] {
        ours.close();
        core::close_descriptors_but(theirs.get());  // the other workers' sockets among them
        return serve(theirs);
    });
    socket_ = std::move(ours);
}

int Worker::serve(const core::Descriptor& socket) const {
    TaskOrder order;
    while (receive(socket.get(), order)) {
        work_(order.task,
              {memory_.data() + order.slot * settings_.slot_bytes, settings_.slot_bytes});
        if (!send(socket.get(), order)) {
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

void Worker::give(std::uint64_t task, core::Instant now) {
    const TaskOrder order{task, free_.back()};
    free_.pop_back();
    if (running_.empty()) {
        since_ = now;
    }
    running_.push_back(order);
    send(socket_.get(), order);  // to a child that ended: answer() tells
}

std::optional<TaskOrder> Worker::answer(core::Instant now) {
    TaskOrder order;
    if (!receive(socket_.get(), order)) {
        return std::nullopt;
    }
    // A hostile picture may have got the better of the decoder: only what it was given counts.
    if (running_.empty() || order.task != running_.front().task ||
        order.slot != running_.front().slot) {
        child_->signal(SIGKILL);
        return std::nullopt;
    }
    running_.pop_front();
    since_ = now;
    return order;
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
    return {memory_.data() + number * settings_.slot_bytes, settings_.slot_bytes};
}

}  // namespace graft::data
