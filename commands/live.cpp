// SPDX-License-Identifier: Apache-2.0
#include "commands/live.hpp"

#include <chrono>

#include "core/error.hpp"

#include "commands/study.hpp"
#include "scheduler/holder.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

bool was_started(const fs::path& directory) {
    return sweep::highest_segment(directory) > 0;
}

Live read_live(const fs::path& path) {
    Live live;
    live.directory = sweep_directory(path);
    live.end = sweep::read_journal(live.directory,
                                   [&](const sweep::Event& event) { live.record.apply(event); });
    if (live.record.starts().empty()) {
        core::fail_input(
            "'{}' holds no sweep that was started (no start in the journal of '{}'). Start it: "
            "graft run {}",
            path.string(), live.directory.string(), path.string());
    }
    return live;
}

double age_of(const fs::path& path, core::WallTime now) {
    std::error_code error;
    const auto written = fs::last_write_time(path, error);
    if (error) {
        return 0;
    }
    const auto since = std::chrono::file_clock::to_sys(written).time_since_epoch();
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
    return core::seconds_between(core::WallTime{micros}, now);
}

std::optional<Holder> holder_of(const fs::path& directory, core::WallTime now) {
    const auto holder = scheduler::read_holder(directory);
    if (!holder) {
        return std::nullopt;
    }
    return Holder{holder->host, holder->job, holder->pid, age_of(directory / "coordinator", now)};
}

std::optional<Holder> runner_of(const fs::path& directory, const sweep::Record& record) {
    const auto holder = scheduler::holder_of(record, scheduler::read_holder(directory));
    if (!holder) {
        return std::nullopt;
    }
    const Holder runner{holder->host, holder->job, holder->pid,
                        age_of(directory / "coordinator", core::wall_now())};
    switch (scheduler::fate_here(*holder)) {
        case scheduler::Fate::alive:
            return runner;
        case scheduler::Fate::unknown:
            return runner.alive() ? std::optional(runner) : std::nullopt;
        case scheduler::Fate::gone:
            break;
    }
    return std::nullopt;
}

const sweep::Start& start_of(const sweep::Record& record) {
    const auto* last = record.last_run();
    return last ? *last : record.starts().back();
}

std::string text_of(const Holder& holder) {
    return fmt::format("pid {} on {}{}", holder.pid, holder.host,
                       holder.job.empty() ? "" : ", job " + holder.job);
}

}  // namespace graft::commands
