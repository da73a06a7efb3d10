// SPDX-License-Identifier: Apache-2.0
#include "slurm/node_job.hpp"

#include "core/file.hpp"

#include "support/catch.hpp"
#include "support/fake_path.hpp"
#include "support/temporary.hpp"

using namespace graft;
using slurm::NodeJob;

namespace {

NodeJob job_in(const std::filesystem::path& directory) {
    NodeJob job;
    job.nodes = 2;
    job.log = directory / "job.log";
    job.command = {"/opt/graft", "node-check", directory.string()};
    return job;
}

// sbatch and squeue of a site where the job waits, runs, and is gone.
class PretendedSlurm {
  public:
    explicit PretendedSlurm(const std::string& squeue) {
        path_.put("sbatch", "cp \"$2\" $HERE/sent; echo 77\n");
        path_.put(
            "squeue",
            "n=$(cat $HERE/asked 2>/dev/null || echo 0)\necho $((n + 1)) > $HERE/asked\n" + squeue);
        path_.put("scancel", "echo \"$*\" > $HERE/cancelled\n");
    }
    std::string at(const std::string& name) const { return (path_.directory() / name).string(); }

  private:
    tests::FakePath path_;
};

}  // namespace

TEST_CASE("the script asks for what was asked for, and for nothing else") {
    auto job = job_in("/s/check");
    CHECK(slurm::node_script(job) ==
          "#!/bin/bash\n"
          "#SBATCH --job-name=graft-check\n"
          "#SBATCH --nodes=2\n"
          "#SBATCH --ntasks-per-node=1\n"
          "#SBATCH --time=00:10:00\n"
          "#SBATCH --output=/s/check/job.log\n"
          "exec /opt/graft node-check /s/check\n");
    job.gpus_per_node = 4;
    job.cpus_per_task = 16;
    job.partition = "v100";
    job.account = "lab";
    job.options = {"--qos=debug"};
    const auto script = slurm::node_script(job);
    for (const auto* line : {"--gpus-per-node=4\n", "--cpus-per-task=16\n", "--partition=v100\n",
                             "--account=lab\n", "--qos=debug\n"}) {
        CHECK_THAT(script, ContainsSubstring("\n#SBATCH " + std::string(line)));
    }
}

TEST_CASE("a path is one word of the script, whatever is in it") {
    auto job = job_in("/s/it's $(here)");
    CHECK_THAT(slurm::node_script(job), ContainsSubstring(" '/s/it'\\''s $(here)'\n"));
}

TEST_CASE("a job is followed until SLURM does not know it any more") {
    const tests::TemporaryDirectory directory;
    const PretendedSlurm site(
        "case $n in\n0) echo '77|PENDING|Priority||N/A|N/A' ;;\n"
        "1) echo '77|RUNNING|None|n[1-2]|N/A|N/A' ;;\n"
        "*) echo 'slurm_load_jobs error: Invalid job id specified'; exit 1 ;;\nesac\n");
    std::vector<std::string> told;
    CHECK(slurm::run_node_job(
        job_in(directory.path()), directory / "job.sh",
        [&](const std::string& line) { told.push_back(line); }, [] { return true; }));
    REQUIRE(told.size() == 3);
    CHECK_THAT(told[0], ContainsSubstring("job 77 was sent"));
    CHECK(told[1] == "job 77 waits (Priority)");
    CHECK(told[2] == "job 77 is RUNNING on n[1-2]");
    CHECK(core::read_file(site.at("sent")) == core::read_file(directory / "job.sh"));
}

TEST_CASE("a job that is not waited for any longer is cancelled") {
    const tests::TemporaryDirectory directory;
    const PretendedSlurm site("echo '77|RUNNING|None|n1|N/A|N/A'\n");
    CHECK_FALSE(slurm::run_node_job(
        job_in(directory.path()), directory / "job.sh", [](const std::string&) {},
        [] { return false; }));
    CHECK(core::read_file(site.at("cancelled")) == "77\n");
}
