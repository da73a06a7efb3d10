// SPDX-License-Identifier: Apache-2.0
#include "core/gpu.hpp"

#include <cstdlib>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/file.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;

namespace {

const char* const kThree = "GPU-aa1;V100;1000\nGPU-ab2;V100;1000\nGPU-ac3;V100;1000\n";
// The second of three GPUs is in MIG mode.
const char* const kMig =
    "GPU-aa1;A100;9\n"
    "MIG-5a;A100 MIG;4;index=1;mig=GPU-bb2/1/0\n"
    "MIG-5b;A100 MIG;4;index=1;mig=GPU-bb2/2/0\n"
    "GPU-cc3;A100;9;index=2\n";

std::string chosen(const char* devices, const std::optional<std::string>& visible) {
    std::string uuids;
    for (const auto& gpu : core::select_visible(core::parse_devices(devices).list, visible)) {
        uuids += gpu.uuid + " ";
    }
    return uuids;
}

}  // namespace

TEST_CASE("CUDA_VISIBLE_DEVICES chooses as CUDA does") {
    CHECK(chosen(kThree, std::nullopt) == "GPU-aa1 GPU-ab2 GPU-ac3 ");
    CHECK(chosen(kThree, "") == "");
    CHECK(chosen(kThree, "2,0") == "GPU-ac3 GPU-aa1 ");
    CHECK(chosen(kThree, "2, 0") == "GPU-ac3 GPU-aa1 ");
    CHECK(chosen(kThree, "GPU-ab,GPU-aa1") == "GPU-ab2 GPU-aa1 ");
    CHECK(chosen(kThree, "7") == "");
    CHECK(chosen(kThree, "NoDevFiles") == "");
}

TEST_CASE("after the first name that is none, nothing counts") {
    CHECK(chosen(kThree, "0,2,-1,1") == "GPU-aa1 GPU-ac3 ");
    CHECK(chosen(kThree, "GPU-ab,GPU-x,GPU-aa1") == "GPU-ab2 ");
    CHECK(chosen(kThree, "GPU-aa1,GPU-a,GPU-ab2") == "GPU-aa1 ");  // the beginning of several
    CHECK(chosen(kThree, "0,GPU-ab2") == "GPU-aa1 ");              // of another kind
    CHECK(chosen(kThree, ",0") == "");
}

TEST_CASE("a device named twice is an error") {
    CHECK_THROWS_WITH(chosen(kThree, "0,1,0"),
                      ContainsSubstring("names GPU-aa1") && ContainsSubstring("twice"));
    CHECK_THROWS_AS(chosen(kThree, "GPU-aa,GPU-aa1"), core::InputError);
    CHECK_THROWS_AS(chosen(kMig, "MIG-5a,MIG-GPU-bb2/1/0"), core::InputError);
}

TEST_CASE("MIG devices are chosen by their UUID, their old name, or their GPU") {
    CHECK(chosen(kMig, std::nullopt) == "GPU-aa1 MIG-5a MIG-5b GPU-cc3 ");
    CHECK(chosen(kMig, "MIG-5b") == "MIG-5b ");
    CHECK(chosen(kMig, "MIG-GPU-bb2/2/0") == "MIG-5b ");
    CHECK(chosen(kMig, "MIG-GPU-bb2/3/0") == "");
    CHECK(chosen(kMig, "MIG-5") == "");  // the beginning of two
    CHECK(chosen(kMig, "1") == "MIG-5a MIG-5b ");
    CHECK(chosen(kMig, "2,1") == "GPU-cc3 MIG-5a MIG-5b ");
    CHECK(chosen(kMig, "GPU-bb2,GPU-aa") == "MIG-5a MIG-5b GPU-aa1 ");
}

TEST_CASE("pretended devices come from the file that GRAFT_DEVICES names") {
    const tests::TemporaryDirectory directory;
    core::write_file(directory / "devices", kThree);
    ::setenv("GRAFT_DEVICES", (directory / "devices").c_str(), 1);
    const auto gpus = core::all_gpus().list;
    ::unsetenv("GRAFT_DEVICES");
    REQUIRE(gpus.size() == 3);
    CHECK(gpus[1].index == 1);
    CHECK(gpus[1].name == "V100");
    CHECK(gpus[1].memory_bytes == 1000);
    CHECK(core::why_unusable(gpus[1]).empty());
}

TEST_CASE("a table of devices reads back as it was") {
    core::Gpus gpus;
    gpus.driver = "535.161.08";
    core::Gpu gpu{3,
                  "MIG-1",
                  "A100 MIG 1g",
                  5000,
                  "00000000:3B:00.0",
                  core::ComputeMode::exclusive_process,
                  {0, 1, 2, 8},
                  7,
                  "it has fallen off the bus",
                  core::Mig{"GPU-1", 2, 1}};
    gpus.list = {gpu, core::Gpu{}};
    const auto text = core::devices_table(gpus);
    CHECK_THAT(text, ContainsSubstring("cores=0-2,8"));
    const auto read = core::parse_devices(text);
    CHECK(read.driver == gpus.driver);
    CHECK(read.list == gpus.list);
    CHECK(core::decode<core::Gpu>(core::encode(gpu)) == gpu);
    gpus.list[0].fault = "one; two\nthree";
    CHECK(core::parse_devices(core::devices_table(gpus)).list.size() == 2);
}

TEST_CASE("a line that names no device is an input error") {
    for (const auto* line :
         {"GPU-1;V100", "GPU-1;V100;many", "GPU-1;V100;1;mode=odd", "GPU-1;V100;1;cores=a",
          "GPU-1;V100;1;cores=0-9999999", "GPU-1;V100;1;mig=GPU-2", "GPU-1;V100;1;colour=red"}) {
        CHECK_THROWS_AS(core::parse_devices(line), core::InputError);
    }
}

TEST_CASE("what keeps work from a GPU is told in words") {
    core::Gpu gpu;
    gpu.mode = core::ComputeMode::exclusive_process;
    CHECK(core::why_unusable(gpu).empty());
    gpu.mode = core::ComputeMode::prohibited;
    CHECK_THAT(core::why_unusable(gpu), ContainsSubstring("'prohibited'"));
    gpu.memory_errors = 1;
    CHECK_THAT(core::why_unusable(gpu), ContainsSubstring("1 uncorrectable error of"));
    gpu.fault = "it has fallen off the bus";
    CHECK(core::why_unusable(gpu) == gpu.fault);
}
