// SPDX-License-Identifier: Apache-2.0
// The simulator of power cuts finds what is known to be wrong, and nothing where all is right.
#include "faults/crash.hpp"

#include <set>

#include <fcntl.h>
#include <unistd.h>

#include "core/file.hpp"

#include "faults/cuts.hpp"

using namespace graft;
using tests::Cuts;

namespace {

namespace fs = std::filesystem;

// Every content of "file" that any cut may leave; "-" where it is absent.
std::set<std::string> contents(Cuts& cuts, std::uint64_t choices = 40) {
    std::set<std::string> seen;
    cuts.each(choices, [&](const fs::path& disk, std::size_t) {
        seen.insert(core::read_file_if_there(disk / "file").value_or("-"));
    });
    return seen;
}

int make(const fs::path& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
}

void sync_directory(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY);
    ::fsync(fd);
    ::close(fd);
}

}  // namespace

TEST_CASE("a file that is not synced may have any of its bytes, or none") {
    Cuts cuts;
    const int fd = make(cuts.root() / "file");
    CHECK(::write(fd, "ab", 2) == 2);
    CHECK(::write(fd, "cd", 2) == 2);
    ::close(fd);
    const auto seen = contents(cuts);
    for (const std::string& may :
         {std::string("-"), std::string(), std::string("ab"), std::string("abcd"),
          std::string("ab\0\0", 4), std::string("\0\0\0\0", 4)}) {
        CHECK(seen.count(may) == 1);
    }
}

TEST_CASE("pages of one write reach the disk each by itself") {
    Cuts cuts;
    const int fd = make(cuts.root() / "file");
    ::fsync(fd);
    sync_directory(cuts.root());
    const std::string pages = std::string(4096, 'a') + std::string(4096, 'b');
    CHECK(::write(fd, pages.data(), pages.size()) == 8192);
    ::close(fd);
    const auto seen = contents(cuts);
    const std::string zeros(4096, '\0');
    CHECK(seen.count(pages) == 1);
    CHECK(seen.count(pages.substr(0, 4096) + zeros) == 1);
    CHECK(seen.count(zeros + pages.substr(4096)) == 1);
    CHECK(seen.count("") == 1);
}

TEST_CASE("without a sync of the directory a synced file may be gone") {
    Cuts cuts;
    const int fd = make(cuts.root() / "file");
    CHECK(::write(fd, "ab", 2) == 2);
    ::fsync(fd);
    cuts.faults().mark("synced");
    ::close(fd);
    bool gone = false;
    cuts.each(4, [&](const fs::path& disk, std::size_t marks) {
        gone = gone || (marks == 1 && !fs::exists(disk / "file"));
    });
    CHECK(gone);
    sync_directory(cuts.root());
    cuts.faults().mark("and its directory");
    cuts.each(4, [&](const fs::path& disk, std::size_t marks) {
        CHECK((marks < 2 || core::read_file(disk / "file") == "ab"));
    });
}

TEST_CASE("a rename over a file whose bytes are not synced may leave a broken one") {
    Cuts cuts;
    core::write_file(cuts.root() / "file", "old");
    const int fd = make(cuts.root() / "aside");
    CHECK(::write(fd, "new", 3) == 3);
    ::close(fd);
    CHECK(::rename((cuts.root() / "aside").c_str(), (cuts.root() / "file").c_str()) == 0);
    const auto seen = contents(cuts);
    CHECK(seen.count("old") == 1);
    CHECK(seen.count("new") == 1);
    CHECK(seen.count(std::string("\0\0\0", 3)) == 1);
}
