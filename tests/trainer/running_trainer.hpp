// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "core/process.hpp"
#include "core/socket.hpp"

#include "sweep/message.hpp"

namespace graft::tests {

// A running graft-trainer of this build, and our end of its socket.
class RunningTrainer {
  public:
    RunningTrainer() : RunningTrainer(core::socket_pair()) {}

    void send(const sweep::ToWorker& message);
    // Fails the test when nothing comes in two minutes.
    sweep::FromWorker next();
    // What has come within that time; throws core::SocketClosed at the end.
    std::optional<sweep::FromWorker> next_within(core::Seconds timeout);
    // Answers every save at once; drains when the `drain_at`-th progress comes. Until Ended.
    std::vector<sweep::FromWorker> until_ended(int drain_at = -1);
    void kill(int signal) { child_.signal(signal); }
    core::ExitStatus wait() { return child_.wait(); }
    void hang_up() { socket_ = core::FramedSocket(core::Descriptor()); }

  private:
    explicit RunningTrainer(std::pair<core::Descriptor, core::Descriptor> ends);

    core::FramedSocket socket_;
    core::Child child_;
};

}  // namespace graft::tests
