// SPDX-License-Identifier: Apache-2.0
#include "core/process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/env.hpp"
#include "core/error.hpp"

namespace graft::core {

namespace {

// Everything that the child needs between fork and exec, made before the fork: in between only
// async-signal-safe calls are allowed, for another thread may have held a lock.
struct Prepared {
    std::string program;
    std::vector<char*> arguments;
    std::vector<std::string> environment_texts;
    std::vector<char*> environment;
    std::vector<std::pair<int, int>> descriptors;  // target, source
    cpu_set_t cores{};
    bool bind = false;
    bool own_group = true, ignores_signals = false, dies_with_parent = true;
    const char* directory = nullptr;
    int report = -1;  // errno of a failed step goes there; closed by a successful exec
    pid_t parent = 0;
};

bool kept(std::string_view entry, const Spawn& what) {
    const auto name = entry.substr(0, entry.find('='));
    return what.environment.count(std::string(name)) == 0 &&
           std::none_of(
               what.without_prefixes.begin(), what.without_prefixes.end(),
               [&](const auto& prefix) { return name.substr(0, prefix.size()) == prefix; });
}

std::vector<std::string> environment_of(const Spawn& what) {
    std::vector<std::string> entries;
    for (auto& entry : environment()) {
        if (kept(entry, what)) {
            entries.push_back(std::move(entry));
        }
    }
    for (const auto& [name, value] : what.environment) {
        if (value) {
            entries.push_back(name + "=" + *value);
        }
    }
    return entries;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const auto& text : texts) {
        result.push_back(const_cast<char*>(text.c_str()));  // as execve wants them
    }
    result.push_back(nullptr);
    return result;
}

std::string program_path(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return name;
    }
    std::string rest = env("PATH").value_or("/usr/bin:/bin");
    while (!rest.empty()) {
        const auto end = rest.find(':');
        const std::string candidate = rest.substr(0, end) + "/" + name;
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
        rest = end == std::string::npos ? "" : rest.substr(end + 1);
    }
    fail_input("cannot find the program '{}' (it is in no directory of PATH). Install it.", name);
}

constexpr unsigned kHighest = ~0u;

void close_between(int first, unsigned last) {
    if (static_cast<unsigned>(first) > last) {
        return;
    }
#ifdef SYS_close_range
    if (::syscall(SYS_close_range, first, last, 0) == 0) {
        return;
    }
#endif
    struct rlimit limit {};
    constexpr rlim_t most = 1 << 20;
    const rlim_t count = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : most;
    for (int fd = first; fd < static_cast<int>(std::min({rlim_t{last} + 1, count, most})); ++fd) {
        ::close(fd);
    }
}

// Gives the child exactly the descriptors asked for; the report moves to the number after the
// highest of them. Returns that number, or -1.
int arrange_descriptors(const Prepared& prepared, int highest) {
    int sources[32];
    std::size_t count = 0;
    // First out of the way of every target, then into place.
    for (const auto& [target, source] : prepared.descriptors) {
        sources[count] =
            source < 0 ? ::open("/dev/null", O_RDWR) : ::fcntl(source, F_DUPFD, highest + 2);
        if (sources[count] >= 0 && source < 0) {
            sources[count] = ::fcntl(sources[count], F_DUPFD, highest + 2);
        }
        if (sources[count++] < 0) {
            return -1;
        }
    }
    const int report = ::fcntl(prepared.report, F_DUPFD, highest + 2);
    if (report < 0) {
        return -1;
    }
    for (int fd = 0; fd <= highest; ++fd) {
        ::close(fd);
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (::dup2(sources[i], prepared.descriptors[i].first) < 0) {
            return -1;
        }
    }
    if (::dup3(report, highest + 1, O_CLOEXEC) < 0) {
        return -1;
    }
    close_between(highest + 2, kHighest);
    return highest + 1;
}

void arrange_signals(const Prepared& prepared) {
    struct sigaction action {};
    sigemptyset(&action.sa_mask);
    for (int number = 1; number < NSIG; ++number) {
        action.sa_handler = SIG_DFL;
        if (prepared.ignores_signals &&
            (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGUSR1)) {
            action.sa_handler = SIG_IGN;
        }
        ::sigaction(number, &action, nullptr);  // KILL and STOP refuse, and need nothing
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become(const Prepared& prepared) {
    int report = prepared.report;
    if (prepared.dies_with_parent) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != prepared.parent) {
            ::_exit(127);
        }
    }
    bool good = !prepared.own_group || ::setpgid(0, 0) == 0;
    // Cores are a wish: a set outside of our cgroup must not keep the trainer from running.
    if (prepared.bind) {
        ::sched_setaffinity(0, sizeof prepared.cores, &prepared.cores);
    }
    good = good && (!prepared.directory || ::chdir(prepared.directory) == 0);
    if (good) {
        const int highest = prepared.descriptors.back().first;
        report = arrange_descriptors(prepared, highest);
        good = report >= 0;
    }
    if (good) {
        arrange_signals(prepared);
        ::execve(prepared.program.c_str(), prepared.arguments.data(), prepared.environment.data());
    }
    const int error = errno;
    [[maybe_unused]] const auto n = ::write(report, &error, sizeof error);
    ::_exit(127);
}

Prepared prepare(const Spawn& what) {
    Prepared prepared;
    prepared.program = what.program ? what.program->string() : program_path(what.arguments.at(0));
    prepared.arguments = pointers(what.arguments);
    prepared.environment_texts = environment_of(what);
    prepared.environment = pointers(prepared.environment_texts);
    std::map<int, int> descriptors{{0, -1}, {1, 1}, {2, 2}};
    for (const auto& [target, source] : what.descriptors) {
        descriptors[target] = source;
    }
    prepared.descriptors.assign(descriptors.begin(), descriptors.end());
    CPU_ZERO(&prepared.cores);
    for (const int core : what.cores) {
        CPU_SET(static_cast<unsigned>(core), &prepared.cores);
        prepared.bind = true;
    }
    prepared.own_group = what.own_group;
    prepared.ignores_signals = what.ignores_signals;
    prepared.dies_with_parent = what.dies_with_parent;
    prepared.directory = what.directory ? what.directory->c_str() : nullptr;
    prepared.parent = ::getpid();
    return prepared;
}

ExitStatus status_from(int raw) {
    if (WIFSIGNALED(raw)) {
        return Signalled{WTERMSIG(raw)};
    }
    return Exited{WEXITSTATUS(raw)};
}

ssize_t read_retrying(int fd, void* into, std::size_t count) {
    ssize_t n = 0;
    do {
        n = ::read(fd, into, count);
    } while (n < 0 && errno == EINTR);
    return n;
}

void keep_within(const CopyLimits& limits) {
    ::alarm(limits.seconds);
// The shadow memory of these sanitizers alone takes terabytes.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    if (limits.bytes > 0) {
        const rlim_t bytes = address_space() + limits.bytes;
        const struct rlimit most { bytes, bytes };
        ::setrlimit(RLIMIT_AS, &most);  // fails where a lower one holds already: as good
    }
#endif
}

}  // namespace

std::pair<Descriptor, Descriptor> make_pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) {
        fail_system("cannot make a pipe ({}). Raise 'ulimit -n'.", std::strerror(errno));
    }
    return {Descriptor(fds[0]), Descriptor(fds[1])};
}

Child spawn(const Spawn& what) {
    Prepared prepared = prepare(what);
    auto [listen, report] = make_pipe();
    prepared.report = report.get();
    // No handler of ours may run in the child before its signals are set.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) {
        become(prepared);
    }
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) {
        fail_system("cannot start '{}' ({}). Raise 'ulimit -u' or free memory.", prepared.program,
                    std::strerror(error));
    }
    Child child(pid, what.own_group);
    report.close();
    int failed = 0;
    if (read_retrying(listen.get(), &failed, sizeof failed) == sizeof failed) {
        child.wait();
        fail_input("cannot start '{}' ({}). Check that it is there and can be executed.",
                   what.arguments.front(), std::strerror(failed));
    }
    return child;
}

Child::Child(Child&& other) noexcept
    : pid_(other.pid_), own_group_(other.own_group_), status_(other.status_) {
    other.pid_ = -1;
}

Child& Child::operator=(Child&& other) noexcept {
    if (this != &other) {
        end();
        pid_ = other.pid_;
        own_group_ = other.own_group_;
        status_ = other.status_;
        other.pid_ = -1;
    }
    return *this;
}

Child::~Child() {
    end();
}

void Child::end() noexcept {
    if (pid_ > 0 && !status_) {
        ::kill(own_group_ ? -pid_ : pid_, SIGKILL);
        ::kill(pid_, SIGKILL);
        int raw = 0;
        while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
        }
    }
    pid_ = -1;
}

std::optional<ExitStatus> Child::try_reap() {
    if (!status_) {
        int raw = 0;
        const pid_t reaped = ::waitpid(pid_, &raw, WNOHANG);
        if (reaped == pid_) {
            status_ = status_from(raw);
        } else if (reaped < 0 && errno != EINTR) {
            fail_system("cannot wait for process {} ({}). Start again.", pid_,
                        std::strerror(errno));
        }
    }
    return status_;
}

ExitStatus Child::wait() {
    while (!status_) {
        int raw = 0;
        if (::waitpid(pid_, &raw, 0) == pid_) {
            status_ = status_from(raw);
        } else if (errno != EINTR) {
            fail_system("cannot wait for process {} ({}). Start again.", pid_,
                        std::strerror(errno));
        }
    }
    return *status_;
}

void Child::signal(int number) {
    if (!status_) {
        ::kill(pid_, number);
    }
}

void Child::signal_group(int number) {
    ::kill(own_group_ ? -pid_ : pid_, number);
}

Child fork_child(const std::function<int()>& body, const CopyLimits& limits) {
    std::fflush(nullptr);  // or both would write what is waiting
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        fail_system("cannot start a process ({}). Raise 'ulimit -u' or free memory.",
                    std::strerror(errno));
    }
    if (child == 0) {
        die_with_parent(parent);
        for (const int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM}) {
            std::signal(crash, SIG_DFL);
        }
        keep_within(limits);
        int code = 1;
        try {
            code = body();
        } catch (...) {
            code = 1;
        }
        ::_exit(code);
    }
    return {child, false};
}

void close_descriptors_but(int kept) {
    close_between(STDERR_FILENO + 1, static_cast<unsigned>(kept) - 1);
    close_between(kept + 1, kHighest);
}

}  // namespace graft::core
