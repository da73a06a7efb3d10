// SPDX-License-Identifier: Apache-2.0
// `graft simulate` from its words to what it prints.
#include <cstdio>

#include <unistd.h>

#include "core/file.hpp"
#include "core/text.hpp"

#include "commands/away_sweep.hpp"
#include "commands/command.hpp"
#include "support/catch.hpp"

namespace graft::commands {

namespace {

// Standard output goes to a file while it lives.
class Printed {
  public:
    explicit Printed(const core::fs::path& to) : before_(::dup(1)) {
        std::fflush(stdout);
        const auto instead = core::open_to_append(to);
        ::dup2(instead.get(), 1);
    }
    ~Printed() {
        std::fflush(stdout);
        ::dup2(before_.get(), 1);
    }
    Printed(const Printed&) = delete;
    Printed& operator=(const Printed&) = delete;

  private:
    core::Descriptor before_;
};

struct Sweep : tests::AwaySweep {
    // What the command prints, with its exit code first.
    std::string simulated(const Arguments& more) const {
        Arguments words{path.string(), "--device", "v100", "--images", "far=100000"};
        words.insert(words.end(), more.begin(), more.end());
        const auto printed = directory / "printed";
        int code = 0;
        {
            const Printed redirected(printed);
            code = simulate(words);
        }
        const auto text = core::read_file(printed);
        core::remove_file(printed);
        return std::to_string(code) + "\n" + text;
    }
    double makespan(const std::string& gpus) const {
        const auto text = simulated({"--gpus", gpus, "--json"});
        CHECK_THAT(text, ContainsSubstring(R"("trials": 3, "finished": 3)"));
        const std::string key = R"("makespan_seconds": )";
        const auto at = text.find(key);
        REQUIRE(at != std::string::npos);
        const auto number = text.substr(at + key.size());
        return core::parse_double(number.substr(0, number.find(','))).value();
    }
};

}  // namespace

TEST_CASE("simulate prints makespan, bound and where the time goes, and the same again") {
    const Sweep sweep;
    const auto text = sweep.simulated({"--gpus", "2"});
    CHECK_THAT(text, StartsWith("0\nSimulated: 3 trials of sweep 'away' on 2 slots (1 rank, 2 "
                                "each), NVIDIA V100.\n"));
    CHECK_THAT(text, ContainsSubstring("\nlower bound "));
    // Two trials after each other on one of the slots, where one and a half would be even.
    CHECK_THAT(text, ContainsSubstring("the makespan is 1.34"));
    CHECK_THAT(text, ContainsSubstring("\n  idle: nothing left to begin "));
    CHECK_THAT(text, ContainsSubstring("\nTaken for granted:\n"));
    CHECK(sweep.simulated({"--gpus", "2"}) == text);
    CHECK_FALSE(core::fs::exists(sweep.directory / "away"));  // nothing is written
}

TEST_CASE("simulate takes less time on more devices") {
    const Sweep sweep;
    const double one = sweep.makespan("1"), two = sweep.makespan("2"), three = sweep.makespan("3");
    CHECK(one == Approx(3 * three).epsilon(0.03));
    CHECK(two == Approx(2 * three).epsilon(0.03));
    CHECK(sweep.makespan("4") == three);
}

TEST_CASE("simulate says which of its words do not fit") {
    const Sweep sweep;
    CHECK_THROWS_WITH(sweep.simulated({"--gpus", "0"}), ContainsSubstring("--gpus 0"));
    CHECK_THROWS_WITH(sweep.simulated({"--gpus", "2", "--ranks", "2"}),
                      ContainsSubstring("say the same twice"));
    CHECK_THROWS_WITH(sweep.simulated({"--noise", "-1"}), ContainsSubstring("--noise -1"));
}

}  // namespace graft::commands
