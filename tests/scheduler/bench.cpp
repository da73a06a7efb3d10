// SPDX-License-Identifier: Apache-2.0
#include "scheduler/bench.hpp"

#include "scheduler/bench_trials.hpp"
#include "support/catch.hpp"

namespace graft::tests {

using namespace scheduler;

namespace {

Settings completed(Settings settings, int ranks) {
    settings.directory = "/sweep";
    settings.ranks = ranks;
    settings.build_id = "build";
    settings.weights = [](const sweep::TrialSpec&) { return std::string(); };
    settings.lost_after = core::Seconds(5);
    return settings;
}

}  // namespace

Bench::Bench(int ranks, Settings settings) {
    state = make_state(completed(std::move(settings), ranks), {}, moment.now);
}

std::vector<sweep::PlannedTrial> Bench::trials(int count, const std::string& dataset) {
    return bench_trials(count, dataset);
}

void Bench::after_step() {
    if (!hold) {
        settle();
    }
    check_invariants(state);
}

void Bench::settle() {
    const auto emitted = outbox.take_all_events();
    events.insert(events.end(), emitted.begin(), emitted.end());
    outbox.acknowledge(emitted.size());
    for (auto& message : outbox.take_messages()) {
        sent.push_back(std::move(message));
    }
}

void Bench::request(const Request& request) {
    on_request(state, outbox, request, moment);
    after_step();
}

std::string Bench::answer() const {
    REQUIRE(state.record.answers().size() == 1);
    return state.record.answers().front().answer;
}

void Bench::start(const std::vector<sweep::PlannedTrial>& planned,
                  const std::vector<Request>& left) {
    sweep::Started started;
    state.record.apply(started);
    sweep::Planned plan;
    plan.added = planned;
    const auto nothing_there = [](const sweep::DatasetReady&) { return false; };
    on_start(state, outbox, {plan}, nothing_there, moment, left);
    after_step();
}

void Bench::make_ready(const std::string& dataset) {
    sweep::DatasetReady ready;
    ready.dataset = dataset;
    ready.fingerprint = "print-" + dataset;
    ready.size = 32;
    ready.prepared = "/prepared/" + dataset;
    ready.pixels_checksum = "sum";
    on_dataset(state, outbox, {dataset, "print-" + dataset, 32}, ready, moment);
    after_step();
}

void Bench::start_ready(int trial_count, int slots_per_rank) {
    start(trials(trial_count));
    make_ready();
    for (int rank = 0; rank < state.settings.ranks; ++rank) {
        hello(rank, slots_per_rank);
    }
}

void Bench::hello(int rank, int slots) {
    sweep::RankHello hello;
    hello.host = "host" + std::to_string(rank);
    hello.build_id = "build";
    hello.slots.resize(static_cast<std::size_t>(slots));
    say(rank, hello);
}

void Bench::hello(int rank, const std::vector<std::string>& devices, const std::string& host) {
    sweep::RankHello hello;
    hello.host = host.empty() ? "host" + std::to_string(rank) : host;
    hello.build_id = "build";
    for (const auto& device : devices) {
        hello.slots.push_back({{device}, "V100", {}});
    }
    say(rank, hello);
}

void Bench::say(int rank, const sweep::FromWorker& message) {
    on_message(state, outbox, Rank(rank), message, moment);
    after_step();
}

void Bench::tick(double seconds, double late) {
    moment.now += std::chrono::duration_cast<core::Instant::duration>(core::Seconds(seconds));
    moment.wall.micros += static_cast<std::int64_t>(seconds * 1e6);
    on_tick(state, outbox, core::Seconds(late), moment);
    after_step();
}

sweep::Saved Bench::save_of(const sweep::Assign& assign, std::int64_t number,
                            bool with_result) const {
    sweep::Saved saved;
    saved.cohort = assign.cohort;
    saved.save = number;
    saved.position.phase = sweep::Phase::fine_tune;
    saved.position.epoch = static_cast<std::int32_t>(number) + 1;
    for (const auto& member : assign.members) {
        sweep::MemberSave save;
        save.trial = member.trial;
        save.seconds = 10;
        save.files = {{"trials/x/1.1.state.h5", 1, "hash"}};
        if (with_result) {
            save.result.emplace();
            save.files.clear();
        }
        saved.members.push_back(save);
    }
    return saved;
}

void Bench::save(const sweep::Assign& assign, std::int64_t number, bool with_result, int rank) {
    say(rank, save_of(assign, number, with_result));
}

void Bench::end(const sweep::Assign& assign, const Ending& ending, int rank) {
    say(rank, Ended{assign.cohort, ending});
}

void Bench::complete(const sweep::Assign& assign, int rank) {
    say(rank, sweep::Begun{assign.cohort, "cpu", "cpu, 1 thread"});
    save(assign, 1, true, rank);
    end(assign, sweep::Completed{}, rank);
}

sweep::Assign Bench::assigned() {
    const auto all = take<sweep::Assign>();
    REQUIRE(all.size() == 1);
    return all.front().second;
}

std::map<std::pair<int, int>, sweep::Assign> Bench::by_place() {
    std::map<std::pair<int, int>, sweep::Assign> assigns;
    for (const auto& [rank, assign] : take<sweep::Assign>()) {
        assigns[{rank.value, assign.slots.at(0).value}] = assign;
    }
    return assigns;
}

const LiveSlot& Bench::slot(int rank, std::size_t number) const {
    return state.ranks.at(Rank(rank)).slots.at(number);
}

bool Bench::gone(int rank, std::size_t number) const {
    return std::holds_alternative<Gone>(slot(rank, number).state);
}

std::string Bench::line_with(const std::string& text) const {
    for (auto line = state.lines.rbegin(); line != state.lines.rend(); ++line) {
        if (line->find(text) != std::string::npos) {
            return *line;
        }
    }
    return "";
}

Bench Bench::next_start(int ranks) const {
    Bench bench(ranks);
    bench.moment = moment;
    bench.state.record = state.record;
    return bench;
}

std::string Bench::state_of(const TrialId& trial) const {
    return std::string(sweep::name_of(state.record.find(trial)->state));
}

}  // namespace graft::tests
