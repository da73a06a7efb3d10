// SPDX-License-Identifier: Apache-2.0
#include "core/nvml.hpp"

#include "core/process.hpp"

#include "support/catch.hpp"

#if __has_include(<nvml.h>)
#include <type_traits>

#include <nvml.h>
#endif

using namespace graft;

namespace {

core::Gpus seen_with(const std::string& library_directory) {
    core::Spawn spawn;
    spawn.arguments = {GRAFT_GPU_LIST};
    spawn.environment = {{"LD_LIBRARY_PATH", library_directory}, {"GRAFT_DEVICES", std::nullopt}};
    const auto finished = core::run_to_end(spawn);
    REQUIRE(core::text_of(finished.status) == "exit code 0");
    return core::parse_devices(finished.output);
}

}  // namespace

TEST_CASE("NVML tells devices, their places, modes and health") {
    const auto gpus = seen_with(GRAFT_FAKE_NVML);
    CHECK(gpus.driver == "535.161.08");
    REQUIRE(gpus.list.size() == 6);
    const auto& good = gpus.list[0];
    CHECK(good.uuid == "GPU-0");
    CHECK(good.name == "Tesla V100-SXM2-32GB");
    CHECK(good.memory_bytes == 32000);
    CHECK(good.pci == "00000000:00:00.0");
    CHECK(good.cores == std::vector<std::int32_t>{0, 1, 2, 3});
    CHECK(core::why_unusable(good).empty());
    CHECK_THAT(core::why_unusable(gpus.list[4]), ContainsSubstring("2 uncorrectable errors"));
    CHECK(gpus.list[5].mode == core::ComputeMode::exclusive_process);
    CHECK_THAT(core::why_unusable(gpus.list[5]), ContainsSubstring("could not be remapped"));
    CHECK(gpus.list[5].index == 4);
    CHECK(gpus.list[5].cores == std::vector<std::int32_t>{64, 65, 66, 67});
}

TEST_CASE("a GPU that has fallen off the bus keeps its place") {
    const auto gpus = seen_with(GRAFT_FAKE_NVML);
    CHECK(gpus.list.at(1).uuid.empty());
    CHECK(gpus.list.at(1).index == 1);
    CHECK_THAT(core::why_unusable(gpus.list.at(1)), ContainsSubstring("fallen off the bus"));
}

TEST_CASE("a GPU in MIG mode is its MIG devices, without the empty places") {
    const auto gpus = seen_with(GRAFT_FAKE_NVML);
    const auto &first = gpus.list.at(2), &second = gpus.list.at(3);
    CHECK(first.uuid == "MIG-0");
    CHECK(second.uuid == "MIG-2");
    CHECK(second.mig == core::Mig{"GPU-2", 7, 0});
    CHECK(second.index == 2);
    CHECK(second.memory_bytes == 5000);
    CHECK(second.pci == "00000000:02:00.0");
    CHECK(core::why_unusable(second).empty());
}

TEST_CASE("an older driver without the newer functions is asked for what it knows") {
    const auto gpus = seen_with(GRAFT_OLD_NVML);
    CHECK(gpus.driver.empty());
    REQUIRE(gpus.list.size() == 5);
    CHECK(gpus.list[2].name == "NVIDIA A100-SXM4-40GB");
    CHECK(gpus.list[3].memory_errors == 0);
    CHECK(gpus.list[0].pci.empty());
}

TEST_CASE("a library that is no NVML means no GPUs") {
    CHECK(seen_with(GRAFT_NO_NVML).list.empty());
    CHECK(seen_with("/nowhere").list.empty());
}

#if __has_include(<nvml.h>)

namespace {

using namespace graft::core::nvml;

// Pointers and numbers in the same order and of the same sizes.
template <class Ours, class Theirs>
constexpr bool kAlike =
    sizeof(Ours) == sizeof(Theirs) && std::is_pointer_v<Ours> == std::is_pointer_v<Theirs>;
template <class... Ours, class... Theirs>
constexpr bool same_call(int (*)(Ours...), nvmlReturn_t (*)(Theirs...)) {
    if constexpr (sizeof...(Ours) == sizeof...(Theirs)) {
        return (kAlike<Ours, Theirs> && ...);
    } else {
        return false;
    }
}
template <class Ours, class Theirs>
constexpr bool kSameCall = same_call(Ours(), Theirs());

}  // namespace

TEST_CASE("what is called is what nvml.h declares") {
    STATIC_REQUIRE(kSuccess == NVML_SUCCESS);
    STATIC_REQUIRE(kNotFound == NVML_ERROR_NOT_FOUND);
    STATIC_REQUIRE(kGpuIsLost == NVML_ERROR_GPU_IS_LOST);
    STATIC_REQUIRE(kResetRequired == NVML_ERROR_RESET_REQUIRED);
    STATIC_REQUIRE(kMigOn == NVML_DEVICE_MIG_ENABLE);
    STATIC_REQUIRE(kUncorrected == NVML_MEMORY_ERROR_TYPE_UNCORRECTED);
    STATIC_REQUIRE(kVolatile == NVML_VOLATILE_ECC);
    STATIC_REQUIRE(kYes == NVML_FEATURE_ENABLED);
    STATIC_REQUIRE(int(core::ComputeMode::prohibited) == NVML_COMPUTEMODE_PROHIBITED);
    STATIC_REQUIRE(int(core::ComputeMode::exclusive_process) == NVML_COMPUTEMODE_EXCLUSIVE_PROCESS);
    STATIC_REQUIRE(core::EnumNames<core::ComputeMode>::names.size() == NVML_COMPUTEMODE_COUNT);
    STATIC_REQUIRE(sizeof(Memory) == sizeof(nvmlMemory_t));
    STATIC_REQUIRE(sizeof(Pci) == sizeof(nvmlPciInfo_t));
    STATIC_REQUIRE(offsetof(Pci, bus_id) == offsetof(nvmlPciInfo_t, busId));
    STATIC_REQUIRE(
        kSameCall<decltype(Functions::ecc_errors), decltype(&nvmlDeviceGetTotalEccErrors)>);
    STATIC_REQUIRE(kSameCall<decltype(Functions::remapped), decltype(&nvmlDeviceGetRemappedRows)>);
    STATIC_REQUIRE(kSameCall<decltype(Functions::cores), decltype(&nvmlDeviceGetCpuAffinity)>);
    STATIC_REQUIRE(kSameCall<decltype(Functions::mig_mode), decltype(&nvmlDeviceGetMigMode)>);
    STATIC_REQUIRE(
        kSameCall<decltype(Functions::mig_device), decltype(&nvmlDeviceGetMigDeviceHandleByIndex)>);
    STATIC_REQUIRE(kSameCall<decltype(Functions::retirement),
                             decltype(&nvmlDeviceGetRetiredPagesPendingStatus)>);
    STATIC_REQUIRE(
        kSameCall<decltype(Functions::most_migs), decltype(&nvmlDeviceGetMaxMigDeviceCount)>);
    STATIC_REQUIRE(
        kSameCall<decltype(Functions::compute_mode), decltype(&nvmlDeviceGetComputeMode)>);
    STATIC_REQUIRE(kSameCall<decltype(Functions::driver), decltype(&nvmlSystemGetDriverVersion)>);
    STATIC_REQUIRE(kSameCall<decltype(Functions::pci), decltype(&nvmlDeviceGetPciInfo_v3)>);
}

#endif
