// SPDX-License-Identifier: Apache-2.0
// core/socket: the bytes that the other end of a socket sends, cut into frames.
#include <sys/socket.h>

#include "core/socket.hpp"

#include "fuzz/fuzz.hpp"

using namespace graft;

namespace {

// The socket's buffer takes so much without a reader.
constexpr std::size_t kMostBytes = 32768;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto [ours, theirs] = core::socket_pair();
    const auto sent = ::send(theirs.get(), data, std::min(size, kMostBytes), MSG_DONTWAIT);
    fuzz::demand(size == 0 || sent > 0, "the bytes fit into the socket");
    theirs.close();
    core::FramedSocket socket(std::move(ours));
    std::size_t received = 0;
    try {
        while (const auto frame = socket.receive(core::Seconds(0))) {
            received += frame->size() + sizeof(std::uint32_t);
            fuzz::demand(received <= size, "frames hold what was sent, and nothing else");
        }
    } catch (const core::SystemError&) {  // SocketClosed at the end, or an absurd length
        return 0;
    }
    return 0;
}
