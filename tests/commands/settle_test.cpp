// SPDX-License-Identifier: Apache-2.0
#include "commands/settle.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using tests::TemporaryDirectory;

namespace {

// Of a process that has ended.
pid_t dead_pid() {
    core::Child child = core::fork_child([] { return 0; });
    child.wait();
    return child.pid();
}

}  // namespace

TEST_CASE("what killed launchers of this host left is removed, and nothing else") {
    const TemporaryDirectory sweep;
    core::create_directories(sweep / "launch");
    const auto host = core::host_name();
    const auto dead = dead_pid();
    const auto named = [&](const std::string& name) { return sweep / "launch" / name; };
    const auto whole = named(fmt::format("{}.{}.toml", host, dead));
    const auto half = named(fmt::format("{}.{}.toml.{}.tmp", host, dead, dead));
    const auto ours = named(fmt::format("{}.{}.toml", host, core::own_pid()));
    const auto elsewhere = named(fmt::format("{}x.{}.toml", host, dead));
    for (const auto& path : {whole, half, ours, elsewhere}) {
        core::write_file(path, "");
    }
    commands::remove_dead_launch_files(sweep.path(), whole);
    CHECK(core::fs::exists(whole));  // this run was started from it
    CHECK_FALSE(core::fs::exists(half));
    commands::remove_dead_launch_files(sweep.path(), "/elsewhere/s.toml");
    CHECK_FALSE(core::fs::exists(whole));
    CHECK(core::fs::exists(ours));
    CHECK(core::fs::exists(elsewhere));
}

TEST_CASE("threads that nothing settles are a GPU's share of the cores, else one or four") {
    CHECK(commands::default_threads(40, 4) == 10);
    CHECK(commands::default_threads(2, 4) == 1);
    CHECK(commands::default_threads(4, 0) == 1);
    CHECK(commands::default_threads(64, 0) == 4);
}

TEST_CASE("what a submit that died at once left is taken for a sweep, other files are not") {
    const TemporaryDirectory directory;
    commands::Study study;
    study.file.name = "example";
    study.file.output = directory.path();
    for (const char* name : {"program", "jobs", "logs"}) {
        core::create_directories(directory / name);
    }
    core::write_file(directory / "job.sbatch", "");
    core::write_file(directory / "stopped", "");
    CHECK_NOTHROW(commands::settle(study, false));
    core::write_file(directory / "jobs.txt", "");
    core::write_file(directory / "holiday.jpg", "");
    CHECK_THROWS_AS(commands::settle(study, false), core::InputError);
}
