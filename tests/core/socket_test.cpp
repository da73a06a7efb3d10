// SPDX-License-Identifier: Apache-2.0
#include "core/socket.hpp"

#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/process.hpp"

#include "support/catch.hpp"

using namespace graft;
using core::FramedSocket;
using core::Seconds;

namespace {

std::pair<FramedSocket, FramedSocket> sockets(core::Sending sending = core::Sending::blocking) {
    auto [a, b] = core::socket_pair();
    return {FramedSocket(std::move(a), sending), FramedSocket(std::move(b))};
}

}  // namespace

TEST_CASE("frames arrive whole and in order, empty ones too") {
    auto [a, b] = sockets();
    a.send("one");
    a.send("");
    a.send(std::string("t\0wo", 4));
    CHECK(b.receive(Seconds(1)) == "one");
    CHECK(b.receive(Seconds(1)) == "");
    CHECK(b.receive(Seconds(0)) == std::string("t\0wo", 4));
    CHECK_FALSE(b.receive(Seconds(0)));
}

TEST_CASE("a receive gives up when its time is over") {
    auto [a, b] = sockets();
    const auto start = core::now();
    CHECK_FALSE(b.receive(Seconds(0.05)));
    CHECK(Seconds(core::now() - start).count() >= 0.05);
}

TEST_CASE("a closed other end is told after its last frame") {
    auto [a, b] = sockets();
    a.send("last");
    { const FramedSocket gone = std::move(a); }
    CHECK(b.receive(Seconds(1)) == "last");
    CHECK_THROWS_AS(b.receive(Seconds(1)), core::SocketClosed);
    CHECK_THROWS_AS(b.send("more"), core::SocketClosed);
}

TEST_CASE("a buffered send never waits for a reader") {
    auto [a, b] = sockets(core::Sending::buffered);
    const std::string large(3'000'000, 'x');
    a.send(large);
    a.send("small");
    CHECK(a.has_unsent());
    std::thread reader([&b = b, &large] {
        CHECK(b.receive(Seconds(10)) == large);
        CHECK(b.receive(Seconds(10)) == "small");
    });
    while (a.has_unsent()) {
        std::vector<core::Watch> watches{{a.fd(), true, false, false}};
        core::wait_for(watches, Seconds(10));
        a.flush();
    }
    reader.join();
}

TEST_CASE("waiting ends for what is ready, and says which") {
    auto [a, b] = sockets();
    auto [c, d] = sockets();
    c.send("x");
    std::vector<core::Watch> watches{{b.fd(), false, false, false}, {d.fd(), true, false, false}};
    CHECK(core::wait_for(watches, Seconds(5)));
    CHECK_FALSE(watches[0].readable);
    CHECK(watches[1].readable);
    CHECK(watches[1].writable);
}

TEST_CASE("a wake-up ends a wait until it is taken back") {
    const core::WakeUp wake;
    std::vector<core::Watch> watches{{wake.fd(), false, false, false}};
    CHECK_FALSE(core::wait_for(watches, Seconds(0)));
    wake.wake();
    wake.wake();
    CHECK(core::wait_for(watches, Seconds(0)));
    wake.clear();
    CHECK_FALSE(core::wait_for(watches, Seconds(0)));
}

TEST_CASE("sockets and wake-ups are closed in every program that is started") {
    const auto [a, b] = core::socket_pair();
    const core::WakeUp wake;
    for (const int fd : {a.get(), b.get(), wake.fd()}) {
        CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
    // No name in the file system and none to connect to.
    struct sockaddr_un address {};
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(a.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    CHECK(length == sizeof address.sun_family);
    core::Spawn list;
    list.arguments = {"ls", "/proc/self/fd"};
    // 3: the directory that ls reads.
    CHECK(core::run_to_end(list).output == "0\n1\n2\n3\n");
}
