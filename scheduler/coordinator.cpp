// SPDX-License-Identifier: Apache-2.0
#include "scheduler/coordinator.hpp"

#include <algorithm>

#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/text.hpp"

namespace graft::scheduler {

namespace {

constexpr core::Seconds kTick{1};
// Between the end of one publication and the start of the next: at least so long, and 99 times as
// long as the last one took, so that at most 1 % of the time goes there.
constexpr core::Seconds kPublishAtLeastEvery{30};
constexpr double kPublishShare = 99;

core::Instant after(core::Instant now, core::Seconds duration) {
    return now + std::chrono::duration_cast<core::Instant::duration>(duration);
}

Settings settings_of(const RunOptions& options, int ranks) {
    Settings settings;
    settings.directory = options.directory.string();
    settings.ranks = ranks;
    settings.lost_after = core::Seconds(options.run.lost_after_seconds);
    settings.on_other_hardware = options.run.on_other_hardware;
    settings.cohorts = options.run.cohorts ? Cohorts::formed : Cohorts::off;
    settings.stopping = options.stopping;
    settings.memory = options.memory;
    settings.build_id = std::string(core::build_id());
    settings.deadline = options.deadline;
    settings.weights = options.weights;
    settings.network = options.network;
    return settings;
}

bool is_there(const sweep::DatasetReady& ready) {
    std::error_code error;
    return fs::exists(ready.prepared, error);
}

std::set<std::string> answered_requests(const sweep::Record& record) {
    std::set<std::string> names;
    for (const auto& answer : record.answers()) {
        names.insert(answer.request);
    }
    return names;
}

// The last lines that a child wrote: what a user needs to read of its log.
std::string end_of_log(const fs::path& log, std::size_t count) {
    auto lines = core::split(core::read_file_if_there(log).value_or(""), '\n');
    if (!lines.empty() && lines.back().empty()) {
        lines.pop_back();
    }
    const std::size_t first = lines.size() > count ? lines.size() - count : 0;
    const std::vector<std::string> last(lines.begin() + static_cast<std::ptrdiff_t>(first),
                                        lines.end());
    return fmt::format("{} (log: {})", core::join(last, "\n"), log.string());
}

FileThread::DatasetResult result_of_child(const core::ExitStatus& status, const PrepareJob& job,
                                          const fs::path& log) {
    try {
        const auto* exited = std::get_if<core::Exited>(&status);
        if (exited && exited->code == 0) {
            return job.result();
        }
        return fmt::format("{}: {}", core::text_of(status), end_of_log(log, 20));
    } catch (const std::exception& error) {
        return std::string(error.what());
    }
}

}  // namespace

Coordinator::Coordinator(const RunOptions& options, Taken taken, int ranks, CoordinatorLink& link,
                         Observer& observer, Moment moment)
    : options_(options),
      link_(link),
      observer_(observer),
      start_id_(taken.holder.start_id),
      state_(make_state(settings_of(options, ranks), std::move(taken.record), moment.now)),
      files_(options.directory, std::move(taken.journal), taken.holder,
             answered_requests(state_.record)),
      publish_next_(after(moment.now, kPublishAtLeastEvery)),
      publish_begun_(moment.now),
      ticked_(moment.now),
      stepped_(moment.now) {
    if (options.deadline) {
        state_.deadline = Deadline(
            after(moment.now, core::Seconds(seconds_between(moment.wall, *options.deadline))));
    }
    const auto plan = options.plan ? options.plan(state_.record) : std::vector<sweep::Event>{};
    on_start(state_, outbox_, plan, is_there, moment, files_.take_report().requests);
    carry_out(moment);
}

void Coordinator::watch(std::vector<core::Watch>& watches) const {
    watches.push_back({files_.fd(), false, false, false});
}

bool Coordinator::step(Moment moment) {
    if (result_) {
        return false;
    }
    if (publishing_last_) {
        return look_after_last_publication();
    }
    late_ = std::max(late_, core::Seconds(moment.now - stepped_));
    bool happened = take_messages(moment);
    look_after_preparing();
    happened = take_report(moment) || happened;
    if (core::Seconds(moment.now - ticked_) >= kTick) {
        tick(moment);
        happened = true;
    }
    carry_out(moment);
    stepped_ = moment.now;
    if (!result_ && finished(state_, outbox_)) {
        observer_.show(status_of(state_, moment.wall));
        publish_last();
        happened = true;
    }
    return happened;
}

bool Coordinator::take_messages(Moment moment) {
    bool happened = false;
    while (const auto message = link_.receive()) {
        happened = true;
        on_message(state_, outbox_, message->first, message->second, moment);
    }
    return happened;
}

bool Coordinator::take_report(Moment moment) {
    files_.clear_wake();
    auto report = files_.take_report();
    if (report.failure) {
        give_up(std::move(*report.failure));
        return true;
    }
    outbox_.acknowledge(report.synced);
    for (auto& [need, result] : report.datasets) {
        if (auto* ready = std::get_if<PreparedDataset>(&result)) {
            on_dataset(state_, outbox_, need, std::move(*ready), moment);
        } else {
            on_dataset(state_, outbox_, need, Broken{std::get<std::string>(result)}, moment);
        }
    }
    for (const auto& request : report.requests) {
        on_request(state_, outbox_, request, moment);
    }
    return report.synced > 0 || !report.datasets.empty() || !report.requests.empty();
}

void Coordinator::tick(Moment moment) {
    ticked_ = moment.now;
    for (const auto& [rank, live] : state_.ranks) {
        if (live.stage == RankStage::lost) {
            link_.forget(rank);
        }
    }
    link_.beat();
    on_tick(state_, outbox_, std::exchange(late_, core::Seconds(0)), moment);
    look_after_publishing(moment);
    files_.append(outbox_.take_all_events());
    observer_.show(status_of(state_, moment.wall));
}

void Coordinator::start_preparing(const Need& need, Moment moment) {
    try {
        PrepareJob job = options_.prepare(need);
        const fs::path log =
            options_.directory / "logs" / fmt::format("prepare-{}-{}.log", need.dataset, need.size);
        core::create_directories(log.parent_path());
        const auto output = core::open_to_append(log);
        core::Spawn spawn;
        spawn.arguments = job.arguments;
        spawn.descriptors = {{1, output.get()}, {2, output.get()}};
        spawn.without_prefixes = {"OMPI_", "PMIX_", "PMI_"};
        spawn.ignores_signals = true;
        preparing_.emplace(PreparingChild{need, std::move(job), log, core::spawn(spawn)});
        state_.lines.push_back(
            fmt::format("preparing dataset {} at {} px", need.dataset, need.size));
    } catch (const core::Error& error) {
        on_dataset(state_, outbox_, need, Broken{error.what()}, moment);
    }
}

void Coordinator::look_after_preparing() {
    if (!preparing_) {
        return;
    }
    if (state_.stop) {
        preparing_.reset();  // what it has decoded stays, and the next start goes on with it
        return;
    }
    if (const auto status = preparing_->child.try_reap()) {
        files_.read_dataset(preparing_->need,
                            [status = *status, job = preparing_->job, log = preparing_->log] {
                                return result_of_child(status, job, log);
                            });
        preparing_.reset();
    }
}

namespace {

core::Child start_publishing(const RunOptions& options) {
    const fs::path log = options.directory / "logs" / "publish.log";
    core::create_directories(log.parent_path());
    const auto output = core::open_to_append(log);
    core::Spawn spawn;
    spawn.arguments = options.publish;
    spawn.descriptors = {{1, output.get()}, {2, output.get()}};
    spawn.without_prefixes = {"OMPI_", "PMIX_", "PMI_"};
    spawn.ignores_signals = true;
    return core::spawn(spawn);
}

bool ended_well(const core::ExitStatus& status) {
    const auto* exited = std::get_if<core::Exited>(&status);
    return exited && exited->code == 0;
}

// A run whose last publication failed has not done what it was to do, whatever else it did. Work
// that is left is done by the next run, which publishes, too; a full disk it would only meet again.
RunResult without_store(RunResult result, const std::string& why, int code) {
    const auto said = fmt::format(
        "the store could not be rebuilt ({}). The journal has everything: mend the "
        "cause, then type 'graft publish'.",
        why);
    result.message = result.message.empty() ? said : result.message + " But " + said;
    const bool ended = result.outcome == Outcome::done || result.outcome == Outcome::some_failed;
    if (code == exit_code(Outcome::no_space) && (ended || result.outcome == Outcome::drained)) {
        result.outcome = Outcome::no_space;
    } else if (ended) {
        result.outcome = Outcome::stopped;
    }
    return result;
}

}  // namespace

void Coordinator::look_after_publishing(Moment moment) {
    if (options_.publish.empty() || state_.stop) {
        return;
    }
    try {
        if (!publishing_ && moment.now >= publish_next_) {
            publish_begun_ = moment.now;
            publishing_ = start_publishing(options_);
        } else if (publishing_) {
            if (const auto status = publishing_->try_reap()) {
                if (!ended_well(*status)) {
                    state_.lines.push_back(
                        fmt::format("the store could not be rebuilt ({}; logs/publish.log). It is "
                                    "tried again; the journal has everything.",
                                    core::text_of(*status)));
                }
                const core::Seconds took = moment.now - publish_begun_;
                publish_next_ =
                    after(moment.now, std::max(kPublishAtLeastEvery, kPublishShare * took));
                publishing_.reset();
            }
        }
    } catch (const core::Error& error) {
        state_.lines.push_back(error.what());
        publish_next_ = after(moment.now, kPublishAtLeastEvery);
    }
}

// Everything is closed: the store is the last thing missing.
void Coordinator::publish_last() {
    if (options_.publish.empty()) {
        result_ = scheduler::result_of(state_);
        return;
    }
    try {
        publishing_.reset();  // it may have read the journal before its end
        publishing_ = start_publishing(options_);
        publishing_last_ = true;
    } catch (const core::Error& error) {
        result_ = without_store(scheduler::result_of(state_), error.what(), error.exit_code());
    }
}

bool Coordinator::look_after_last_publication() {
    const auto status = publishing_->try_reap();
    if (!status) {
        return false;
    }
    result_ = scheduler::result_of(state_);
    if (!ended_well(*status)) {
        const auto* exited = std::get_if<core::Exited>(&*status);
        const auto log = end_of_log(options_.directory / "logs" / "publish.log", 3);
        result_ =
            without_store(std::move(*result_), fmt::format("{}: {}", core::text_of(*status), log),
                          exited ? exited->code : exit_code(Outcome::stopped));
    }
    return true;
}

void Coordinator::carry_out(Moment moment) {
    if (result_) {
        return;
    }
    for (const auto& need : outbox_.take_needs()) {
        start_preparing(need, moment);
    }
    files_.append(outbox_.take_events());
    for (const auto& [rank, message] : outbox_.take_messages()) {
        link_.send(rank, message);
    }
    for (const auto& line : std::exchange(state_.lines, {})) {
        core::log(core::LogLevel::info, line);
        observer_.say(line);
    }
}

void Coordinator::ask_to_stop(const std::string& why) {
    begin_stop(state_, outbox_, {Outcome::drained, why});
}

// Nothing can be acknowledged any more: what the ranks still do is void.
void Coordinator::give_up(RunResult failure) {
    core::log(core::LogLevel::error, failure.message);
    for (const auto& [rank, live] : state_.ranks) {
        if (live.stage == RankStage::working || live.stage == RankStage::expected) {
            link_.send(rank, sweep::Leave{});
        }
    }
    preparing_.reset();
    publishing_.reset();
    result_ = std::move(failure);
}

bool Coordinator::lost_a_rank() const {
    return std::any_of(state_.ranks.begin(), state_.ranks.end(),
                       [](const auto& entry) { return entry.second.stage == RankStage::lost; });
}

}  // namespace graft::scheduler
