// SPDX-License-Identifier: Apache-2.0
#include "trainer/running_trainer.hpp"

#include "support/catch.hpp"

namespace graft::tests {

namespace {

core::Child start(const core::Descriptor& theirs) {
    core::Spawn what;
    what.arguments = {GRAFT_TRAINER_PROGRAM, "--threads", "1"};
    what.descriptors = {{3, theirs.get()}};
    what.environment["CUDA_VISIBLE_DEVICES"] = "";
    return core::spawn(what);
}

}  // namespace

RunningTrainer::RunningTrainer(std::pair<core::Descriptor, core::Descriptor> ends)
    : socket_(std::move(ends.first)), child_(start(ends.second)) {}

void RunningTrainer::send(const sweep::ToWorker& message) {
    socket_.send(core::encode(message));
}

sweep::FromWorker RunningTrainer::next() {
    const auto message = next_within(core::Seconds(120));
    REQUIRE(message);
    return *message;
}

std::optional<sweep::FromWorker> RunningTrainer::next_within(core::Seconds timeout) {
    const auto frame = socket_.receive(timeout);
    return frame ? std::optional(core::decode<sweep::FromWorker>(*frame)) : std::nullopt;
}

std::vector<sweep::FromWorker> RunningTrainer::until_ended(int drain_at) {
    std::vector<sweep::FromWorker> all;
    int shown = 0;
    do {
        all.push_back(next());
        if (const auto* saved = std::get_if<sweep::Saved>(&all.back())) {
            send(sweep::Recorded{saved->cohort, saved->save, {}});
        }
        if (std::holds_alternative<sweep::Progress>(all.back()) && ++shown == drain_at) {
            send(sweep::Drain{});
        }
    } while (!std::holds_alternative<sweep::Ended>(all.back()));
    return all;
}

}  // namespace graft::tests
