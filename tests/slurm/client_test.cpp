// SPDX-License-Identifier: Apache-2.0
#include "slurm/client.hpp"

#include <cstdlib>
#include <ctime>
#include <utility>

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/fake_path.hpp"

using namespace graft;
using namespace graft::slurm;
using tests::FakePath;

namespace {

constexpr core::Seconds kSoon{0.3};

}  // namespace

TEST_CASE("a job is sent with its options, and its id is found among what a site says") {
    const FakePath path;
    path.put("sbatch",
             "printf '%s\\n' \"$@\" > \"$HERE/args\"\necho 'Welcome to x' >&2\n"
             "echo '4711;cluster'\n");
    CHECK(send("/s/job.sbatch", {"--dependency=afterany:7"}) == "4711");
    CHECK(path.written("args") == "--parsable\n--dependency=afterany:7\n/s/job.sbatch\n");
    path.put("sbatch", "echo 4712\n");
    CHECK(send("/s/job.sbatch", {}) == "4712");
}

TEST_CASE("sbatch that refuses, names no job, hangs or is not there is an error that says so") {
    const FakePath path;
    path.put("sbatch", "echo 'sbatch: error: invalid partition specified: x' >&2\nexit 1\n");
    CHECK_THROWS_WITH(send("/s", {}), ContainsSubstring("SLURM refused the job (sbatch: error: "
                                                        "invalid partition specified: x)") &&
                                          ContainsSubstring("sinfo -s"));
    path.put("sbatch", "echo done\n");
    CHECK_THROWS_AS(send("/s", {}), core::SystemError);
    CHECK_THROWS_WITH(send("/s", {}), ContainsSubstring("squeue --me"));
    path.put("sbatch", "sleep 60\n");
    CHECK_THROWS_AS(send("/s", {}, kSoon), core::SystemError);
    CHECK_THROWS_WITH(send("/s", {}, kSoon), ContainsSubstring("has not answered for 0 s"));
    core::fs::remove(path.directory() / "sbatch");
    path.only();
    CHECK_THROWS_WITH(send("/s", {}),
                      ContainsSubstring("there is no 'sbatch'") && ContainsSubstring("login node"));
}

TEST_CASE("every refusal ends with what to do") {
    const std::vector<std::pair<std::string, std::string>> table{
        {"sbatch: error: invalid partition specified: x", "sinfo -s"},
        {"Invalid account or account/partition combination specified", "--account"},
        {"Invalid qos specification", "--qos"},
        {"error: QOSMaxSubmitJobPerUserLimit\nJob violates accounting/QOS policy", "as many jobs"},
        {"error: AssocMaxSubmitJobLimit", "Your account"},
        {"Job violates accounting/QOS policy (job submit limit, user's size)", "ask for less"},
        {"Requested time limit is invalid (missing or exceeds some limit)", "--time"},
        {"Requested node configuration is not available", "--gpus-per-node"},
        {"More processors requested than permitted", "fewer nodes"},
        {"Invalid generic resource (gres) specification", "--sbatch-option=--gres"},
        {"Unable to contact slurm controller (connect failure)", "try again"},
        {"error: the site's filter: no", "--print"},
    };
    for (const auto& [said, what_to_do] : table) {
        INFO(said);
        CHECK_THAT(refusal_text(said + "\n"), ContainsSubstring(what_to_do));
    }
    CHECK(refusal_text("a\nb\x1b[1m\n").starts_with("SLURM refused the job (a; b"));
    CHECK(refusal_text("a\x1b[1m").find('\x1b') == std::string::npos);
}

TEST_CASE("squeue's lines are read, and what does not fit is left out") {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    const auto jobs = parse_jobs(
        "4711|RUNNING|None|n[1-2]|2026-11-26T01:02:03|2026-11-26T05:02:03\n"
        "4712|PENDING|Dependency||N/A|N/A\n"
        "slurm_load_jobs error: Invalid job id specified\n"
        "4713_[1-4]|PENDING|None||N/A|N/A\n"
        "4714|PENDING\n");
    ::unsetenv("TZ");
    ::tzset();
    REQUIRE(jobs.size() == 2);
    CHECK(jobs[0].id == "4711");
    CHECK(jobs[0].nodes == "n[1-2]");
    CHECK(core::wall_text(*jobs[0].start) == "2026-11-26 01:02:03");
    CHECK(core::wall_text(*jobs[0].end) == "2026-11-26 05:02:03");
    CHECK_FALSE(waits(jobs[0]));
    CHECK(waits(jobs[1]));
    CHECK(jobs[1].reason == "Dependency");
    CHECK_FALSE(jobs[1].start);
}

TEST_CASE("times are of this machine's zone, and words are none") {
    ::setenv("TZ", "Europe/Berlin", 1);
    ::tzset();
    const auto winter = parse_time("2026-11-26T01:02:03");
    const auto summer = parse_time("2026-07-01T01:02:03");
    ::unsetenv("TZ");
    ::tzset();
    CHECK(core::wall_text(winter.value()) == "2026-11-26 00:02:03");
    CHECK(core::wall_text(summer.value()) == "2026-06-30 23:02:03");
    for (const char* text : {"", "N/A", "Unknown", "NONE", "2026-11-26", "2026-11-26T01:02:03Z"}) {
        INFO(text);
        CHECK_FALSE(parse_time(text));
    }
}

TEST_CASE("squeue is asked for some jobs, in a form that no setting of the user's changes") {
    const FakePath path;
    ::setenv("SQUEUE_FORMAT", "%all", 1);
    path.put("squeue",
             "printf '%s %s ' \"$SLURM_TIME_FORMAT\" \"${SQUEUE_FORMAT:-unset}\" > "
             "\"$HERE/args\"\nprintf '%s ' \"$@\" >> \"$HERE/args\"\n"
             "echo '7|RUNNING|None|n1|N/A|N/A'\n");
    const auto jobs = ask({"7", "8"});
    ::unsetenv("SQUEUE_FORMAT");
    REQUIRE(jobs);
    REQUIRE(jobs->size() == 1);
    CHECK(jobs->front().id == "7");
    CHECK(path.written("args") ==
          "standard unset --noheader --format=%i|%T|%r|%N|%S|%e --jobs=7,8 ");
    CHECK(ask({})->empty());
}

TEST_CASE("a job that squeue does not know any more is left out, and no answer is nothing") {
    const FakePath path;
    path.put("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2\nexit 1\n");
    REQUIRE(ask({"7"}));
    CHECK(ask({"7"})->empty());
    path.put("squeue", "echo 'Unable to contact slurm controller' >&2\nexit 1\n");
    CHECK_FALSE(ask({"7"}));
    path.put("squeue", "sleep 60\n");
    CHECK_FALSE(ask({"7"}, kSoon));
    core::fs::remove(path.directory() / "squeue");
    path.only();
    CHECK_FALSE(ask({"7"}));
}

TEST_CASE("jobs are cancelled together, and those that have ended are no error") {
    const FakePath path;
    path.put("scancel", "printf '%s ' \"$@\" > \"$HERE/args\"\n");
    cancel({"7", "8"});
    CHECK(path.written("args") == "7 8 ");
    path.put("scancel", "echo called > \"$HERE/none\"\n");
    cancel({});
    CHECK(path.written("none").empty());
    path.put("scancel",
             "echo 'scancel: error: Kill job error on job id 7: Invalid job id "
             "specified' >&2\nexit 1\n");
    CHECK_NOTHROW(cancel({"7"}));
    path.put("scancel", "echo 'Access/permission denied' >&2\nexit 1\n");
    CHECK_THROWS_WITH(cancel({"7"}), ContainsSubstring("scancel refused the jobs 7 (Access"));
    path.put("scancel", "sleep 60\n");
    CHECK_THROWS_AS(cancel({"7"}, kSoon), core::SystemError);
}

TEST_CASE("the GPUs of a node are counted whatever they are called") {
    CHECK(gpus_of("gpu:4") == 4);
    CHECK(gpus_of("gpu:v100:4(S:0-1)") == 4);
    CHECK(gpus_of("gpu:v100:2(S:0),gpu:a100:2(S:1),mps:400") == 4);
    CHECK(gpus_of("gpu") == 1);
    CHECK(gpus_of("(null)") == 0);
    CHECK(gpus_of("") == 0);
}

TEST_CASE("nodes are those of the marked partition, each once") {
    const std::string output =
        "n1|40|190000|gpu:v100:4(S:0-1)|gpu*\nn1|40|190000|gpu:v100:4(S:0-1)|all\n"
        "n2|40|190000+|gpu:v100:4|gpu*\nn3|128|500000|(null)|all\nnonsense\n";
    const std::vector<Node> marked{{"n1", 40, 190000, 4}};
    CHECK(parse_nodes(output, OfPartition::marked) == marked);
    const std::vector<Node> any{{"n1", 40, 190000, 4}, {"n3", 128, 500000, 0}};
    CHECK(parse_nodes(output, OfPartition::any) == any);
    // A site without a default partition.
    CHECK(parse_nodes("n3|128|500000|(null)|all\n", OfPartition::marked).size() == 1);
}

TEST_CASE("sinfo is asked for a partition, and no answer and no such partition are nothing") {
    const FakePath path;
    path.put("sinfo", "printf '%s ' \"$@\" > \"$HERE/args\"\necho 'n1|40|190000|gpu:4|gpu'\n");
    REQUIRE(nodes_of("gpu"));
    CHECK(nodes_of("gpu")->front().gpus == 4);
    CHECK(path.written("args") == "--noheader --Node --format=%N|%c|%m|%G|%P --partition=gpu ");
    path.put("sinfo", "true\n");
    CHECK_FALSE(nodes_of("nowhere"));
    path.put("sinfo", "sleep 60\n");
    CHECK_FALSE(nodes_of("", kSoon));
    core::fs::remove(path.directory() / "sinfo");
    path.only();
    CHECK_FALSE(nodes_of(""));
}
