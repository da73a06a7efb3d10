// SPDX-License-Identifier: Apache-2.0
// `graft submit` with pretended SLURM programs: what it asks of them, and what it leaves behind.
#include <cstdlib>
#include <fstream>

#include "core/file.hpp"

#include "end_to_end/small_sweep.hpp"
#include "support/catch.hpp"
#include "support/fake_path.hpp"

using namespace graft;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

// A site of two nodes with four GPUs each, and a user with defaults.
class Site {
  public:
    Site() {
        path_.put("sinfo",
                  "printf '%s ' \"$@\" > \"$HERE/sinfo.args\"\n"
                  "for n in n1 n2; do echo \"$n|40|190000|gpu:v100:4(S:0-1)|gpu*\"; done\n");
        path_.put("sbatch", "printf '%s ' \"$@\" >> \"$HERE/sbatch.args\"\necho 4711\n");
        path_.put("squeue", "true\n");
        core::write_file(path_.directory() / "cluster.toml",
                         "[slurm]\naccount = \"project\"\ntime = \"12:00:00\"\n"
                         "modules = [\"gcc/12\"]\n");
        ::setenv("GRAFT_CLUSTER", (path_.directory() / "cluster.toml").c_str(), 1);
    }
    ~Site() { ::unsetenv("GRAFT_CLUSTER"); }
    const tests::FakePath& path() const { return path_; }

  private:
    tests::FakePath path_;
};

std::string script_of(const SmallSweep& sweep) {
    return core::read_file(fs::path(sweep.sweep()) / "job.sbatch");
}

// The program that a script starts.
fs::path program_of(const std::string& script) {
    const std::string before = "exec ";
    const auto at = script.rfind("\n" + before) + 1 + before.size();
    return script.substr(at, script.find(' ', at) - at);
}

}  // namespace

TEST_CASE("a sweep is sent with the user's defaults, its own settings, and options before both") {
    const Site site;
    SmallSweep sweep(std::string("[slurm]\ntime = \"06:00:00\"\nnodes = 2\n") + SmallSweep::kGrid);
    const auto ran = tests::graft({"submit", sweep.file(), "--nodes", "1", "--partition", "gpu",
                                   "--sbatch-option=--reservation=x"});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    CHECK_THAT(ran.output, ContainsSubstring("Sent job 4711 (1 node, 4 GPUs per node, 06:00:00)") &&
                               ContainsSubstring("graft status " + sweep.sweep()) &&
                               ContainsSubstring("graft stop " + sweep.sweep()));
    const auto script = script_of(sweep);
    for (const char* line :
         {"--account=project", "--time=06:00:00", "--nodes=1", "--partition=gpu",
          "--gpus-per-node=4", "--cpus-per-task=40", "--reservation=x", "--signal=B:USR1@120"}) {
        CHECK_THAT(script, ContainsSubstring(std::string("\n#SBATCH ") + line + "\n"));
    }
    CHECK_THAT(script, ContainsSubstring("\nmodule load gcc/12\n"));
    CHECK_THAT(site.path().written("sinfo.args"), ContainsSubstring("--partition=gpu"));
    CHECK(fs::exists(fs::path(sweep.sweep()) / "jobs" / "4711"));
}

TEST_CASE("what a job starts is a copy that a rebuild does not touch, and that trains") {
    const Site site;
    SmallSweep sweep("[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n");
    REQUIRE(tests::graft({"submit", sweep.file(), "--gpus-per-node", "0"}).code == 0);
    const fs::path program = program_of(script_of(sweep));
    CHECK(program.string().starts_with(sweep.sweep() + "/program/"));
    const auto written = fs::last_write_time(program);
    // The outer file and the directory that it lies in may go: all is in the sweep's own.
    fs::remove(sweep.file());
    const auto ran = tests::ran({program.string(), "run", sweep.sweep()});
    INFO(ran.output);
    CHECK(ran.code == 0);
    CHECK(fs::exists(fs::path(sweep.sweep()) / "results.h5"));
    // Sent again, the same program is not copied again; and there is nothing left to train.
    const auto again = tests::graft({"submit", sweep.sweep(), "--gpus-per-node", "0"});
    CHECK(again.code == 0);
    CHECK_THAT(again.output, ContainsSubstring("Nothing to send"));
    CHECK(fs::last_write_time(program) == written);
    CHECK(site.path().written("sbatch.args").find("--parsable", 1) == std::string::npos);
}

TEST_CASE("printing shows the script that would be sent, alone, and writes nothing") {
    const Site site;
    const SmallSweep sweep;
    const auto ran = tests::graft({"submit", sweep.file(), "--print", "--mem", "20G"});
    CHECK(ran.code == 0);
    CHECK(ran.output.starts_with("#!/bin/bash\n"));
    CHECK_FALSE(fs::exists(sweep.sweep()));
    REQUIRE(tests::graft({"submit", sweep.file(), "--mem", "20G"}).code == 0);
    CHECK(script_of(sweep) == ran.output);
}

TEST_CASE("a sweep that is in the queue is not sent again, and nothing of it changes") {
    const Site site;
    const SmallSweep sweep;
    REQUIRE(tests::graft({"submit", sweep.file()}).code == 0);
    const auto script = script_of(sweep);
    site.path().put("squeue", "echo '4711|PENDING|Priority||N/A|N/A'\n");
    const auto ran = tests::graft({"submit", sweep.file(), "--time", "5"});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.output, ContainsSubstring("has jobs already (4711 waits)") &&
                               ContainsSubstring("graft stop " + sweep.sweep()));
    CHECK(script_of(sweep) == script);
}

TEST_CASE("what the site refuses ends with code 2, its words, and what to do") {
    const Site site;
    const SmallSweep sweep;
    const auto refused = [&](std::vector<std::string> options, const std::string& said) {
        options.insert(options.begin(), {"submit", sweep.file()});
        const auto ran = tests::graft(options);
        INFO(ran.output);
        CHECK(ran.code == 2);
        CHECK_THAT(ran.output, ContainsSubstring(said));
    };
    refused({"--gpus-per-node", "8"}, "1 node with 8 GPUs wanted");
    refused({"--mem", "500G"}, "Ask for less with --mem");
    refused({"--time", "soon"}, "the command line: 'time' is 'soon'");
    refused({"--chain", "0"}, "--chain is 0");
    refused({"--chain", "2", "--partitoin", "x"}, "Did you mean '--partition'?");
    site.path().put("sbatch", "echo 'sbatch: error: invalid partition specified: x' >&2\nexit 1\n");
    refused({}, "'sinfo -s' lists the partitions");
    CHECK_FALSE(fs::exists(fs::path(sweep.sweep()) / "jobs"));
}
