// SPDX-License-Identifier: Apache-2.0
#include "core/process.hpp"
#include "core/socket.hpp"

namespace graft::core {

namespace {

constexpr Seconds kLookEvery{0.02};

// A program and the pipe that it writes to.
class Running {
  public:
    Running(Spawn what, Taken taken) : pipe_(make_pipe()), child_(start(what, taken)) {
        pipe_.second.close();
    }

    // Nothing when `until` came first; none: waits for ever.
    std::optional<Finished> finish(std::optional<Instant> until) {
        Finished finished{Exited{0}, {}};
        std::vector<Watch> output{{pipe_.first.get()}};
        while (true) {
            if (until && now() >= *until) {
                return std::nullopt;
            }
            const auto left = until ? std::optional<Seconds>(*until - now()) : std::nullopt;
            if (!wait_for(output, left)) {
                continue;
            }
            const std::string piece = read_some(pipe_.first);
            if (piece.empty()) {
                break;
            }
            finished.output += piece;
        }
        // It may have closed its output long before it ends.
        while (!child_.try_reap()) {
            if (until && now() >= *until) {
                return std::nullopt;
            }
            sleep_for(kLookEvery);
        }
        finished.status = child_.wait();
        return finished;
    }

  private:
    Child start(Spawn& what, Taken taken) const {
        what.descriptors[1] = pipe_.second.get();
        if (taken == Taken::output_and_errors) {
            what.descriptors[2] = pipe_.second.get();
        }
        return spawn(what);
    }

    std::pair<Descriptor, Descriptor> pipe_;
    Child child_;
};

}  // namespace

Finished run_to_end(Spawn what, Taken taken) {
    return *Running(std::move(what), taken).finish(std::nullopt);
}

std::optional<Finished> run_within(Seconds limit, Spawn what, Taken taken) {
    const Instant until = now() + std::chrono::duration_cast<Instant::duration>(limit);
    return Running(std::move(what), taken).finish(until);
}

}  // namespace graft::core
