// SPDX-License-Identifier: Apache-2.0
#include "commands/settle.hpp"

#include <fmt/format.h>

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
