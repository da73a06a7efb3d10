// SPDX-License-Identifier: Apache-2.0
#include "core/process.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/signal.hpp"
#include "core/socket.hpp"
#include "core/text.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::tests;

namespace {

core::Spawn shell(const std::string& script) {
    core::Spawn spawn;
    spawn.arguments = {"/bin/sh", "-c", script};
    return spawn;
}

std::string output_of(const core::Spawn& spawn) {
    auto text = core::run_to_end(spawn).output;
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return text;
}

// The line of a process's status, without its name.
std::string status_line(const std::string& name) {
    return "sed -n 's/^" + name + ":[[:space:]]*//p' /proc/self/status";
}

void wait_until_gone(pid_t pid) {
    for (int i = 0; i < 500; ++i) {
        const auto state = core::read_file_if_there(fmt::format("/proc/{}/stat", pid));
        if (!state || state->find(") Z ") != std::string::npos) {
            return;
        }
        core::sleep_for(core::Seconds(0.01));
    }
    FAIL("the process still runs after 5 s");
}

}  // namespace

TEST_CASE("a child's exit code and signal are told apart") {
    const auto exited = core::spawn(shell("exit 7")).wait();
    CHECK(std::get<core::Exited>(exited).code == 7);
    const auto killed = core::spawn(shell("kill -SEGV $$")).wait();
    CHECK(std::get<core::Signalled>(killed).signal == SIGSEGV);
    CHECK(core::text_of(killed) == "signal 11 (SIGSEGV)");
}

TEST_CASE("a program that is not there is an input error") {
    core::Spawn spawn;
    spawn.arguments = {"/nowhere/program"};
    CHECK_THROWS_AS(core::spawn(spawn), core::InputError);
    spawn.arguments = {"no-such-program-in-path"};
    CHECK_THROWS_AS(core::spawn(spawn), core::InputError);
}

TEST_CASE("a child has the descriptors it was given and no other") {
    const core::Descriptor leaked(::open("/dev/null", O_RDONLY));
    const core::Descriptor given(::open("/dev/null", O_RDONLY));
    // No pipeline, whose ends the shell would hold for a moment; `true` keeps it from becoming ls.
    auto spawn = shell("ls /proc/$$/fd; true");
    spawn.descriptors[3] = given.get();
    CHECK(output_of(spawn) == "0\n1\n2\n3");
    spawn = shell("readlink /proc/$$/fd/0");
    CHECK(output_of(spawn) == "/dev/null");
}

TEST_CASE("descriptors may change places") {
    const TemporaryDirectory directory;
    const core::Descriptor one = core::open_to_append(directory / "one");
    const core::Descriptor two = core::open_to_append(directory / "two");
    auto spawn = shell(fmt::format("echo 1 >&{}; echo 2 >&{}", two.get(), one.get()));
    spawn.descriptors[two.get()] = one.get();
    spawn.descriptors[one.get()] = two.get();
    core::spawn(spawn).wait();
    CHECK(core::read_file(directory / "one") == "1\n");
    CHECK(core::read_file(directory / "two") == "2\n");
}

TEST_CASE("variables are set, removed, and removed by prefix") {
    auto spawn = shell("echo ${HOME:-none} ${OMPI_X:-none} ${GRAFT_Y:-none}");
    spawn.environment = {{"HOME", std::nullopt}, {"GRAFT_Y", "y"}};
    auto outer = shell("env");
    outer.environment["OMPI_X"] = "x";
    CHECK_THAT(output_of(outer), ContainsSubstring("OMPI_X=x"));
    ::setenv("OMPI_X", "x", 1);
    spawn.without_prefixes = {"OMPI_"};
    CHECK(output_of(spawn) == "none none y");
    ::unsetenv("OMPI_X");
}

TEST_CASE("signals of the child are default, unblocked, and ignored where asked for") {
    const core::SignalFlags flags{SIGTERM};
    CHECK(output_of(shell(status_line("SigBlk"))) == "0000000000000000");
    CHECK(output_of(shell(status_line("SigIgn"))) == "0000000000000000");
    auto spawn = shell(status_line("SigIgn"));
    spawn.ignores_signals = true;
    const auto mask = std::stoull(output_of(spawn), nullptr, 16);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
        CHECK((mask >> (signal - 1) & 1) == 1);
    }
    CHECK((mask >> (SIGCHLD - 1) & 1) == 0);
}

TEST_CASE("a child has its own process group and cores") {
    auto spawn = shell("cut -d' ' -f5 /proc/$$/stat; echo $$");
    const auto lines = core::split(output_of(spawn), '\n');
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == lines[1]);
    const int core = core::allowed_cores().front();
    spawn = shell(status_line("Cpus_allowed_list"));
    spawn.cores = {core};
    CHECK(output_of(spawn) == std::to_string(core));
}

TEST_CASE("a child dies with its parent") {
    auto inner = core::spawn(shell("exit 0"));
    inner.wait();
    // A thread is a parent, too: the child goes when the thread that spawned it ends.
    std::optional<core::Child> child;
    std::thread([&] { child = core::spawn(shell("sleep 100")); }).join();
    const auto status = child->wait();
    CHECK(std::get<core::Signalled>(status).signal == SIGKILL);
}

TEST_CASE("the owner's end kills the child and its group") {
    const TemporaryDirectory directory;
    const auto file = directory / "pid";
    pid_t pid = 0;
    {
        const auto child = core::spawn(shell(
            fmt::format("sleep 100 & echo $! > {0}.new; mv {0}.new {0}; wait", file.string())));
        while (!core::read_file_if_there(file)) {
            core::sleep_for(core::Seconds(0.01));
        }
        pid = static_cast<pid_t>(std::stol(core::read_file(file)));
    }
    wait_until_gone(pid);
}

TEST_CASE("a process that has ended exists no more, although nobody has waited for it") {
    CHECK(core::process_exists(core::own_pid()));
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    CHECK(core::process_exists(child));
    ::kill(child, SIGKILL);
    siginfo_t ended{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) == 0);
    CHECK(::kill(child, 0) == 0);
    CHECK_FALSE(core::process_exists(child));
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    CHECK_FALSE(core::process_exists(child));
}

TEST_CASE("signal flags count, and give the signals back") {
    {
        const core::SignalFlags flags{SIGUSR1, SIGUSR2};
        ::raise(SIGUSR1);
        ::raise(SIGUSR1);
        CHECK(flags.count(SIGUSR1) == 2);
        CHECK(flags.count(SIGUSR2) == 0);
        CHECK(flags.total() == 2);
    }
    struct sigaction now {};
    ::sigaction(SIGUSR1, nullptr, &now);
    CHECK(now.sa_handler == SIG_DFL);
}

TEST_CASE("a copy of the process that closes its descriptors keeps the one that it asks for") {
    auto [a, b] = core::socket_pair();
    const auto held = core::open_to_hold("/dev/null");
    auto child = core::fork_child([&, kept = b.get(), closed = {a.get(), held.get()}] {
        core::close_descriptors_but(kept);
        const bool open = ::fcntl(kept, F_GETFD) >= 0 && ::fcntl(2, F_GETFD) >= 0;
        const bool all_closed = std::all_of(closed.begin(), closed.end(),
                                            [](int fd) { return ::fcntl(fd, F_GETFD) < 0; });
        return open && all_closed ? 0 : 3;
    });
    CHECK(core::text_of(child.wait()) == "exit code 0");
}
