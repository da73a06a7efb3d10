// SPDX-License-Identifier: Apache-2.0
#include "scheduler/answers.hpp"

#include "core/error.hpp"
#include "core/text.hpp"

#include "scheduler/endings.hpp"
#include "scheduler/reactor.hpp"
#include "scheduler/schedule.hpp"

namespace graft::scheduler {

namespace {

constexpr std::size_t kNamed = 3;  // trials in one answer

std::string named(const std::vector<std::string>& names) {
    const auto shown = std::min(names.size(), kNamed);
    const std::vector<std::string> first(names.begin(),
                                         names.begin() + static_cast<std::ptrdiff_t>(shown));
    return core::join(first) +
           (names.size() > shown ? fmt::format(" and {} more", names.size() - shown) : "");
}

// Why a trial cannot wait again; nothing when it can.
std::optional<std::string> obstacle(const State& state, const TrialId& id) {
    const auto* trial = state.record.find(id);
    if (!trial) {
        return id.text() + " (no trial of this sweep)";
    }
    if (trial->left_out) {
        return id.text() + " (left out of the sweep file)";
    }
    if (!std::holds_alternative<sweep::Failed>(trial->state) &&
        !std::holds_alternative<sweep::Stopped>(trial->state)) {
        return fmt::format("{} ({})", id.text(), sweep::name_of(trial->state));
    }
    return std::nullopt;
}

// Records that failed or stopped trials wait again; returns the answer. They are not queued yet.
std::string forgive(State& state, Outbox& outbox, const RetryRequest& request, Moment moment) {
    std::size_t waiting = 0;
    std::vector<std::string> refused;
    for (const auto& id : request.trials) {
        if (auto reason = obstacle(state, id)) {
            refused.push_back(std::move(*reason));
        } else {
            record_event(state, outbox, sweep::TrialRetried{moment.wall, id});
            ++waiting;
        }
    }
    std::string answer =
        waiting == 0 ? std::string("refused: no failed or stopped trial is among them")
                     : fmt::format("{} trial{} again", waiting, waiting == 1 ? " waits" : "s wait");
    if (waiting > 0 && state.stop) {
        answer += ", for the next start: this one is ending";
    }
    return refused.empty() ? answer : answer + "; left as they are: " + named(refused);
}

void queue_again(State& state, const std::vector<TrialId>& trials) {
    for (const auto& id : trials) {
        const auto* trial = state.record.find(id);
        if (trial && !trial->left_out && std::holds_alternative<sweep::Waiting>(trial->state) &&
            !state.queue.contains(id)) {
            enqueue(state, id);
        }
    }
}

struct Answer {
    State& state;
    Outbox& outbox;
    Moment moment;

    std::string operator()(const StopRequest&) const {
        if (state.stop) {
            return "it is ending already";
        }
        begin_stop(state, outbox,
                   {Outcome::drained, "stopped on request (graft stop). 'graft run' goes on."});
        return "it saves and ends";
    }
    std::string operator()(const RetryRequest& request) const {
        auto answer = forgive(state, outbox, request, moment);
        queue_again(state, request.trials);
        return answer;
    }
    std::string operator()(const Malformed& request) const { return "refused: " + request.reason; }
};

struct AnswerLeft {
    State& state;
    Outbox& outbox;
    Moment moment;

    std::string operator()(const StopRequest&) const {
        return "nothing ran any more when it was read; a later start goes on";
    }
    std::string operator()(const RetryRequest& request) const {
        return forgive(state, outbox, request, moment);
    }
    std::string operator()(const Malformed& request) const { return "refused: " + request.reason; }
};

void record_answer(State& state, Outbox& outbox, const Request& request, std::string answer,
                   Moment moment) {
    state.lines.push_back(fmt::format("request {}: {}", request.name, answer));
    record_event(state, outbox,
                 sweep::RequestAnswered{moment.wall, request.name, std::move(answer)});
}

}  // namespace

void answer_left(State& state, Outbox& outbox, const std::vector<Request>& left, Moment moment) {
    for (const auto& request : left) {
        record_answer(state, outbox, request,
                      std::visit(AnswerLeft{state, outbox, moment}, request.asked), moment);
    }
}

void on_request(State& state, Outbox& outbox, const Request& request, Moment moment) {
    if (state.closed) {
        return;
    }
    record_answer(state, outbox, request, std::visit(Answer{state, outbox, moment}, request.asked),
                  moment);
    schedule(state, outbox, moment);
}

}  // namespace graft::scheduler
