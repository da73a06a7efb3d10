// SPDX-License-Identifier: Apache-2.0
// Cohorts by the real programs: how trials are grouped, and divided, changes no bit of what they
// leave.
#include "end_to_end/running_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::numbers_of;
using tests::record_of;
using tests::SmallSweep;

namespace {

constexpr const char* kTraining =
    "image_size = 16\nepochs = 3\nwarmup_epochs = 1\nwarmup_for = \"all\"\nlearning_rate = 1e-3\n"
    "batch_size = 8\n";
constexpr const char* kGrid =
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n"
    "freeze = [0, 50, 75, 100]\nseed = 1\n";

// Settings of [run] in place of those that small sweeps have.
void set_run(SmallSweep& small, const std::string& run) {
    auto text = core::read_file(small.file());
    const auto at = text.find("[run]\n");
    const auto end = text.find("[datasets");
    text.replace(at, end - at, "[run]\nthreads = 1\n" + run);
    small.write(text);
}

std::string bytes_of_predictions(const SmallSweep& small) {
    std::string all;
    const auto record = record_of(small);
    for (const auto& trial : record.trials()) {
        const auto path = small.sweep() + "/trials/" + trial.id.text();
        all += core::read_file_if_there(path + "/best.h5").value_or("none") +
               core::read_file_if_there(path + "/predictions.h5").value_or("none");
    }
    return all;
}

std::int32_t largest_cohort(const sweep::Record& record) {
    std::int32_t largest = 0;
    for (const auto& trial : record.trials()) {
        for (const auto& attempt : trial.attempts) {
            largest = std::max(largest, attempt.members);
        }
    }
    return largest;
}

}  // namespace

TEST_CASE("a cohort leaves what its trials leave alone, to the bit") {
    SmallSweep together(kGrid, kTraining);
    SmallSweep alone(kGrid, kTraining);
    set_run(together, "slots = 1\n");
    set_run(alone, "slots = 1\ncohorts = false\n");
    const auto ran = tests::graft({"run", together.file()});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    REQUIRE(tests::graft({"run", alone.file()}).code == 0);
    CHECK(largest_cohort(record_of(together)) == 4);
    CHECK(largest_cohort(record_of(alone)) == 1);
    CHECK(numbers_of(together) == numbers_of(alone));
    CHECK(bytes_of_predictions(together) == bytes_of_predictions(alone));
    const auto plan = tests::graft({"plan", together.file()});
    CHECK_THAT(plan.output, ContainsSubstring("4 trials in 1 cohort"));
    CHECK_THAT(tests::graft({"plan", together.file(), "--json"}).output,
               ContainsSubstring("\"cohorts\": 1, \"in_cohorts\": 4"));
    const auto explained =
        tests::graft({"explain", together.sweep(), record_of(together).trials()[0].id.text()});
    CHECK_THAT(explained.output, ContainsSubstring("in a cohort of 4"));
}

TEST_CASE("a cohort that is divided over idle slots leaves the same, to the bit", "[long]") {
    // Of two cohorts that look equally long one diverges at once: the other is divided.
    const std::string training =
        "image_size = 16\nepochs = 100\nwarmup_epochs = 0\nbatch_size = 4\n";
    const std::string grid =
        "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n"
        "freeze = [50, 75, 100]\nseed = 1\nlearning_rate = 1e-4\n"
        "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n"
        "freeze = [50, 75, 100]\nseed = 2\nlearning_rate = 1e12\n";
    SmallSweep divided(grid, training);
    SmallSweep alone(grid, training);
    set_run(divided, "slots = 2\n");
    set_run(alone, "slots = 2\ncohorts = false\n");
    const auto ran = tests::graft({"run", divided.file()});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    REQUIRE(tests::graft({"run", alone.file()}).code == 0);
    const auto record = record_of(divided);
    CHECK(largest_cohort(record) == 3);
    std::size_t drained = 0;
    for (const auto& trial : record.trials()) {
        for (const auto& attempt : trial.attempts) {
            drained += std::holds_alternative<sweep::Drained>(*attempt.ending);
        }
    }
    CHECK(drained == 3);
    CHECK_THAT(ran.output, ContainsSubstring("is divided in 2"));
    CHECK(numbers_of(divided) == numbers_of(alone));
    CHECK(bytes_of_predictions(divided) == bytes_of_predictions(alone));
}
