// SPDX-License-Identifier: Apache-2.0
// core/file under power cuts, full disks and disks that fail.
#include <cerrno>

#include <sys/stat.h>

#include "core/error.hpp"
#include "core/file.hpp"

#include "faults/cuts.hpp"
#include "scheduler/holder.hpp"

using namespace graft;
using tests::Cuts;
using tests::FaultyFiles;
using tests::TemporaryDirectory;

namespace {

namespace fs = std::filesystem;

std::size_t files_in(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
}

// Runs `act` with its n-th operation failing, for every n and kind of error: checks the class of
// what it throws, and calls `after(directory, whether it threw)`.
template <class Prepare, class Act, class After>
void each_failure(Prepare prepare, Act act, After after) {
    for (const int error : {ENOSPC, EDQUOT, EIO}) {
        for (std::uint64_t n = 0;; ++n) {
            const TemporaryDirectory directory;
            prepare(directory.path());
            FaultyFiles faults(directory.path());
            faults.fail(n, error);
            bool thrown = false;
            try {
                act(directory.path());
            } catch (const core::NoSpaceError&) {
                thrown = true;
                CHECK(error != EIO);
            } catch (const core::SystemError&) {
                thrown = true;
                CHECK(error == EIO);
            }
            INFO(faults.failed() << " with error " << error);
            if (faults.failed().empty()) {
                CHECK_FALSE(thrown);
                break;  // all operations had their turn
            }
            after(directory.path(), thrown);
        }
    }
}

}  // namespace

TEST_CASE("after write_file returned its content is there, and before it the old or the new") {
    Cuts cuts;
    core::write_file(cuts.root() / "file", "old");
    cuts.faults().mark("old");
    const std::string now(10000, 'n');
    core::write_file(cuts.root() / "file", now);
    cuts.faults().mark("new");
    cuts.each(20, [&](const fs::path& disk, std::size_t marks) {
        const auto content = core::read_file_if_there(disk / "file").value_or("none");
        CHECK((content == now || (marks < 2 && content == "old") ||
               (marks < 1 && content == "none")));
    });
}

TEST_CASE("after publish_file returned the name holds the whole new file") {
    Cuts cuts;
    core::write_file(cuts.root() / "file", "old");
    cuts.faults().mark("old");
    auto file = core::AppendFile::create(cuts.root() / "aside");
    file->append_and_sync("ne");
    file->append_and_sync("w");
    core::publish_file(cuts.root() / "aside", cuts.root() / "file");
    cuts.faults().mark("new");
    cuts.each(20, [&](const fs::path& disk, std::size_t marks) {
        const auto content = core::read_file_if_there(disk / "file").value_or("none");
        CHECK((content == "new" || (marks < 2 && content == "old") || marks < 1));
    });
}

TEST_CASE("directories that were made hold what is put into them, whatever happens") {
    Cuts cuts;
    core::create_directories(cuts.root() / "trials/a");
    core::write_file(cuts.root() / "trials/a/file", "a");
    cuts.faults().mark("a");
    core::create_directories(cuts.root() / "trials/b");
    core::write_file(cuts.root() / "trials/b/file", "b");
    cuts.faults().mark("b");
    cuts.each(8, [&](const fs::path& disk, std::size_t marks) {
        CHECK((marks < 1 || core::read_file_if_there(disk / "trials/a/file") == "a"));
        CHECK((marks < 2 || core::read_file_if_there(disk / "trials/b/file") == "b"));
    });
}

TEST_CASE("a directory whose maker was killed before its sync is synced by who finds it") {
    Cuts cuts;
    REQUIRE(::mkdir((cuts.root() / "trials").c_str(), 0777) == 0);
    core::create_directories(cuts.root() / "trials/a");
    core::write_file(cuts.root() / "trials/a/file", "a");
    cuts.faults().mark("a");
    cuts.each(8, [&](const fs::path& disk, std::size_t marks) {
        CHECK((marks < 1 || core::read_file_if_there(disk / "trials/a/file") == "a"));
    });
}

TEST_CASE("write_file reports every failing operation, and leaves the old file or the whole new") {
    const std::string now(10000, 'n');
    each_failure([](const fs::path& at) { core::write_file(at / "file", "old"); },
                 [&](const fs::path& at) { core::write_file(at / "file", now); },
                 [&](const fs::path& at, bool thrown) {
                     CHECK(files_in(at) == 1);
                     const auto content = core::read_file(at / "file");
                     CHECK((content == now || (thrown && content == "old")));
                 });
}

TEST_CASE("a file written aside is published whole, or the old one stays and nothing beside it") {
    each_failure([](const fs::path& at) { core::write_file(at / "file", "old"); },
                 [](const fs::path& at) {
                     core::Aside aside(at / "file");
                     core::AppendFile::create(aside.path())->append_and_sync("new");
                     aside.publish();
                 },
                 [](const fs::path& at, bool) {
                     CHECK(files_in(at) == 1);
                     const auto content = core::read_file(at / "file");
                     CHECK((content == "new" || content == "old"));
                 });
}

TEST_CASE("writes that take only a part are gone on with") {
    const TemporaryDirectory directory;
    FaultyFiles faults(directory.path());
    faults.write_short();
    const std::string bytes(10000, 'n');
    core::write_file(directory / "file", bytes);
    core::AppendFile::create(directory / "log")->append_and_sync(bytes);
    CHECK(core::read_file(directory / "file") == bytes);
    CHECK(core::read_file(directory / "log") == bytes);
    CHECK(faults.count() > 20);
}

TEST_CASE("the coordinator's file survives a full disk as it was") {
    const scheduler::Holder old{"host", "boot", "job", "start", 1, 7};
    each_failure([&](const fs::path& at) { scheduler::write_holder(at, old); },
                 [&](const fs::path& at) {
                     auto now = old;
                     ++now.counter;
                     scheduler::write_holder(at, now);
                 },
                 [&](const fs::path& at, bool) {
                     const auto counter = scheduler::read_holder(at)->counter;
                     CHECK((counter == 7 || counter == 8));
                     CHECK(files_in(at) == 1);
                 });
}
