// SPDX-License-Identifier: Apache-2.0
// graft check on a machine, with and without SLURM, and what graft plan makes of it.
#include <cstdlib>

#include "core/file.hpp"

#include "end_to_end/small_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

// PATH without SLURM's programs, and no job around us.
class WithoutSlurm {
  public:
    explicit WithoutSlurm(const std::string& path) : path_(std::getenv("PATH")) {
        ::setenv("PATH", path.c_str(), 1);
        ::unsetenv("SLURM_JOB_ID");
    }
    ~WithoutSlurm() { ::setenv("PATH", path_.c_str(), 1); }
    WithoutSlurm(const WithoutSlurm&) = delete;
    WithoutSlurm& operator=(const WithoutSlurm&) = delete;

  private:
    std::string path_;
};

}  // namespace

TEST_CASE("check --here times the networks of a sweep, plan reckons with it, and run begins") {
    const SmallSweep small;
    CHECK_THAT(tests::graft({"plan", small.file()}).output, ContainsSubstring("--here"));
    const auto checked = tests::graft({"check", small.file(), "--here"});
    INFO(checked.output);
    CHECK(checked.code == 0);
    CHECK_THAT(checked.output, ContainsSubstring("small_cnn, 16 px, batch 8, float32"));
    const auto steps = core::read_file(fs::path(small.sweep()) / "check" / "steps.csv");
    CHECK_THAT(steps, ContainsSubstring(",small_cnn,16,8,float32,"));
    const auto planned = tests::graft({"plan", small.file(), "--gpus", "3"});
    INFO(planned.output);
    CHECK_THAT(planned.output, ContainsSubstring("device-hours; about "));
    CHECK_THAT(planned.output, ContainsSubstring("by check --here"));
    CHECK(tests::graft({"run", small.file()}).code == 0);
    CHECK_THAT(tests::graft({"plan", small.file()}).output,
               ContainsSubstring("the rates of 4 finished trials of this sweep"));
    CHECK_THAT(checked.output, ContainsSubstring("are looked for when it is prepared"));
    CHECK_THAT(tests::graft({"check", small.file()}).output,
               ContainsSubstring("No file is there twice in different parts."));
}

TEST_CASE("check --on-nodes where there is no SLURM says what to type") {
    const SmallSweep small;
    const WithoutSlurm none("/nowhere");
    core::Spawn spawn;
    spawn.arguments = {(core::own_executable().parent_path() / "graft").string(), "check",
                       small.file(), "--on-nodes"};
    const auto finished = core::run_to_end(spawn, core::Taken::output_and_errors);
    CHECK(core::text_of(finished.status) == "exit code 2");
    CHECK_THAT(finished.output, ContainsSubstring("there is no 'sbatch'") &&
                                    ContainsSubstring("graft check FILE --here"));
    CHECK_FALSE(fs::exists(small.sweep()));
}

TEST_CASE("check --here --json is JSON alone, and problems are told by the exit code") {
    const SmallSweep small;
    core::write_file(small.directory() / "devices", "GPU-a;V100;9;mode=prohibited\n");
    core::Spawn spawn;
    spawn.arguments = {(core::own_executable().parent_path() / "graft").string(), "check",
                       small.file(), "--here", "--json"};
    spawn.environment["GRAFT_DEVICES"] = (small.directory() / "devices").string();
    const auto finished = core::run_to_end(spawn);
    CHECK(core::text_of(finished.status) == "exit code 2");
    CHECK(finished.output.front() == '{');
    CHECK_THAT(finished.output, ContainsSubstring("\"mode\": \"prohibited\""));
    CHECK_THAT(finished.output, ContainsSubstring("none of its GPUs can be used"));
}
