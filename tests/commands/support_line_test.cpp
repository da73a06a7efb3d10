// SPDX-License-Identifier: Apache-2.0
#include "commands/support_line.hpp"

#include "core/file.hpp"
#include "core/text.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"
#include "support/temporary.hpp"

namespace graft::commands {

namespace {

const sweep::DeviceFailed kFailed{
    {1'764'000'000'000'000}, "n7", "GPU-1", "CUDA error: an ECC error\n\x1b[31mXid 48"};

}  // namespace

TEST_CASE("the line for the site's support says what is known, on one line") {
    CHECK(support_line(kFailed, std::nullopt, "") ==
          "host n7, GPU GPU-1, 2025-11-24 16:00:00 UTC: " + core::printable(kFailed.reason));
    DeviceFacts facts;
    facts.gpu.name = "Tesla V100-SXM2-32GB";
    facts.gpu.pci = "00000000:3B:00.0";
    facts.driver = "535.161.08";
    const auto line = support_line(kFailed, facts, "4711");
    CHECK_THAT(line, StartsWith("host n7, GPU GPU-1, kind Tesla V100-SXM2-32GB, PCI "
                                "00000000:3B:00.0, driver 535.161.08, job 4711, 2025-"));
    CHECK(line.find_first_of("\n\x1b") == std::string::npos);
    facts.gpu.mig = core::Mig{"GPU-9", 1, 0};
    CHECK_THAT(support_line(kFailed, facts, ""), ContainsSubstring("part of GPU-9"));
}

TEST_CASE("the job is the one of the last start before the failure") {
    tests::RecordBuilder builder;
    const auto before = builder.record().starts().front().started.time;
    CHECK(job_at(builder.record(), builder.now()) == "4711");
    CHECK(job_at(builder.record(), {before.micros - 1}).empty());
}

TEST_CASE("what a rank wrote down of its devices is found by host and UUID") {
    const tests::TemporaryDirectory sweep;
    core::create_directories(sweep / "logs");
    CHECK_FALSE(read_device_facts(sweep.path(), kFailed));
    core::write_file(sweep / "logs/devices-n7.0", "no table");
    core::write_file(sweep / "logs/devices-n71.0", "GPU-1;of another host;9\n");
    core::write_file(sweep / "logs/devices-n7.1", "driver=535.1\nGPU-0;A;9\nGPU-1;B;9;pci=3B\n");
    const auto facts = read_device_facts(sweep.path(), kFailed);
    REQUIRE(facts);
    CHECK(facts->gpu.pci == "3B");
    CHECK(facts->driver == "535.1");
}

}  // namespace graft::commands
