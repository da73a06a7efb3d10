// SPDX-License-Identifier: Apache-2.0
#include "scheduler/take_over.hpp"

#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/process.hpp"

namespace graft::scheduler {

namespace {

sweep::Record read_record(const core::fs::path& sweep) {
    sweep::Record record;
    sweep::read_journal(sweep, [&](const sweep::Event& event) { record.apply(event); });
    return record;
}

std::string shown(const Holder& holder) {
    return fmt::format("pid {} on {}{}", holder.pid, holder.host,
                       holder.job.empty() ? "" : ", job " + holder.job);
}

// A number that another program has by now is not the holder.
bool runs_here(const Holder& holder) {
    const auto pid = static_cast<pid_t>(holder.pid);
    if (pid <= 0 || pid == core::own_pid() || !core::process_exists(pid)) {
        return false;
    }
    // The kernel keeps the first 15 bytes of the program's name, readable by everyone.
    const auto name = core::read_file_if_there(fmt::format("/proc/{}/comm", pid));
    return !name || *name == core::own_executable().filename().string().substr(0, 15) + "\n";
}

// Returns when nobody holds the sweep any more.
void wait_for_holder(const core::fs::path& sweep, const Holder& first, Observer& observer) {
    TakeOverWait wait(first, core::now());
    core::Instant next_line = core::now();
    while (true) {
        const auto holder = holder_of(read_record(sweep), read_holder(sweep));
        if (!holder || wait.given_up(*holder, core::now())) {
            return;
        }
        if (core::now() >= next_line) {
            next_line = core::now() + std::chrono::seconds(10);
            observer.say(fmt::format("waiting {:.0f} s more for {}, which may still run this sweep",
                                     wait.left(core::now()).count(), shown(*holder)));
        }
        core::sleep_for(core::Seconds(1));
    }
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

Taken take_over(const core::fs::path& sweep, const std::string& start_id, const std::string& job,
                Observer& observer) {
    core::create_directories(sweep);
    if (const auto holder = holder_of(read_record(sweep), read_holder(sweep))) {
        switch (fate_of(*holder, core::host_name(), core::boot_id(), runs_here(*holder))) {
            case Fate::alive:
                fail_already_run(sweep, shown(*holder));
            case Fate::unknown:
                wait_for_holder(sweep, *holder, observer);
                break;
            case Fate::gone:
                break;
        }
    }
    const Holder own{core::host_name(), core::boot_id(), job, start_id, core::own_pid(), 0};
    sweep::Started started;
    started.time = core::wall_now();
    started.start_id = start_id;
    started.host = own.host;
    started.version = std::string(core::build_id());
    started.job = job;
    started.pid = own.pid;
    sweep::Record record;
    auto journal = sweep::JournalWriter::start(
        sweep, started, [&](const sweep::Event& event) { record.apply(event); });
    if (!journal) {
        fail_already_run(sweep, "another start at this very moment");
    }
    write_holder(sweep, own);
    return {std::move(record), std::move(*journal), own};
}

}  // namespace graft::scheduler
