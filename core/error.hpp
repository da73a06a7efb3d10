// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include <fmt/format.h>

namespace graft::core {

// Errors that a user can act on. Every text has the form
//   problem 'value' (why). What to do.
// and is printed as it stands after "graft: "; main maps the class to the exit code.
// A bug in graft itself is a std::logic_error (exit code 70).
class Error : public std::runtime_error {
  public:
    Error(const std::string& text, int exit_code)
        : std::runtime_error(text), exit_code_(exit_code) {}
    int exit_code() const { return exit_code_; }

  private:
    int exit_code_;
};

// Wrong input, settings, paths or permissions: exit code 2.
class InputError : public Error {
  public:
    explicit InputError(const std::string& text) : Error(text, 2) {}
};

// The machine failed: a read or write error, a lost process. Exit code 70.
class SystemError : public Error {
  public:
    explicit SystemError(const std::string& text) : Error(text, 70) {}
};

// No space or quota left: exit code 74.
class NoSpaceError : public Error {
  public:
    explicit NoSpaceError(const std::string& text) : Error(text, 74) {}
};

template <class... Args>
[[noreturn]] void fail_input(fmt::format_string<Args...> format, Args&&... args) {
    throw InputError(fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
[[noreturn]] void fail_system(fmt::format_string<Args...> format, Args&&... args) {
    throw SystemError(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace graft::core
