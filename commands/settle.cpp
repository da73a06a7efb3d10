// SPDX-License-Identifier: Apache-2.0
#include "commands/settle.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/gpu.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

#include "sweep/record.hpp"

#include "commands/live.hpp"
#include "commands/parts.hpp"
#include "commands/plan_change.hpp"
#include "commands/preview.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

std::int64_t threads_here() {
    std::int64_t gpus = 0;
    for (const auto& gpu : core::visible_gpus()) {
        gpus += core::why_unusable(gpu).empty();
    }
    return default_threads(static_cast<std::int64_t>(core::allowed_cores().size()), gpus);
}

// What a start, a submit or a check of the nodes that died before its first word leaves behind:
// these, or half of one; and pictures of the augmentation.
bool only_begun(const fs::path& directory) {
    static const std::set<std::string> first{
        "journal", "logs", "launch", "check",   "requests", "ending",      "coordinator",
        "sweep",   "job",  "jobs",   "program", "stopped",  kPreviewFolder};
    return std::all_of(fs::directory_iterator(directory), fs::directory_iterator(),
                       [](const auto& entry) {
                           const std::string name = entry.path().filename().string();
                           return first.contains(name.substr(0, name.find('.')));
                       });
}

// The sweep's directory is new or empty, or holds this very sweep.
void check_directory(const sweep::SweepFile& file, const sweep::Record& record) {
    if (!fs::exists(file.output)) {
        return;
    }
    const bool named = fs::exists(file.output / "sweep.toml");
    if (!named && !only_begun(file.output)) {
        core::fail_input(
            "directory '{}' holds something else than a sweep (there is no sweep.toml "
            "in it). Name another one: --output DIR, or [sweep] output.",
            file.output.string());
    }
    const std::string name = named ? read_file(file.output).name : record.sweep_name();
    if (!name.empty() && name != file.name) {
        core::fail_input(
            "directory '{}' holds the sweep '{}' (this file is '{}'). Name another "
            "directory: --output DIR, or [sweep] output.",
            file.output.string(), name, file.name);
    }
}

void ask(const PlanChange& change, bool accept) {
    if (change.left_out_with_results > 0 && !accept) {
        core::fail_input(
            "{} with results would be left out or renamed (the sweep file no longer names "
            "them). Type the same command with --accept to go on, or restore the "
            "file; nothing is deleted either way.",
            core::counted(change.left_out_with_results, "trial"));
    }
}

void check_not_running_otherwise(const Study& study, const sweep::Record& record) {
    const auto runner = runner_of(study.file.output, record);
    if (runner && sweep::resolved_text(study.file) != record.sweep_file()) {
        const std::string directory = study.file.output.string();
        core::fail_input(
            "sweep '{}' is being run by pid {} on host {} (with another sweep file than this one; "
            "nothing was changed). Type: graft stop {}, then graft run {} --accept",
            directory, runner->pid, runner->host, directory, study.file.path.string());
    }
}

// As the file says, else as the sweep was begun with.
std::optional<std::int64_t> known_threads(const sweep::SweepFile& file) {
    if (file.run.threads || !fs::exists(file.output / "sweep.toml")) {
        return file.run.threads;
    }
    return read_file(file.output).run.threads;
}

}  // namespace

std::int64_t default_threads(std::int64_t cores, std::int64_t gpus) {
    constexpr std::int64_t small_machine = 8;
    if (gpus > 0) {
        return std::max<std::int64_t>(1, cores / gpus);
    }
    return cores < small_machine ? 1 : 4;
}

std::int64_t settled_threads(const sweep::SweepFile& file) {
    return known_threads(file).value_or(threads_here());
}

Study settle_plan(Study study, bool accept) {
    const auto record = sweep::read_record(study.file.output);
    check_directory(study.file, record);
    check_may_run(study.file.output);
    study.file.run.threads = known_threads(study.file);
    const PlanChange change = plan_change(record, study);
    if (const auto text = change_text(change); !text.empty()) {
        fmt::print("{}\n", text);
    }
    check_not_running_otherwise(study, record);
    ask(change, accept);
    return study;
}

Study settle(Study study, bool accept) {
    study.file.run.threads = settled_threads(study.file);
    return settle_plan(std::move(study), accept);
}

void remove_dead_launch_files(const fs::path& sweep, const fs::path& but) {
    const std::string own = core::host_name() + ".";
    std::error_code error;
    for (fs::directory_iterator entry(sweep / "launch", error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (entry->path() == but || !name.starts_with(own)) {
            continue;
        }
        const auto pid =
            core::parse_int(name.substr(own.size(), name.find('.', own.size()) - own.size()));
        if (pid && !core::process_exists(static_cast<pid_t>(*pid))) {
            std::error_code stays;  // it harms nobody
            fs::remove(entry->path(), stays);
        }
    }
}

std::vector<sweep::Event> begin(const sweep::Record& record, const Study& study, bool accept) {
    check_may_run(study.file.output);
    ask(plan_change(record, study), accept);
    remove_dead_launch_files(study.file.output, study.file.path);
    core::write_file(study.file.output / "sweep.toml", sweep::resolved_text(study.file));
    return plan_events(record, study);
}

LaunchFile::LaunchFile(const sweep::SweepFile& file)
    : path_(file.output / "launch" /
            fmt::format("{}.{}.toml", core::host_name(), core::own_pid())) {
    core::create_directories(path_.parent_path());
    core::write_file(path_, sweep::resolved_text(file));
}

LaunchFile::~LaunchFile() {
    std::error_code error;  // left behind, it harms nobody: graft clean removes it
    fs::remove(path_, error);
    fs::remove(path_.parent_path(), error);
}

}  // namespace graft::commands
