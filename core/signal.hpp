// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <vector>

#include <signal.h>

namespace graft::core {

// While it lives, the named signals raise flags instead of ending the process; before and after,
// they do what they did. Their handlers do not restart system calls, so a poll ends early. An
// object within the life of another goes on counting where that one stands.
class SignalFlags {
  public:
    explicit SignalFlags(std::initializer_list<int> signals);
    ~SignalFlags();
    SignalFlags(const SignalFlags&) = delete;
    SignalFlags& operator=(const SignalFlags&) = delete;
    // How often the signal came so far.
    int count(int signal) const;
    // How often any of them came.
    int total() const;

  private:
    std::vector<std::pair<int, struct sigaction>> before_;
};

}  // namespace graft::core
