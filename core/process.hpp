// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <sys/types.h>

#include "core/clock.hpp"
#include "core/file.hpp"

namespace graft::core {

// The only door to starting processes and to what a process says of itself.

struct Exited {
    int code = 0;
};
struct Signalled {
    int signal = 0;
};
using ExitStatus = std::variant<Exited, Signalled>;
// "exit code 1", "signal 9 (SIGKILL)"
std::string text_of(const ExitStatus& status);
// "SIGKILL"; "signal 99" for a number without a name.
std::string signal_name(int signal);

struct Spawn {
    std::vector<std::string> arguments;  // [0]: path of the program, or a name looked up in PATH
    std::optional<fs::path> program;     // the file to start, where it is not arguments[0]
    // The child's descriptor number -> ours. 0 is /dev/null unless named; 1 and 2 are ours unless
    // named; every other one is closed.
    std::map<int, int> descriptors;
    // Set or, with nothing, removed.
    std::map<std::string, std::optional<std::string>> environment;
    // Variables whose name starts so are removed.
    std::vector<std::string> without_prefixes;
    std::vector<int> cores;             // may run there only; empty: as we
    bool own_group = true;              // a process group of its own
    bool ignores_signals = false;       // INT, TERM, HUP and USR1; else all are as by default
    bool dies_with_parent = true;       // killed when the *thread* that spawned it ends
    std::optional<fs::path> directory;  // working directory; ours unless named
};

// A process that we started, and must reap. The destructor kills it with its group and waits.
class Child {
  public:
    Child(pid_t pid, bool own_group) : pid_(pid), own_group_(own_group) {}
    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;
    ~Child();
    pid_t pid() const { return pid_; }
    // The status once it has ended; the same again when asked again.
    std::optional<ExitStatus> try_reap();
    ExitStatus wait();
    // Sends a signal to the process, or to its whole group. No error when it has ended.
    void signal(int number);
    void signal_group(int number);

  private:
    void end() noexcept;
    pid_t pid_ = -1;
    bool own_group_ = true;
    std::optional<ExitStatus> status_;
};

// Throws InputError when the program cannot be started. Every signal is unblocked in the child.
Child spawn(const Spawn& what);

// A copy of this process that runs `body`, ends with its result (1 after an exception), and is
// killed when the thread that made it ends. For code that may crash; the caller runs no other
// threads. Crashes end it by their own signal, whatever handlers there were. Throws SystemError
// when there can be no more processes.
struct CopyLimits {
    unsigned seconds = 0;     // then SIGALRM ends it; 0: none
    std::uint64_t bytes = 0;  // of address space, beyond what this process has; 0: none
};
Child fork_child(const std::function<int()>& body, const CopyLimits& limits = {});

// Closes all descriptors above 2 but one: a copy of this process that reads hostile bytes must not
// reach what the original has open.
void close_descriptors_but(int kept);

// Runs a program to its end and returns what it wrote; standard error is ours where it is not
// taken, too.
struct Finished {
    ExitStatus status;
    std::string output;
};
enum class Taken { output, output_and_errors };
Finished run_to_end(Spawn what, Taken taken = Taken::output);
// The same for a program that may hang: nothing when it has not ended after so long; it is killed
// with its group then.
std::optional<Finished> run_within(Seconds limit, Spawn what, Taken taken = Taken::output);

// The end to read from and the one to write to, both closed on exec.
std::pair<Descriptor, Descriptor> make_pipe();

// The calling process is killed when the parent's spawning thread ends; when the parent is not
// `parent` any more, it ends at once.
void die_with_parent(pid_t parent);

// Ends this process without any clean-up when it still runs after so long: for a step that may
// hang.
void exit_after(Seconds duration, int code);

pid_t own_pid();
pid_t parent_pid();
unsigned own_user();
std::string host_name();
// Kernel's random id of this boot; empty where it is not told.
std::string boot_id();
// One that has ended and was not waited for yet, as a lost job's in a container, does not.
bool process_exists(pid_t pid);
// The first 15 bytes of a running program's name; nothing when it is not told.
std::optional<std::string> process_name(pid_t pid);
// Bytes of address space that this process has, reserved ones included: libraries of MPI and CUDA
// reserve hundreds of GiB.
std::uint64_t address_space();
// Cores that this process may run on.
std::vector<int> allowed_cores();
// Cores of this machine that are on.
int host_cores();

// A program file held open: the very file can be started for as long as this lives, although a
// build has put another in its place since.
class HeldProgram {
  public:
    // Throws InputError when it cannot be opened, or not be executed.
    explicit HeldProgram(const fs::path& path);
    // "/proc/<our pid>/fd/<n>"
    fs::path path() const;

  private:
    Descriptor file_;
};

// What `ps` and `top` call this process; at most 15 characters count.
void name_process(const std::string& name);

// The program file of this process.
fs::path own_executable();
// True when a program of that name is on PATH.
bool on_path(const std::string& name);
// A program of ours: beside this one, or in ../libexec/graft; InputError when in neither.
fs::path find_program(std::string_view name);

}  // namespace graft::core
