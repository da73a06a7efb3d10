// SPDX-License-Identifier: Apache-2.0
#include "core/memory.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::tests;

namespace {

// A directory that stands in the place of "/", with the kernel's files in it.
class Root {
  public:
    void put(const std::string& path, const std::string& text) {
        const auto file = directory_ / path;
        core::create_directories(file.parent_path());
        core::write_file(file, text);
    }
    core::fs::path path() const { return directory_.path(); }
    core::Memory read() const { return core::read_memory(path()); }

  private:
    TemporaryDirectory directory_;
};

core::Instant at(double seconds) {
    return core::Instant() +
           std::chrono::duration_cast<core::Instant::duration>(core::Seconds(seconds));
}

// As SLURM sets it up: the limit is the job's, the counter the task's.
void put_version_2(Root& root, int kills) {
    root.put("proc/self/cgroup", "0::/job_1/step_0/task_0\n");
    root.put("sys/fs/cgroup/job_1/memory.max", "17179869184\n");
    root.put("sys/fs/cgroup/job_1/memory.current", "16106127360\n");
    root.put("sys/fs/cgroup/job_1/step_0/memory.max", "max\n");
    root.put("sys/fs/cgroup/job_1/step_0/task_0/memory.max", "max\n");
    root.put("sys/fs/cgroup/job_1/step_0/task_0/memory.current", "4096\n");
    root.put(
        "sys/fs/cgroup/job_1/step_0/task_0/memory.events",
        "low 0\nhigh 0\nmax 12\noom 3\noom_kill " + std::to_string(kills) + "\noom_group_kill 0\n");
}

}  // namespace

TEST_CASE("a cgroup of version 2 tells its kills, and the limit of the groups above") {
    Root root;
    put_version_2(root, 2);
    const auto memory = root.read();
    CHECK(memory.kills == 2u);
    CHECK(memory.limit == std::uint64_t(16) << 30);
    CHECK(memory.used == std::uint64_t(15) << 30);
    CHECK(core::text_of(memory) == "the limit is 16.0 GiB, and 15.0 GiB were in use");
}

TEST_CASE("a cgroup of version 1 tells its kills, limit and peak") {
    Root root;
    root.put("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/slurm/job_1\n0::/\n");
    root.put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    root.put("sys/fs/cgroup/memory/slurm/job_1/memory.limit_in_bytes", "1073741824\n");
    root.put("sys/fs/cgroup/memory/slurm/job_1/memory.usage_in_bytes", "1048576\n");
    root.put("sys/fs/cgroup/memory/slurm/job_1/memory.max_usage_in_bytes", "1073741824\n");
    root.put("sys/fs/cgroup/memory/slurm/job_1/memory.oom_control",
             "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
    const auto memory = root.read();
    CHECK(memory.kills == 5u);
    CHECK(memory.limit == std::uint64_t(1) << 30);
    CHECK(memory.used == std::uint64_t(1) << 20);
    CHECK(memory.peak == std::uint64_t(1) << 30);
}

TEST_CASE("what files hold of a group's memory can be taken, the rest cannot") {
    Root root;
    put_version_2(root, 0);
    CHECK(core::available(root.read()) == std::uint64_t(1) << 30);
    root.put("sys/fs/cgroup/job_1/memory.stat",
             "anon 5368709120\nfile 10737418240\ninactive_file 8589934592\n"
             "active_file 1073741824\n");
    CHECK(core::available(root.read()) == std::uint64_t(10) << 30);
    CHECK_FALSE(core::available(core::Memory{}));
    // Counters are not read at one instant.
    CHECK(core::available({4096, 8192, {}, {}, {}}) == 0u);
    CHECK(core::available({4096, 1024, {}, 2048, {}}) == 4096u);
    Root first;
    first.put("proc/self/cgroup", "4:memory:/job_1\n");
    first.put("sys/fs/cgroup/memory/job_1/memory.limit_in_bytes", "1000000\n");
    first.put("sys/fs/cgroup/memory/job_1/memory.usage_in_bytes", "900000\n");
    first.put("sys/fs/cgroup/memory/job_1/memory.stat",
              "active_file 1\ntotal_inactive_file 300000\ntotal_active_file 200000\n");
    CHECK(core::available(first.read()) == 600000u);
}

TEST_CASE("a container that sees only its own group is limited by that") {
    Root root;
    root.put("proc/self/cgroup", "0::/../../docker/abc\n");
    root.put("sys/fs/cgroup/memory.max", "4096\n");
    root.put("sys/fs/cgroup/memory.events", "oom_kill 1\n");
    CHECK(root.read().limit == 4096u);
    CHECK(root.read().kills == 1u);
}

TEST_CASE("without a group the host's memory and counter are told") {
    Root root;
    root.put("proc/meminfo", "MemTotal:       2048 kB\nMemFree: 1 kB\nMemAvailable:  512 kB\n");
    root.put("proc/vmstat", "nr_free_pages 1\noom_kill 7\n");
    const auto memory = root.read();
    CHECK(memory.limit == 2048u * 1024);
    CHECK(memory.used == 1536u * 1024);
    CHECK(memory.kills == 7u);
}

TEST_CASE("what the kernel does not tell, or tells as nonsense, is left out") {
    Root root;
    CHECK_FALSE(root.read().limit);
    CHECK_FALSE(root.read().kills);
    CHECK(core::text_of(root.read()) == "the limit is not known");
    root.put("proc/self/cgroup", "nonsense\n::\n4:memory\n");
    root.put("proc/vmstat", "oom_kill\noom_killx 4\noom_kill -3\n");
    CHECK_FALSE(root.read().kills);
}

TEST_CASE("this machine's memory can be read") {
    const auto memory = core::read_memory();
    REQUIRE(memory.limit);
    CHECK(*memory.limit > std::uint64_t(64) << 20);
}

TEST_CASE("a process was killed for memory when the counter has just risen") {
    Root root;
    put_version_2(root, 3);
    core::MemoryWatch watch(root.path());
    watch.look(at(0));
    CHECK_FALSE(watch.killed_for_memory(at(0.5)));
    put_version_2(root, 4);
    const auto why = watch.killed_for_memory(at(0.6));
    REQUIRE(why);
    CHECK_THAT(*why, ContainsSubstring("16.0 GiB"));
    SECTION("a kill by hand long after is none") {
        watch.look(at(2));
        CHECK_FALSE(watch.killed_for_memory(at(30)));
    }
    SECTION("a second process may be killed at once") {
        CHECK(watch.killed_for_memory(at(1)));
    }
}
