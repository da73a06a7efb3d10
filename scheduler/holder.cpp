// SPDX-License-Identifier: Apache-2.0
#include "scheduler/holder.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

namespace graft::scheduler {

namespace {

constexpr double kIntervals = 12;
constexpr core::Seconds kShortest{0.05}, kLongest{5}, kLongestBelieved{3600};

core::fs::path holder_path(const core::fs::path& sweep) {
    return sweep / "coordinator";
}

// A number that another program has by now is not the holder.
bool runs_here(const Holder& holder) {
    const auto pid = static_cast<pid_t>(holder.pid);
    if (pid <= 0 || pid == core::own_pid() || !core::process_exists(pid)) {
        return false;
    }
    const auto name = core::process_name(pid);
    return !name || *name == core::own_executable().filename().string().substr(0, 15);
}

}  // namespace

std::string to_text(const Holder& holder) {
    return fmt::format("host {}\npid {}\nboot {}\njob {}\nstart {}\ncounter {}\nevery {}\n",
                       holder.host, holder.pid, holder.boot_id, holder.job, holder.start_id,
                       holder.counter, core::shortest(holder.every.count()));
}

core::Seconds counter_every(core::Seconds lost_after) {
    return std::clamp(lost_after / kIntervals, kShortest, kLongest);
}

core::Seconds stands_still(const Holder& holder) {
    return kIntervals * holder.every;
}

Holder parse_holder(const std::string& text) {
    Holder holder;
    for (const auto& line : core::split(text, '\n')) {
        const auto space = line.find(' ');
        const std::string key = line.substr(0, space);
        const std::string value = space == std::string::npos ? "" : line.substr(space + 1);
        if (key == "host") {
            holder.host = value;
        } else if (key == "boot") {
            holder.boot_id = value;
        } else if (key == "job") {
            holder.job = value;
        } else if (key == "start") {
            holder.start_id = value;
        } else if (key == "pid") {
            holder.pid = core::parse_int(value).value_or(0);
        } else if (key == "counter") {
            holder.counter = core::parse_int(value).value_or(0);
        } else if (key == "every") {
            const core::Seconds every(core::parse_double(value).value_or(0));
            holder.every = every > kShortest ? std::min(every, kLongestBelieved) : kLongest;
        }
    }
    return holder;
}

std::optional<Holder> holder_of(const sweep::Record& record, const std::optional<Holder>& file) {
    if (record.starts().empty() || record.starts().back().closed) {
        return std::nullopt;
    }
    const auto& started = record.starts().back().started;
    if (file && file->start_id == started.start_id) {
        return file;
    }
    return Holder{started.host, "", started.job, started.start_id, started.pid, 0, kLongest};
}

Fate fate_of(const Holder& holder, const std::string& host, const std::string& boot_id,
             bool runs_here) {
    if (holder.host != host) {
        return Fate::unknown;
    }
    if (!holder.boot_id.empty() && holder.boot_id != boot_id) {
        return Fate::gone;
    }
    return runs_here ? Fate::alive : Fate::gone;
}

Fate fate_here(const Holder& holder) {
    return fate_of(holder, core::host_name(), core::boot_id(), runs_here(holder));
}

bool TakeOverWait::given_up(const Holder& seen, core::Instant now) {
    if (seen != last_) {
        seen_alive_ = seen.start_id == last_.start_id && seen.counter > last_.counter;
        last_ = seen;
        since_ = now;
    }
    return left(now).count() <= 0;
}

std::optional<Holder> read_holder(const core::fs::path& sweep) {
    const auto text = core::read_file_if_there(holder_path(sweep));
    return text ? std::optional(parse_holder(*text)) : std::nullopt;
}

void write_holder(const core::fs::path& sweep, const Holder& holder) {
    core::write_file(holder_path(sweep), to_text(holder));
}

}  // namespace graft::scheduler
