// SPDX-License-Identifier: Apache-2.0
#include "scheduler/take_over.hpp"

#include <algorithm>

#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/process.hpp"

#include "scheduler/leftovers.hpp"

namespace graft::scheduler {

namespace {

constexpr core::Seconds kLookEvery{1};
constexpr core::Seconds kLineEvery{10};
constexpr core::Seconds kAskEvery{0.05};

std::string shown(const Holder& holder) {
    return fmt::format("pid {} on {}{}", holder.pid, holder.host,
                       holder.job.empty() ? "" : ", job " + holder.job);
}

core::Instant::duration in_clock(core::Seconds duration) {
    return std::chrono::duration_cast<core::Instant::duration>(duration);
}

std::string waiting_line(const TakeOverWait& wait, const Holder& holder, core::Instant now) {
    if (wait.seen_alive()) {
        return fmt::format("waiting for {}, which runs this sweep. Ctrl-C waits no longer",
                           shown(holder));
    }
    return fmt::format("waiting {:.0f} s more for {}, which may still run this sweep",
                       std::max(0.0, wait.left(now).count()), shown(holder));
}

// Who holds a sweep, and the highest segment just before that was read: who makes the next one
// knows that nobody began since.
struct Sight {
    std::int64_t segment = 0;
    std::optional<Holder> holder;
};
Sight look_at(const core::fs::path& sweep) {
    const auto segment = sweep::highest_segment(sweep);
    return {segment, holder_of(sweep::read_record(sweep), read_holder(sweep))};
}

// The highest segment when nobody held the sweep any more; nothing when it is to wait no longer.
std::optional<std::int64_t> wait_for_holder(const core::fs::path& sweep, const Holder& first,
                                            const Claim& claim, Observer& observer) {
    TakeOverWait wait(first, core::now());
    core::Instant next_line = core::now(), next_look = core::now();
    while (!claim.go_on || claim.go_on()) {
        const core::Instant now = core::now();
        if (now >= next_look) {
            const auto [segment, holder] = look_at(sweep);
            if (!holder || wait.given_up(*holder, now)) {
                return segment;
            }
            next_look = now + in_clock(std::min(kLookEvery, holder->every));
            if (now >= next_line) {
                next_line = now + in_clock(kLineEvery);
                observer.say(waiting_line(wait, *holder, now));
            }
        }
        core::sleep_for(kAskEvery);
    }
    return std::nullopt;
}

[[noreturn]] void fail_already_run(const core::fs::path& sweep, const std::string& by) {
    core::fail_input("sweep '{}' is already being run by {}. Stop it with graft stop, or wait.",
                     sweep.string(), by);
}

}  // namespace

std::string new_start_id() {
    const auto text = fmt::format("{} {} {} {}", core::host_name(), core::boot_id(),
                                  core::own_pid(), core::wall_now().micros);
    return core::content_hash(text).substr(0, 16);
}

std::optional<Taken> take_over(const core::fs::path& sweep, const Claim& claim,
                               Observer& observer) {
    core::create_directories(sweep);
    const auto [segment, holder] = look_at(sweep);
    std::optional<std::int64_t> free_after = segment;
    if (holder) {
        switch (fate_here(*holder)) {
            case Fate::alive:
                fail_already_run(sweep, shown(*holder));
            case Fate::unknown:
                free_after = wait_for_holder(sweep, *holder, claim, observer);
                if (!free_after) {
                    return std::nullopt;
                }
                break;
            case Fate::gone:
                break;
        }
    }
    const Holder own{core::host_name(),  core::boot_id(), claim.job,
                     claim.start_id,     core::own_pid(), 0,
                     claim.counter_every};
    sweep::Started started;
    started.time = core::wall_now();
    started.start_id = claim.start_id;
    started.host = own.host;
    started.version = std::string(core::build_id());
    started.job = claim.job;
    started.pid = own.pid;
    sweep::Record record;
    auto journal = sweep::JournalWriter::start(
        sweep, started, [&](const sweep::Event& event) { record.apply(event); }, free_after);
    if (!journal) {
        fail_already_run(sweep, "another start at this very moment");
    }
    write_holder(sweep, own);
    remove_half_written(sweep);
    return Taken{std::move(record), std::move(*journal), own};
}

}  // namespace graft::scheduler
