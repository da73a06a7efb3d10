// SPDX-License-Identifier: Apache-2.0
#include "core/node_check.hpp"

#include <utility>

#include "core/clock.hpp"
#include "core/env.hpp"
#include "core/error.hpp"
#include "core/memory.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

namespace graft::core {

namespace {

constexpr std::size_t kProbe = 8 << 10;

// A file that is gone when this is.
class Probe {
  public:
    explicit Probe(fs::path path) : path_(std::move(path)) {}
    ~Probe() {
        std::error_code stays;  // it harms nobody
        fs::remove(path_, stays);
    }
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

// Seconds since the last call.
class Watch {
  public:
    double lap() {
        const auto before = std::exchange(last_, now());
        return Seconds(last_ - before).count();
    }

  private:
    Instant last_ = now();
};

[[noreturn]] void fail_promise(const fs::path& directory, std::string_view what) {
    fail_input(
        "directory '{}' is on a file system that cannot keep a sweep ({}). Put the sweep on "
        "another one: --output DIR, or [sweep] output; or ask the site about this one.",
        directory.string(), what);
}

}  // namespace

DirectoryTimes check_directory(const fs::path& directory) {
    const Probe probe(directory / fmt::format("probe.{}.{}", host_name(), own_pid()));
    remove_file(probe.path());  // of a process with our number that was killed
    DirectoryTimes times;
    Watch watch;
    auto file = AppendFile::create(probe.path());
    times.create = watch.lap();
    if (!file || AppendFile::create(probe.path())) {
        fail_promise(directory, "a file could be made twice, each time as a new one");
    }
    watch.lap();
    file->append_and_sync(std::string(kProbe, 'a'));
    times.sync = watch.lap();
    const std::string replaced(kProbe, 'b');
    write_file(probe.path(), replaced);
    times.rename = watch.lap();
    if (read_file(probe.path()) != replaced) {
        fail_promise(directory, "a file that was renamed over another did not take its place");
    }
    return times;
}

NodeReport check_node(const fs::path& directory) {
    NodeReport report;
    report.host = host_name();
    auto gpus = all_gpus();
    report.driver = gpus.driver;
    report.gpus = select_visible(gpus.list, env("CUDA_VISIBLE_DEVICES"));
    const auto cores = allowed_cores();
    report.cores = {cores.begin(), cores.end()};
    report.host_cores = host_cores();
    report.memory_limit = read_memory().limit;
    try {
        report.times = check_directory(directory);
    } catch (const Error& error) {
        report.directory_problem = error.what();
        report.problem_code = error.exit_code();
    }
    return report;
}

std::string text_of(const NodeReport& report) {
    const auto driver = report.driver.empty() ? "" : "driver " + report.driver + ", ";
    const auto memory =
        report.memory_limit ? ", at most " + bytes_text(*report.memory_limit) + " of memory" : "";
    return fmt::format(
        "{}{}, cores {} of {}{}; a file made in {:.1f} ms, synced in {:.1f} ms, "
        "replaced in {:.1f} ms",
        driver, counted(report.gpus.size(), "GPU"), ranges_text(report.cores), report.host_cores,
        memory, report.times.create * 1e3, report.times.sync * 1e3, report.times.rename * 1e3);
}

}  // namespace graft::core
