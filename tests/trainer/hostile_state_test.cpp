// SPDX-License-Identifier: Apache-2.0
// States that somebody damaged or made up.
#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/mutants.hpp"
#include "support/temporary.hpp"
#include "trainer/state_file.hpp"

using namespace graft;

TEST_CASE("a state file with any bytes changed is read, or refused by name") {
    const tests::TemporaryDirectory directory;
    trainer::TrialState state;
    state.weights = {1, 2, 3};
    state.first = {4, 5, 6};
    state.second = {7, 8, 9};
    state.best.emplace().epoch = 2;
    trainer::write_state(directory / "1.1.state.h5", state);
    const auto report =
        tests::try_mutants(directory / "1.1.state.h5", 400,
                           [](const std::filesystem::path& path) { trainer::read_state(path); });
    INFO(report.text());
    CHECK(report.problems.empty());
    CHECK(report.read > 10);
    CHECK(report.refused > 30);
}
