// SPDX-License-Identifier: Apache-2.0
// Trainers that are real processes, looked after by a supervisor's clock that the test sets.
#include "scheduler/trainer_process.hpp"

#include <csignal>
#include <fstream>

#include "core/process.hpp"
#include "core/text.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::tests;
using namespace graft::scheduler;

namespace {

core::Instant::duration seconds(double count) {
    return std::chrono::duration_cast<core::Instant::duration>(core::Seconds(count));
}

// One fake trainer (tests/scheduler/fake_trainer.cpp) with its supervisor's side.
class Trainer {
  public:
    explicit Trainer(const std::string& network, double hung_after = 600,
                     const core::fs::path& system_root = "") {
        start_.program = core::own_executable().parent_path() / "fake_trainer";
        start_.log = directory_ / "log";
        start_.hung_after = core::Seconds(hung_after);
        start_.system_root = system_root;
        if (system_root.empty()) {
            start_.system_root = directory_ / "root";
            put_kills(0);
        }
        process_.emplace(start_, std::vector<sweep::Slot>{sweep::Slot(0)}, now_);
        assign(1, network);
    }
    void assign(std::uint64_t cohort, const std::string& network) {
        sweep::Assign assign;
        assign.cohort = sweep::CohortId(cohort);
        assign.members.resize(1);
        assign.members[0].spec.edit().network = network;
        process_->assign(assign, now_);
    }
    std::vector<std::pair<std::uint64_t, sweep::Ending>> endings() const {
        std::vector<std::pair<std::uint64_t, sweep::Ending>> found;
        for (const auto& message : said_) {
            if (const auto* ended = std::get_if<sweep::Ended>(&message)) {
                found.emplace_back(ended->cohort.value, ended->ending);
            }
        }
        return found;
    }
    TrainerProcess& process() { return *process_; }

    void put_kills(int kills) {
        const auto vmstat = start_.system_root / "proc/vmstat";
        core::create_directories(vmstat.parent_path());
        core::write_file(vmstat, "oom_kill " + std::to_string(kills) + "\n");
    }
    // The supervisor's loop comes round `later` seconds after the last time.
    void step(double later) {
        now_ += seconds(later);
        for (auto& message : process_->step(now_)) {
            said_.push_back(std::move(message));
        }
    }
    // Waits in real time, while the trainer's clock stands still.
    void wait_until(const std::function<bool()>& holds) {
        const auto start = core::now();
        while (!holds()) {
            if (core::Seconds(core::now() - start) > core::Seconds(60)) {
                FAIL("waited a minute in vain");
            }
            core::sleep_for(core::Seconds(0.005));
            step(0);
        }
    }
    template <class Kind>
    const Kind* said() const {
        for (const auto& message : said_) {
            if (const auto* kind = std::get_if<Kind>(&message)) {
                return kind;
            }
        }
        return nullptr;
    }
    void wait_until_gone() {
        wait_until([&] { return process_->gone(); });
    }
    // Waits until the kernel says that it stands still.
    void wait_until_stopped() {
        wait_until([&] {
            const auto stat = core::read_file("/proc/" + std::to_string(pid()) + "/stat");
            return stat.find(") T ") != std::string::npos;
        });
    }
    pid_t pid() {
        wait_until([&] { return said<sweep::Begun>() != nullptr; });
        return static_cast<pid_t>(*core::parse_int(said<sweep::Begun>()->device));
    }
    sweep::Ending ending() {
        wait_until_gone();
        REQUIRE(said<sweep::Ended>());
        return said<sweep::Ended>()->ending;
    }

  private:
    TemporaryDirectory directory_;
    TrainerStart start_;
    core::Instant now_ = core::now();
    std::optional<TrainerProcess> process_;
    std::vector<sweep::FromWorker> said_;
};

// A real memory cgroup (v1 or v2) with this process, and what it starts, in it; nothing where we
// may not make one.
class MemoryGroup {
  public:
    explicit MemoryGroup(std::uint64_t limit) {
        const core::fs::path first = "/sys/fs/cgroup/memory", second = "/sys/fs/cgroup";
        version_1_ = core::fs::exists(first);
        const auto top = version_1_ ? first : second;
        directory_ = top / ("graft_test_" + std::to_string(core::own_pid()));
        before_ = core::read_file("/proc/self/cgroup");
        std::error_code error;
        core::fs::create_directory(directory_, error);
        made_ = !error &&
                put(directory_ / (version_1_ ? "memory.limit_in_bytes" : "memory.max"),
                    std::to_string(limit)) &&
                put(directory_ / "cgroup.procs", "0");
    }
    ~MemoryGroup() {
        if (made_) {
            put(home(), "0");
        }
        std::error_code error;
        core::fs::remove(directory_, error);
    }
    bool made() const { return made_; }

  private:
    static bool put(const core::fs::path& path, const std::string& text) {
        std::ofstream file(path);
        file << text << std::flush;
        return file.good();
    }
    core::fs::path home() const {
        for (const auto& line : core::split(before_, '\n')) {
            const auto mark = line.find(version_1_ ? ":memory:" : "0::");
            if (mark != std::string::npos) {
                return directory_.parent_path() /
                       core::fs::path(line.substr(line.rfind(':') + 1)).relative_path() /
                       "cgroup.procs";
            }
        }
        return directory_.parent_path() / "cgroup.procs";
    }

    core::fs::path directory_;
    std::string before_;
    bool version_1_ = false, made_ = false;
};

std::int32_t crash_signal(const std::string& network) {
    return std::get<sweep::Crashed>(Trainer(network).ending()).signal;
}

}  // namespace

TEST_CASE("a trainer that ends by itself has crashed") {
    CHECK(crash_signal("segfaults") == SIGSEGV);
    CHECK(crash_signal("overflows") == SIGSEGV);
    CHECK(crash_signal("aborts") == SIGABRT);
    CHECK(crash_signal("throws") == SIGABRT);
    CHECK(crash_signal("bus_error") == SIGBUS);
    CHECK(std::get<sweep::Crashed>(Trainer("exits").ending()).exit_code == 3);
    CHECK(std::get<sweep::Crashed>(Trainer("exits_with_0").ending()).exit_code == 0);
}

TEST_CASE("a trainer that another process kills was killed") {
    Trainer trainer("stalls");
    ::kill(trainer.pid(), SIGKILL);
    CHECK(std::get<sweep::Killed>(trainer.ending()).signal == SIGKILL);
}

TEST_CASE("a trainer that is killed while the kernel kills for memory was killed for memory") {
    Trainer trainer("stalls");
    const auto pid = trainer.pid();
    SECTION("the counter rises with its end") {
        trainer.put_kills(1);
        ::kill(pid, SIGKILL);
        CHECK(std::holds_alternative<sweep::HostOutOfMemory>(trainer.ending()));
    }
    SECTION("a kill by hand long after is no matter of memory") {
        trainer.put_kills(1);
        trainer.step(0.9);
        trainer.step(0.9);
        for (int i = 0; i < 10; ++i) {
            trainer.step(0.9);
        }
        ::kill(pid, SIGKILL);
        CHECK(std::holds_alternative<sweep::Killed>(trainer.ending()));
    }
    SECTION("nor is a crash") {
        trainer.put_kills(1);
        ::kill(pid, SIGSEGV);
        CHECK(std::holds_alternative<sweep::Crashed>(trainer.ending()));
    }
}

// Built with a sanitizer, the test itself is too large for the group.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a trainer that the kernel kills for the memory of its cgroup is told as such") {
    const MemoryGroup group(std::uint64_t(96) << 20);
    if (!group.made()) {
        WARN("left out: no memory cgroup can be made here (needs root)");
        return;
    }
    Trainer trainer("eats_memory", 600, "/");
    const auto ending = std::get<sweep::HostOutOfMemory>(trainer.ending());
    CHECK_THAT(ending.message, ContainsSubstring("the limit is 96.0 MiB"));
    CHECK_THAT(ending.message, ContainsSubstring("were in use"));
}
#endif

TEST_CASE("a trainer that stands still is killed, and hung") {
    Trainer trainer("stops", 2);
    trainer.pid();
    trainer.wait_until([&] { return trainer.said<sweep::Progress>() != nullptr; });
    trainer.wait_until_stopped();
    trainer.step(0.9);
    trainer.step(0.9);
    CHECK_FALSE(trainer.process().gone());
    trainer.step(0.9);
    const auto hung = std::get<sweep::Hung>(trainer.ending());
    CHECK(hung.seconds > 2);
    CHECK(hung.seconds < 2.8);
}

TEST_CASE("before it has shown progress a trainer may be silent three times as long") {
    Trainer trainer("stalls", 2);
    trainer.pid();
    for (int i = 0; i < 6; ++i) {
        trainer.step(0.9);
    }
    // It is only then that it is killed: a process that is to live can be asked.
    CHECK(::kill(trainer.pid(), 0) == 0);
    CHECK_FALSE(trainer.said<sweep::Ended>());
    trainer.step(0.9);
    CHECK(std::get<sweep::Hung>(trainer.ending()).seconds > 6);
}

TEST_CASE("time in which the supervisor itself stood still is nobody's silence") {
    Trainer trainer("stops", 2);
    trainer.wait_until([&] { return trainer.said<sweep::Progress>() != nullptr; });
    trainer.wait_until_stopped();
    trainer.step(0.9);
    trainer.step(1000);
    trainer.step(0.9);
    CHECK_FALSE(trainer.process().gone());
    ::kill(trainer.pid(), SIGCONT);
    trainer.wait_until([&] { return trainer.said<sweep::Saved>() != nullptr; });
    trainer.process().send(sweep::Recorded{sweep::CohortId(1), 1, {}});
    trainer.wait_until([&] { return trainer.said<sweep::Ended>() != nullptr; });
    CHECK(std::holds_alternative<sweep::Completed>(trainer.said<sweep::Ended>()->ending));
}

TEST_CASE("a trainer that waits for an acknowledgement is not hung") {
    Trainer trainer("good", 2);
    trainer.wait_until([&] { return trainer.said<sweep::Saved>() != nullptr; });
    for (int i = 0; i < 20; ++i) {
        trainer.step(0.9);
    }
    trainer.process().send(sweep::Recorded{sweep::CohortId(1), 1, {}});
    trainer.wait_until([&] { return trainer.said<sweep::Ended>() != nullptr; });
    CHECK(std::holds_alternative<sweep::Completed>(trainer.said<sweep::Ended>()->ending));
}

TEST_CASE("a trainer is given its next cohort while it tidies up, and goes on with that") {
    Trainer trainer("tidies_long");
    trainer.wait_until([&] { return trainer.said<sweep::Saved>() != nullptr; });
    trainer.process().send(sweep::Recorded{sweep::CohortId(1), 1, {}});
    trainer.assign(2, "exits");
    CHECK(trainer.process().cohort() == sweep::CohortId(1));
    trainer.wait_until_gone();
    const auto endings = trainer.endings();
    REQUIRE(endings.size() == 2);
    CHECK(endings[0].first == 1);
    CHECK(std::holds_alternative<sweep::Completed>(endings[0].second));
    CHECK(endings[1].first == 2);
    CHECK(std::holds_alternative<sweep::Crashed>(endings[1].second));
}

TEST_CASE("the next cohort of a trainer that dies before it is to blame for nothing") {
    Trainer trainer("dies_tidying");
    trainer.wait_until([&] { return trainer.said<sweep::Saved>() != nullptr; });
    trainer.process().send(sweep::Recorded{sweep::CohortId(1), 1, {}});
    trainer.assign(2, "good");
    trainer.wait_until_gone();
    const auto endings = trainer.endings();
    REQUIRE(endings.size() == 2);
    CHECK(std::holds_alternative<sweep::Crashed>(endings[0].second));
    CHECK(endings[1].first == 2);
    CHECK(std::holds_alternative<sweep::Drained>(endings[1].second));
}

TEST_CASE("a trainer whose device failed is ended, and given no other cohort") {
    Trainer trainer("device_fault");
    trainer.wait_until([&] { return trainer.said<sweep::Ended>() != nullptr; });
    CHECK(trainer.process().is_ending());
    CHECK(std::holds_alternative<sweep::DeviceFault>(trainer.ending()));
}

TEST_CASE("after an error in the input a trainer stays") {
    Trainer trainer("input_fault");
    trainer.wait_until([&] { return trainer.said<sweep::Ended>() != nullptr; });
    CHECK_FALSE(trainer.process().is_ending());
}

TEST_CASE("a trainer that closes its socket and does not end is killed after 10 s") {
    Trainer trainer("closes_socket");
    trainer.pid();
    const auto pid = trainer.pid();
    trainer.wait_until_stopped();
    for (int i = 0; i < 11; ++i) {
        trainer.step(0.9);
    }
    CHECK(::kill(pid, 0) == 0);
    trainer.step(0.9);
    CHECK(std::holds_alternative<sweep::Hung>(trainer.ending()));
}

TEST_CASE("a trainer that sends what is no frame, or no message, is ended and blamed alone") {
    Trainer trainer(GENERATE("sends_absurd_length", "sends_rubbish"));
    trainer.wait_until_gone();
    REQUIRE(trainer.said<sweep::Ended>());
    const auto& ending = trainer.said<sweep::Ended>()->ending;
    REQUIRE(std::holds_alternative<sweep::InputFault>(ending));
    CHECK_THAT(std::get<sweep::InputFault>(ending).message,
               ContainsSubstring("sent bytes that are no message"));
}
