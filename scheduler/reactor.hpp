// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "scheduler/outbox.hpp"
#include "scheduler/requests.hpp"
#include "scheduler/state.hpp"

namespace graft::scheduler {

// All decisions of the coordinator. Each function takes what has happened, changes the state, and
// leaves in the outbox what is to be written, sent and prepared; it reads no clock, file or
// network. Events are applied to the record as they are emitted; whoever must not know of them
// before they are synced is kept waiting by the outbox.

// The first step: attempts that an earlier start left open are ended (CoordinatorLost), the grid's
// events are applied, `left` requests are answered, waiting trials are queued. `there`: whether the
// prepared file of a dataset of the record is still in its place. `left`: requests from before this
// start; those to stop concern it no more.
void on_start(State& state, Outbox& outbox, const std::vector<sweep::Event>& plan,
              const std::function<bool(const sweep::DatasetReady&)>& there, Moment moment,
              const std::vector<Request>& left = {});

// A message of a rank. What an ended cohort or a lost rank still says is dropped.
void on_message(State& state, Outbox& outbox, Rank rank, const sweep::FromWorker& message,
                Moment moment);

// A dataset's preparation has ended. What was found in it is journalled once.
void on_dataset(State& state, Outbox& outbox, const Need& need,
                std::variant<PreparedDataset, Broken> result, Moment moment);

// Time has passed. `late`: the longest turn of the loop since the last tick; when it was held up
// (for more than a second: a stopped job, a closed lid) every rank is taken to have been heard so
// much later, so that nobody is lost for the coordinator's own silence.
void on_tick(State& state, Outbox& outbox, core::Seconds late, Moment moment);

// Carries a request out and records the answer. Once the journal is closed it does nothing: the
// next start answers.
void on_request(State& state, Outbox& outbox, const Request& request, Moment moment);

// Everything saves and ends. The first reason stays; no_space overrules it.
void begin_stop(State& state, Outbox& outbox, Stop stop);

// All is ended, closed and synced; what the run returns.
bool finished(const State& state, const Outbox& outbox);
RunResult result_of(const State& state);

}  // namespace graft::scheduler
