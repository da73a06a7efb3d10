// SPDX-License-Identifier: Apache-2.0
#include "core/gpu.hpp"

#include <cstdlib>

#include "core/error.hpp"
#include "core/file.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;

namespace {

const char* const kFour = "GPU-aa1;V100;1000\nGPU-ab2;V100;1000\nGPU-ac3;V100;1000\n";

std::string chosen(const std::optional<std::string>& visible) {
    std::string uuids;
    for (const auto& gpu : core::select_visible(core::parse_devices(kFour), visible)) {
        uuids += gpu.uuid + " ";
    }
    return uuids;
}

}  // namespace

TEST_CASE("CUDA_VISIBLE_DEVICES chooses as CUDA does") {
    CHECK(chosen(std::nullopt) == "GPU-aa1 GPU-ab2 GPU-ac3 ");
    CHECK(chosen("") == "");
    CHECK(chosen("2,0") == "GPU-ac3 GPU-aa1 ");
    CHECK(chosen("GPU-ab,GPU-aa1") == "GPU-ab2 GPU-aa1 ");
    CHECK(chosen("1,-1,2") == "GPU-ab2 ");
    CHECK(chosen("7") == "");
}

TEST_CASE("pretended devices come from the file that GRAFT_DEVICES names") {
    const tests::TemporaryDirectory directory;
    core::write_file(directory / "devices", kFour);
    ::setenv("GRAFT_DEVICES", (directory / "devices").c_str(), 1);
    const auto gpus = core::all_gpus();
    ::unsetenv("GRAFT_DEVICES");
    REQUIRE(gpus.size() == 3);
    CHECK(gpus[1].index == 1);
    CHECK(gpus[1].name == "V100");
    CHECK(gpus[1].memory_bytes == 1000);
}

TEST_CASE("a line that names no device is an input error") {
    CHECK_THROWS_AS(core::parse_devices("GPU-1;V100\n"), core::InputError);
    CHECK_THROWS_AS(core::parse_devices("GPU-1;V100;many\n"), core::InputError);
}
