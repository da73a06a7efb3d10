// SPDX-License-Identifier: Apache-2.0
#include "scheduler/node_start.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/error.hpp"

#include "scheduler/whole_run.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
namespace fs = std::filesystem;

namespace {

// GPUs of this machine, as long as it lives.
class Pretended {
  public:
    Pretended(const TemporaryDirectory& directory, const std::string& table) {
        core::write_file(directory / "devices", table);
        ::setenv("GRAFT_DEVICES", (directory / "devices").c_str(), 1);
    }
    ~Pretended() { ::unsetenv("GRAFT_DEVICES"); }
    Pretended(const Pretended&) = delete;
    Pretended& operator=(const Pretended&) = delete;
};

bool has_line(const Looker& looker, const std::string& part) {
    return std::any_of(looker.lines.begin(), looker.lines.end(),
                       [&](const auto& line) { return line.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("a run leaves a broken GPU alone, and says so") {
    const TemporaryDirectory directory, sweep;
    const Pretended gpus(directory,
                         "driver=535.1\nGPU-a;V100;9;pci=00000000:3B:00.0\nGPU-b;V100;9;errors=2\n"
                         "GPU-c;V100;9\n");
    Looker looker;
    auto options = options_for(sweep, of_networks({"good", "good", "good"}));
    options.slots = 0;
    CHECK(run_alone(options, looker).outcome == scheduler::Outcome::done);
    CHECK(looker.last.slots.size() == 2);
    CHECK(has_line(looker, "no work for GPU-b (V100): 2 uncorrectable errors"));
    SECTION("and keeps what it saw for whoever asks later") {
        const auto text = core::read_file(sweep / scheduler::devices_file(core::host_name(), 0));
        const auto kept = core::parse_devices(text);
        CHECK(kept.driver == "535.1");
        CHECK(kept.list.at(0).pci == "00000000:3B:00.0");
        CHECK(kept.list.size() == 3);
    }
}

TEST_CASE("a run whose GPUs are all prohibited stops, and trains nothing on the processor") {
    const TemporaryDirectory directory, sweep;
    const Pretended gpus(directory, "GPU-a;V100;9;mode=prohibited\n");
    Looker looker;
    auto options = options_for(sweep, of_networks({"good"}));
    const auto result = run_alone(options, looker);
    CHECK(result.outcome != scheduler::Outcome::done);
    CHECK_THAT(result.message, ContainsSubstring("no slot is left"));
    CHECK(has_line(looker, "'prohibited'"));
}

TEST_CASE("slots that cannot be made are an error before anything is written") {
    const TemporaryDirectory directory, sweep;
    const Pretended gpus(directory, "GPU-a;V100;9;mode=exclusive_process\n");
    Looker looker;
    CHECK_THROWS_WITH(run_alone(options_for(sweep, of_networks({"good"})), looker),
                      ContainsSubstring("2 trainers cannot share 1 GPU"));
    CHECK_FALSE(fs::exists(sweep / "journal"));
}

TEST_CASE("a look at the node takes well under a second, and leaves no file of it") {
    const TemporaryDirectory sweep;
    Looker looker;
    const auto begun = core::now();
    const auto share = scheduler::take_share(options_for(sweep, {}), looker);
    CHECK(core::Seconds(core::now() - begun).count() < 1);
    CHECK(share.gpus.empty());
    CHECK_FALSE(share.cores.empty());
    for (const auto& entry : fs::directory_iterator(sweep / "logs")) {
        CHECK(entry.path().filename() == "rank-0.log");
    }
}
