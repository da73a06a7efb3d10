// SPDX-License-Identifier: Apache-2.0
#include "trainer/time_steps.hpp"

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/file.hpp"
#include "core/process.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;

namespace {

sweep::StepRequest request(const std::string& network, std::int32_t size) {
    sweep::StepRequest result;
    result.network = network;
    result.image_size = size;
    result.training.batch_size = 4;
    return result;
}

}  // namespace

TEST_CASE("a step takes time, less of it with the head alone, and a larger one more") {
    const auto small = trainer::time_step(request("small_cnn", 32), c10::kCPU);
    const auto large = trainer::time_step(request("small_cnn", 128), c10::kCPU);
    for (const auto& times : {small, large}) {
        CHECK(times.problem.empty());
        CHECK(times.validation > 0);
        CHECK(times.head < times.all);
    }
    CHECK(large.all > small.all);
}

TEST_CASE("graft-trainer times every step that it can, and says of the others why not") {
    const tests::TemporaryDirectory directory;
    auto half = request("small_cnn", 16);
    half.training.precision = sweep::Precision::float16;
    core::write_file(directory / "requests",
                     core::encode(std::vector{half, request("small_cnn", 16)}));
    core::Spawn spawn;
    spawn.arguments = {
        GRAFT_TRAINER_PROGRAM,           "time-steps", (directory / "requests").string(),
        (directory / "answer").string(), "--threads",  "1"};
    spawn.environment["CUDA_VISIBLE_DEVICES"] = "";
    REQUIRE(core::text_of(core::spawn(spawn).wait()) == "exit code 0");
    const auto timed = core::decode<sweep::TimedSteps>(core::read_file(directory / "answer"));
    CHECK_FALSE(timed.device.empty());
    REQUIRE(timed.times.size() == 2);
    CHECK_THAT(timed.times[0].problem, ContainsSubstring("float16"));
    CHECK(timed.times[1].problem.empty());
    CHECK(timed.times[1].all > 0);
}
