// SPDX-License-Identifier: Apache-2.0
#include "commands/job_chain.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

#include "sweep/record.hpp"

#include "commands/live.hpp"
#include "commands/sending.hpp"
#include "scheduler/requests.hpp"
#include "scheduler/retry.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

using scheduler::Outcome;

template <class... Args>
void say(fmt::format_string<Args...> format, Args&&... args) {
    fmt::print(stderr, "graft: {}\n", fmt::format(format, std::forward<Args>(args)...));
}

std::vector<std::string> ids_of(const std::vector<slurm::Job>& jobs) {
    std::vector<std::string> ids;
    for (const auto& job : jobs) {
        ids.push_back(job.id);
    }
    return ids;
}

// Hosts with a GPU that failed within the last days: SLURM would deal them out again.
std::vector<std::string> bad_hosts(const sweep::Record& record) {
    std::set<std::string> hosts;
    for (const auto& aside : scheduler::devices_aside(record, core::wall_now())) {
        hosts.insert(aside.failure->host);
    }
    return {hosts.begin(), hosts.end()};
}

void note_cancelled(const fs::path& sweep, const std::vector<std::string>& ids,
                    const std::string& why) {
    for (const auto& id : ids) {
        if (auto job = slurm::read_job(sweep, id); job && !job->started) {
            job->ended = core::wall_now();
            job->ending = "cancelled: " + core::printable(why, 300);
            slurm::write_job(sweep, *job);
        }
    }
}

// One job, from its start to its end.
class ChainedJob {
  public:
    explicit ChainedJob(const ChainOptions& options)
        : options_(options), record_(sweep::read_record(options.sweep)) {
        auto own = slurm::read_job(options_.sweep, options_.job.job);
        if (!own) {  // sent by hand
            own.emplace();
            own->id = options_.job.job;
            own->sent = core::wall_now();
        }
        if (own->time_limit <= 0) {
            const auto end = slurm::end_of(options_.job);
            own->time_limit =
                end ? std::max(0.0, core::seconds_between(core::wall_now(), *end)) : 0;
        }
        own_ = slurm::started(*own, slurm::read_jobs(options_.sweep), core::wall_now(),
                              record_.saves());
        write_own();
    }

    // The exit code of a job that has nothing to do; it has said why.
    std::optional<int> nothing_to_do() {
        if (stopped()) {
            say("'{}' was stopped by 'graft stop': this job ends. 'graft submit' goes on.",
                options_.sweep.string());
            cancel_waiting(options_.sweep, "the sweep was stopped");
            note_end("stopped before it began");
            return 0;
        }
        if (own_.fruitless >= slurm::kFruitlessUntilEnd) {
            const auto why = chain_is_over({Outcome::drained, "", false}, false, own_.fruitless);
            say("{}", why);
            cancel_waiting(options_.sweep, "no progress");
            note_end(why);
            return scheduler::exit_code(Outcome::stopped);
        }
        return leave_to_another();
    }

    void send_follow_up() {
        if (options_.script == kAlreadySent || follows_already()) {
            return;
        }
        std::vector<std::string> order = follow_up_order();
        const auto avoided = bad_hosts(record_);
        if (!avoided.empty()) {
            order.push_back("--exclude=" + core::join(avoided, ","));
            say("the follow-up job avoids {} (a GPU failed there; see graft status --failures)",
                core::join(avoided));
        }
        try {
            slurm::ChainJob next;
            next.id = send(order, !avoided.empty());
            next.sent = core::wall_now();
            next.after = own_.id;
            next.time_limit = own_.time_limit;
            slurm::write_job(options_.sweep, next);
            say("job {} follows this one and is cancelled when it is not needed", next.id);
        } catch (const core::Error& error) {
            say("no follow-up job could be sent: {} This job works all the same; 'graft submit' "
                "goes on after it.",
                error.what());
        }
    }

    int end(const scheduler::RunResult& result) {
        if (!is_last_start()) {
            return scheduler::exit_code(result.outcome);
        }
        record_ = sweep::read_record(options_.sweep);
        const auto over =
            chain_is_over(result, stopped(), slurm::fruitless_after(own_, record_.saves()));
        if (!over.empty()) {
            cancel_waiting(options_.sweep, over);
        }
        note_end(result.message.empty() ? over : result.message);
        if (over.empty()) {
            return go_on_elsewhere(result);
        }
        const bool as_asked = result.outcome == Outcome::drained && stopped();
        return as_asked ? 0 : scheduler::exit_code(result.outcome);
    }

    void note_end(const std::string& how) {
        own_.ended = core::wall_now();
        own_.ending = core::printable(how, 500);
        write_own();
    }

  private:
    // What a full disk does not take is no reason to leave the chain as it is.
    void write_own() const {
        try {
            slurm::write_job(options_.sweep, own_);
        } catch (const core::Error& error) {
            say("this job could not be written down: {}", error.what());
        }
    }

    bool stopped() const { return fs::exists(slurm::stopped_mark(options_.sweep)); }

    // A later start of this very job may have taken over: a requeued job's first life may go on on
    // a node that SLURM has lost.
    bool is_last_start() const {
        const auto now = slurm::read_job(options_.sweep, own_.id);
        return !now || !now->started || *now->started <= *own_.started;
    }

    std::optional<int> leave_to_another() {
        const auto runner = runner_of(options_.sweep, record_);
        if (!runner || runner->job.empty()) {
            return std::nullopt;  // the start itself waits, or says that someone runs it
        }
        if (runner->job == own_.id) {
            // An earlier life of this job, on a node that SLURM gave up: it saves and hands over.
            say("an earlier start of this job still runs on {}: it is asked to save and end",
                runner->host);
            scheduler::request_stop(options_.sweep);
            return std::nullopt;
        }
        const auto jobs = slurm::ask({runner->job});
        const bool runs = jobs && !jobs->empty() && jobs->front().state == "RUNNING";
        if (!runs) {
            return std::nullopt;
        }
        say("job {} runs '{}' on {}: this job has nothing to do, and ends.", runner->job,
            options_.sweep.string(), runner->host);
        note_end("job " + runner->job + " ran the sweep");
        return 0;
    }

    // True when a job that was sent earlier will go on after this one.
    bool follows_already() const {
        std::vector<std::string> sent;
        for (const auto& job : slurm::read_jobs(options_.sweep)) {
            if (job.after == own_.id && !job.started) {
                sent.push_back(job.id);
            }
        }
        const auto known = slurm::ask(sent);
        // As long as SLURM does not answer, those that were sent are taken to wait.
        return known ? std::any_of(known->begin(), known->end(), slurm::waits) : !sent.empty();
    }

    std::vector<std::string> follow_up_order() const {
        std::vector<std::string> order{"--dependency=afterany:" + own_.id};
        // Saves that took longer than the script knew of need an earlier signal.
        const auto signal = slurm::signal_seconds(longest_batch_and_save(record_), own_.time_limit);
        if (signal >
            slurm::signal_in(core::read_file_if_there(options_.script).value_or("")).value_or(0)) {
            order.push_back(fmt::format("--signal=B:USR1@{}", signal));
        }
        return order;
    }

    std::string send(std::vector<std::string> order, bool excludes) const {
        try {
            return slurm::send(options_.script, order);
        } catch (const core::InputError&) {
            if (!excludes) {
                throw;
            }
            order.pop_back();  // there may be too few nodes left without them
            return slurm::send(options_.script, order);
        }
    }

    // Those that failed while this job ran.
    void keep_from_bad_hosts(const std::vector<slurm::Job>& jobs) const {
        const auto hosts = bad_hosts(record_);
        for (const auto& job : jobs) {
            if (!hosts.empty() && slurm::exclude(job.id, hosts)) {
                say("job {} avoids {} (a GPU failed there)", job.id, core::join(hosts));
            }
        }
    }

    int go_on_elsewhere(const scheduler::RunResult& result) const {
        const auto jobs = waiting_jobs(options_.sweep);
        if (jobs && !jobs->empty()) {
            keep_from_bad_hosts(*jobs);
            say("job {} goes on.", jobs->front().id);
            return result.outcome == Outcome::drained ? 0 : scheduler::exit_code(result.outcome);
        }
        if (jobs && options_.script != kAlreadySent && result.outcome == Outcome::drained) {
            const auto refused = slurm::requeue(own_.id);
            if (!refused) {
                say("no follow-up job waits: this one was put back into the queue.");
            } else {
                say("no follow-up job waits, and SLURM does not put this one back into the queue "
                    "({}). Go on: graft submit {}",
                    *refused, options_.sweep.string());
            }
        }
        return scheduler::exit_code(result.outcome);
    }

    const ChainOptions& options_;
    sweep::Record record_;
    slurm::ChainJob own_;
};

}  // namespace

std::string chain_is_over(const scheduler::RunResult& result, bool stopped, int fruitless) {
    if (result.had_sweep) {
        switch (result.outcome) {
            case Outcome::done:
            case Outcome::some_failed:
                return "the sweep is done";
            case Outcome::input_error:
                return "something is to be mended first";
            case Outcome::no_space:
                return "there is no space left";
            // Devices that all failed, or attempts that never came to a save: other nodes may be
            // sound. If they are not, two jobs without a save end the chain.
            case Outcome::stopped:
            case Outcome::drained:
                break;
        }
    }
    if (stopped) {
        return "the sweep was stopped";
    }
    if (fruitless >= slurm::kFruitlessUntilEnd) {
        return fmt::format(
            "{} jobs in a row have saved nothing: the chain ends. See the ends of the last files "
            "logs/job-*.log; when the cause is mended, or the time limit is longer, 'graft submit' "
            "goes on.",
            fruitless);
    }
    return "";
}

std::optional<std::vector<slurm::Job>> waiting_jobs(const fs::path& sweep) {
    auto jobs = slurm::ask(slurm::ids_of(slurm::read_jobs(sweep)));
    if (jobs) {
        std::erase_if(*jobs, [](const slurm::Job& job) { return !slurm::waits(job); });
    }
    return jobs;
}

bool cancel_waiting(const fs::path& sweep, const std::string& why) {
    const auto jobs = waiting_jobs(sweep);
    if (!jobs) {
        say("SLURM cannot be asked from here, so jobs that wait were not cancelled. They end at "
            "once when they start; or type, where SLURM answers: graft stop {}",
            sweep.string());
        return false;
    }
    const auto ids = ids_of(*jobs);
    if (ids.empty()) {
        return true;
    }
    try {
        slurm::cancel(ids);
        note_cancelled(sweep, ids, why);
    } catch (const core::Error& error) {
        say("{}", error.what());
        return false;
    }
    say("cancelled the waiting job{} {}: {}", ids.size() == 1 ? "" : "s", core::join(ids), why);
    return true;
}

int run_in_chain(const ChainOptions& options, const std::function<scheduler::RunResult()>& work) {
    ChainedJob job(options);
    if (const auto code = job.nothing_to_do()) {
        return *code;
    }
    job.send_follow_up();
    try {
        return job.end(work());
    } catch (const core::Error& error) {
        // Said before the work had the sweep: the next job may find a file system that is back.
        job.end({error.exit_code() == scheduler::exit_code(Outcome::no_space) ? Outcome::no_space
                                                                              : Outcome::stopped,
                 error.what(), error.exit_code() == scheduler::exit_code(Outcome::no_space)});
        throw;
    }
}

}  // namespace graft::commands
