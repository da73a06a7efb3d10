// SPDX-License-Identifier: Apache-2.0
// What a process says of itself; starting others is in process.cpp.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include <limits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/env.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

namespace graft::core {

std::string signal_name(int signal) {
    const char* name = ::sigabbrev_np(signal);
    return name ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

std::string text_of(const ExitStatus& status) {
    if (const auto* exited = std::get_if<Exited>(&status)) {
        return fmt::format("exit code {}", exited->code);
    }
    const int number = std::get<Signalled>(status).signal;
    return fmt::format("signal {} ({})", number, signal_name(number));
}

void die_with_parent(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(127);
    }
}

void exit_after(Seconds duration, int code) {
    std::thread([=] {
        sleep_for(duration);
        ::_exit(code);
    }).detach();
}

pid_t own_pid() {
    return ::getpid();
}

pid_t parent_pid() {
    return ::getppid();
}

unsigned own_user() {
    return ::geteuid();
}

std::string host_name() {
    char name[HOST_NAME_MAX + 1] = {};
    if (::gethostname(name, sizeof name - 1) != 0) {
        fail_system("cannot read the host's name ({}). Check the machine's set-up.",
                    std::strerror(errno));
    }
    return name;
}

std::string boot_id() {
    try {
        auto text = read_file_if_there("/proc/sys/kernel/random/boot_id").value_or("");
        return text.substr(0, text.find('\n'));
    } catch (const Error&) {
        return "";
    }
}

namespace {

// A file of /proc/<pid>; nothing when the process is hidden from us, or ends meanwhile.
std::optional<std::string> told_of(pid_t pid, const char* what) {
    try {
        return read_file_if_there(fmt::format("/proc/{}/{}", pid, what));
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

bool process_exists(pid_t pid) {
    if (::kill(pid, 0) != 0 && errno != EPERM) {
        return false;
    }
    // "pid (name) state ...", where the name may hold anything.
    const auto stat = told_of(pid, "stat").value_or("");
    const auto state = stat.rfind(") ");
    return state == std::string::npos || stat.compare(state + 2, 1, "Z") != 0;
}

std::optional<std::string> process_name(pid_t pid) {
    auto name = told_of(pid, "comm");
    if (name && !name->empty() && name->back() == '\n') {
        name->pop_back();
    }
    return name;
}

std::uint64_t address_space() {
    const auto statm = told_of(own_pid(), "statm").value_or("");
    const auto pages = parse_int(statm.substr(0, statm.find(' ')));
    return static_cast<std::uint64_t>(pages.value_or(0)) *
           static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::vector<int> allowed_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cores;
    if (::sched_getaffinity(0, sizeof set, &set) == 0) {
        for (int core = 0; core < CPU_SETSIZE; ++core) {
            if (CPU_ISSET(static_cast<unsigned>(core), &set)) {
                cores.push_back(core);
            }
        }
    }
    return cores;
}

int host_cores() {
    return static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

HeldProgram::HeldProgram(const fs::path& path) : file_(open_to_hold(path)) {
    if (::access(path.c_str(), X_OK) != 0) {
        fail_input("cannot start '{}' ({}). Make it executable, or install it anew.", path.string(),
                   std::strerror(errno));
    }
}

fs::path HeldProgram::path() const {
    return fmt::format("/proc/{}/fd/{}", own_pid(), file_.get());
}

void name_process(const std::string& name) {
    ::prctl(PR_SET_NAME, name.c_str());
}

fs::path own_executable() {
    std::error_code error;
    auto path = fs::read_symlink("/proc/self/exe", error);
    if (error) {
        fail_system("cannot read '/proc/self/exe' ({}). Mount /proc.", error.message());
    }
    return path;
}

bool on_path(const std::string& name) {
    const auto directories = split(env("PATH").value_or(""), ':');
    return std::any_of(directories.begin(), directories.end(), [&](const std::string& directory) {
        return ::access((fs::path(directory) / name).c_str(), X_OK) == 0;
    });
}

fs::path find_program(std::string_view name) {
    const fs::path here = own_executable().parent_path();
    for (const auto& directory : {here, here / "../libexec/graft"}) {
        std::error_code error;
        if (fs::exists(directory / name, error)) {
            return (directory / name).lexically_normal();
        }
    }
    fail_input(
        "cannot find '{}' (neither in '{}' nor in '../libexec/graft' beside it). Build or "
        "install it.",
        name, here.string());
}

}  // namespace graft::core
