// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/file.hpp"

namespace graft::core {

// The other end is gone: end-of-file, EPIPE or ECONNRESET.
struct SocketClosed : SystemError {
    using SystemError::SystemError;
};

// What send() does when the other end does not read.
enum class Sending {
    blocking,  // waits
    buffered,  // keeps the rest and returns; flush() goes on with it
};

// Frames over a stream socket between processes of one machine and build:
//   length (uint32, machine order), then as many bytes.
class FramedSocket {
  public:
    explicit FramedSocket(Descriptor fd, Sending sending = Sending::blocking)
        : fd_(std::move(fd)), sending_(sending) {}

    // Throws SocketClosed when the other end is gone, std::logic_error for a frame over 256 MiB.
    void send(std::string_view frame);
    // The next whole frame; nothing when none came within the timeout (none: waits for ever; zero:
    // only looks). Throws SocketClosed at end-of-file, SystemError for a length over 256 MiB.
    std::optional<std::string> receive(std::optional<Seconds> timeout);
    // Sends what is kept as far as it fits, without waiting.
    void flush();
    bool has_unsent() const { return !unsent_.empty(); }
    int fd() const { return fd_.get(); }

  private:
    std::optional<std::string> take_frame();
    bool read_some();

    Descriptor fd_;
    Sending sending_;
    std::string unsent_;
    std::string received_;
    std::size_t taken_ = 0;  // bytes of received_ already handed out
};

// Two connected stream sockets, both closed on exec.
std::pair<Descriptor, Descriptor> socket_pair();

// A descriptor to wait for, and what was seen of it. A closed other end counts as readable.
struct Watch {
    int fd = -1;
    bool for_writing = false;  // beside reading
    bool readable = false;
    bool writable = false;
};
// Waits until one is ready or the timeout is over (none: for ever); a signal ends the wait early.
// Returns true when one is ready.
bool wait_for(std::vector<Watch>& watches, std::optional<Seconds> timeout);

// Wakes a loop that waits in wait_for(), from another thread.
class WakeUp {
  public:
    WakeUp();
    void wake() const;
    // Takes back all wakes so far.
    void clear() const;
    int fd() const { return fd_.get(); }

  private:
    Descriptor fd_;
};

}  // namespace graft::core
