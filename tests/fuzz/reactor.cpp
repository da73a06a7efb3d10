// SPDX-License-Identifier: Apache-2.0
// scheduler/reactor: whatever two ranks may say, in any order, with time passing in between. Errors
// end a run in good order; the state must stay sound until then.
#include "scheduler/reactor.hpp"

#include "core/error.hpp"

#include "fuzz/fuzz.hpp"
#include "scheduler/bench_trials.hpp"

using namespace graft;
using namespace graft::scheduler;

namespace {

constexpr int kRanks = 2, kTrials = 3;

struct Step {
    std::uint8_t rank = 0;     // the message's; one that is none: only time passes
    std::uint8_t seconds = 0;  // that pass before
    sweep::FromWorker message;
    template <class Archive>
    void fields(Archive& archive) {
        archive(rank, seconds, message);
    }
};

class Sweep {
  public:
    Sweep() {
        Settings settings;
        settings.directory = "/sweep";
        settings.ranks = kRanks;
        settings.build_id = "build";
        settings.weights = [](const sweep::TrialSpec&) { return std::string(); };
        settings.lost_after = core::Seconds(5);
        state_ = make_state(settings, {}, moment_.now);
        state_.record.apply(sweep::Started{});
        sweep::Planned plan;
        plan.added = tests::bench_trials(kTrials, "d");
        on_start(
            state_, outbox_, {plan}, [](const sweep::DatasetReady&) { return false; }, moment_);
        sweep::DatasetReady ready;
        ready.dataset = "d";
        ready.fingerprint = "print-d";
        ready.size = 32;
        on_dataset(state_, outbox_, {"d", "print-d", 32}, ready, moment_);
        settle();
    }

    void take(const Step& step) {
        moment_.now += std::chrono::seconds(step.seconds);
        moment_.wall.micros += step.seconds * std::int64_t{1'000'000};
        on_tick(state_, outbox_, core::Seconds(0), moment_);
        if (step.rank < kRanks) {
            on_message(state_, outbox_, sweep::Rank(step.rank), step.message, moment_);
        }
        settle();
    }

  private:
    void settle() {
        outbox_.acknowledge(outbox_.take_events().size());
        outbox_.take_messages();
        outbox_.take_needs();
        check_invariants(state_);
        status_of(state_, moment_.wall);
    }

    State state_;
    Outbox outbox_;
    Moment moment_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<Step> steps;
    try {
        steps = core::decode<std::vector<Step>>(fuzz::text_of(data, size));
    } catch (const core::DecodeError&) {
        return 0;
    }
    Sweep sweep;
    try {
        for (const auto& step : steps) {
            sweep.take(step);
        }
    } catch (const core::Error&) {
        return 0;
    }
    return 0;
}
