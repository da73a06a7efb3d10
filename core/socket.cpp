// SPDX-License-Identifier: Apache-2.0
#include "core/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace graft::core {

namespace {

constexpr std::uint32_t kLongestFrame = 256u << 20;

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

[[noreturn]] void fail_socket(std::string_view what, int error) {
    const auto text = fmt::format("cannot {} a local socket ({}). Look at the other process's log.",
                                  what, std::strerror(error));
    if (error == EPIPE || error == ECONNRESET) {
        throw SocketClosed(text);
    }
    throw SystemError(text);
}

// Bytes sent; less than all only when `flags` say not to wait. MSG_NOSIGNAL: a closed other end is
// an error here, not a SIGPIPE.
std::size_t send_bytes(int fd, std::string_view bytes, int flags) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto n = ::send(fd, bytes.data() + sent, bytes.size() - sent, flags | MSG_NOSIGNAL);
        if (n >= 0) {
            sent += static_cast<std::size_t>(n);
        } else if (would_block(errno)) {
            break;
        } else if (errno != EINTR) {
            fail_socket("send over", errno);
        }
    }
    return sent;
}

int milliseconds(std::optional<Seconds> timeout) {
    if (!timeout) {
        return -1;
    }
    return static_cast<int>(std::ceil(std::clamp(timeout->count() * 1e3, 0.0, 1e9)));
}

}  // namespace

void FramedSocket::send(std::string_view frame) {
    if (frame.size() > kLongestFrame) {
        throw std::logic_error("a frame is longer than 256 MiB");
    }
    const auto length = static_cast<std::uint32_t>(frame.size());
    unsent_.append(reinterpret_cast<const char*>(&length), sizeof length);
    unsent_.append(frame);
    if (sending_ == Sending::buffered) {
        flush();
        return;
    }
    send_bytes(fd_.get(), unsent_, 0);
    unsent_.clear();
}

void FramedSocket::flush() {
    unsent_.erase(0, send_bytes(fd_.get(), unsent_, MSG_DONTWAIT));
}

std::optional<std::string> FramedSocket::take_frame() {
    std::uint32_t length = 0;
    const std::size_t there = received_.size() - taken_;
    if (there < sizeof length) {
        return std::nullopt;
    }
    std::memcpy(&length, received_.data() + taken_, sizeof length);
    if (length > kLongestFrame) {
        fail_system("a frame of {} bytes came over a local socket (damaged). Start again.", length);
    }
    if (there < sizeof length + length) {
        return std::nullopt;
    }
    std::string frame = received_.substr(taken_ + sizeof length, length);
    taken_ += sizeof length + length;
    if (taken_ == received_.size()) {
        received_.clear();
        taken_ = 0;
    }
    return frame;
}

// False when nothing more is there now.
bool FramedSocket::read_some() {
    char piece[65536];
    while (true) {
        const auto n = ::recv(fd_.get(), piece, sizeof piece, MSG_DONTWAIT);
        if (n > 0) {
            received_.erase(0, taken_);
            taken_ = 0;
            received_.append(piece, static_cast<std::size_t>(n));
            return true;
        }
        if (n == 0) {
            throw SocketClosed(
                "a local socket was closed at the other end. Look at the other process's log.");
        }
        if (would_block(errno)) {
            return false;
        }
        if (errno != EINTR) {
            fail_socket("receive from", errno);
        }
    }
}

std::optional<std::string> FramedSocket::receive(std::optional<Seconds> timeout) {
    const Instant start = now();
    while (true) {
        if (auto frame = take_frame()) {
            return frame;
        }
        if (read_some()) {
            continue;
        }
        std::optional<Seconds> left;
        if (timeout) {
            left = *timeout - (now() - start);
            if (left->count() <= 0) {
                return std::nullopt;
            }
        }
        std::vector<Watch> watches{{fd_.get(), has_unsent(), false, false}};
        wait_for(watches, left);
        if (watches[0].writable) {
            flush();
        }
    }
}

std::pair<Descriptor, Descriptor> socket_pair() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
        fail_socket("make", errno);
    }
    return {Descriptor(fds[0]), Descriptor(fds[1])};
}

bool wait_for(std::vector<Watch>& watches, std::optional<Seconds> timeout) {
    std::vector<pollfd> polled;
    for (const auto& watch : watches) {
        const int events = watch.for_writing ? POLLIN | POLLOUT : POLLIN;
        polled.push_back({watch.fd, static_cast<short>(events), 0});
    }
    const int ready = ::poll(polled.data(), polled.size(), milliseconds(timeout));
    if (ready < 0 && errno != EINTR) {
        fail_system("cannot wait for local sockets ({}). Start again.", std::strerror(errno));
    }
    for (std::size_t i = 0; i < watches.size(); ++i) {
        const int seen = ready > 0 ? polled[i].revents : 0;
        watches[i].readable = (seen & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0;
        watches[i].writable = (seen & POLLOUT) != 0;
    }
    return ready > 0;
}

WakeUp::WakeUp() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!fd_) {
        fail_system("cannot make an event descriptor ({}). Raise 'ulimit -n'.",
                    std::strerror(errno));
    }
}

void WakeUp::wake() const {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the loop is woken anyway.
    [[maybe_unused]] const auto n = ::write(fd_.get(), &one, sizeof one);
}

void WakeUp::clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto n = ::read(fd_.get(), &count, sizeof count);
}

}  // namespace graft::core
