// SPDX-License-Identifier: Apache-2.0
#include "core/node_check.hpp"

#include <cstdlib>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/process.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;

TEST_CASE("a directory that keeps its promises is left as it was") {
    const tests::TemporaryDirectory directory;
    const auto times = core::check_directory(directory.path());
    CHECK(times.create > 0);
    CHECK(times.sync > 0);
    CHECK(times.rename > 0);
    CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("a probe that a killed process left behind is no obstacle") {
    const tests::TemporaryDirectory directory;
    core::write_file(directory / fmt::format("probe.{}.{}", core::host_name(), core::own_pid()),
                     "old");
    CHECK_NOTHROW(core::check_directory(directory.path()));
    CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("a directory that cannot be written is reported with its name") {
    const auto report = core::check_node("/proc/self");
    CHECK_THAT(report.directory_problem, ContainsSubstring("/proc/self"));
    CHECK(report.problem_code != 0);
}

TEST_CASE("a node's report says what a rank may use there") {
    const tests::TemporaryDirectory directory;
    core::write_file(directory / "devices", "driver=535.1\nGPU-a;V100;1000\nGPU-b;V100;1000\n");
    ::setenv("GRAFT_DEVICES", (directory / "devices").c_str(), 1);
    ::setenv("CUDA_VISIBLE_DEVICES", "1", 1);
    const auto report = core::check_node(directory.path());
    ::unsetenv("GRAFT_DEVICES");
    ::unsetenv("CUDA_VISIBLE_DEVICES");
    CHECK(report.host == core::host_name());
    CHECK(report.driver == "535.1");
    REQUIRE(report.gpus.size() == 1);
    CHECK(report.gpus[0].uuid == "GPU-b");
    CHECK(report.cores.size() == core::allowed_cores().size());
    CHECK(report.host_cores >= static_cast<int>(report.cores.size()));
    CHECK(report.directory_problem.empty());
    CHECK_THAT(text_of(report), ContainsSubstring("driver 535.1, 1 GPU, cores "));
    CHECK(core::decode<core::NodeReport>(core::encode(report)).gpus == report.gpus);
}
