// SPDX-License-Identifier: Apache-2.0
#include "core/file.hpp"

#include <csignal>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft::core;
using graft::tests::TemporaryDirectory;

namespace {

// Writes beyond `bytes` of a file fail for as long as this lives.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

  private:
    rlimit before_{};
    void (*handler_)(int);
};

std::size_t files_in(const fs::path& directory) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
}

ino_t inode(const fs::path& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_ino;
}

}  // namespace

TEST_CASE("what is written is read back, zero bytes and large files included") {
    const TemporaryDirectory directory;
    std::string large(200000, 'x');
    large[70000] = '\0';
    for (const std::string& bytes : {std::string(), std::string("a\0b", 3), large}) {
        write_file(directory / "a", bytes);
        CHECK(read_file(directory / "a") == bytes);
        CHECK(read_file_if_there(directory / "a") == bytes);
    }
    CHECK(files_in(directory.path()) == 1);
}

TEST_CASE("a missing file is nothing or the user's error, as asked") {
    const TemporaryDirectory directory;
    CHECK_FALSE(read_file_if_there(directory / "missing"));
    CHECK_THROWS_AS(read_file(directory / "missing"), InputError);
    CHECK_THROWS_WITH(read_file(directory / "missing"),
                      ContainsSubstring("missing") && ContainsSubstring("Check the path"));
    CHECK_THROWS_AS(write_file(directory / "no/such/place", "a"), InputError);
    CHECK_THROWS_AS(ReadFile(directory / "missing"), InputError);
    CHECK_NOTHROW(remove_file(directory / "missing"));
}

TEST_CASE("a directory in a file's place is an error") {
    const TemporaryDirectory directory;
    fs::create_directory(directory / "d");
    CHECK_THROWS_AS(read_file(directory / "d"), Error);
    CHECK_THROWS_AS(write_file(directory / "d", "a"), Error);
    CHECK(files_in(directory.path()) == 1);
    write_file(directory / "f", "a");
    CHECK_THROWS_AS(graft::core::create_directories(directory / "f/below"), Error);
}

TEST_CASE("write_file replaces by rename: an open reader keeps the old file") {
    const TemporaryDirectory directory;
    write_file(directory / "a", "old");
    const ReadFile reader(directory / "a");
    const ino_t before = inode(directory / "a");
    write_file(directory / "a", "newer");
    CHECK(inode(directory / "a") != before);
    std::string old(3, ' ');
    reader.read_at(0, old.data(), old.size());
    CHECK(old == "old");
}

TEST_CASE("readers see the old file or the whole new one, never a part") {
    const TemporaryDirectory directory;
    const std::string a(300000, 'a'), b(100000, 'b');
    write_file(directory / "x", a);
    std::jthread writer([&](const std::stop_token& stop) {
        for (bool odd = true; !stop.stop_requested(); odd = !odd) {
            write_file(directory / "x", odd ? b : a);
        }
    });
    bool whole = true;
    for (int i = 0; i < 300; ++i) {
        const std::string seen = read_file(directory / "x");
        whole = whole && (seen == a || seen == b);
    }
    CHECK(whole);
}

TEST_CASE("a write that fails leaves the old file and nothing beside it") {
    const TemporaryDirectory directory;
    write_file(directory / "a", "old");
    {
        const FileSizeLimit limit(1000);
        CHECK_THROWS_AS(write_file(directory / "a", std::string(5000, 'x')), SystemError);
    }
    CHECK(read_file(directory / "a") == "old");
    CHECK(files_in(directory.path()) == 1);
}

TEST_CASE("no space left is an error of its own, exit code 74") {
    const TemporaryDirectory directory;
    const std::string aside = fmt::format("a.{}.tmp", ::getpid());
    fs::create_symlink("/dev/full", directory / aside);
    try {
        write_file(directory / "a", "x");
        FAIL("writing to a full device succeeded");
    } catch (const NoSpaceError& error) {
        CHECK(error.exit_code() == 74);
        CHECK_THAT(error.what(), ContainsSubstring("Free space"));
    }
    CHECK_FALSE(fs::exists(directory / "a"));
}

TEST_CASE("publish_file gives a written file its name") {
    const TemporaryDirectory directory;
    write_file(directory / "aside", "new");
    write_file(directory / "name", "old");
    publish_file(directory / "aside", directory / "name");
    CHECK(read_file(directory / "name") == "new");
    CHECK_FALSE(fs::exists(directory / "aside"));
    CHECK_THROWS_AS(publish_file(directory / "aside", directory / "name"), InputError);
    CHECK(read_file(directory / "name") == "new");
}

TEST_CASE("an append file is made by exactly one") {
    const TemporaryDirectory directory;
    auto file = AppendFile::create(directory / "log");
    REQUIRE(file);
    CHECK_FALSE(AppendFile::create(directory / "log"));
    file->append_and_sync("one ");
    file->append_and_sync("");
    file->append_and_sync("two");
    CHECK(read_file(directory / "log") == "one two");
    CHECK_THROWS_AS(AppendFile::create(directory / "no/log"), InputError);
}

TEST_CASE("after a failed append nothing more is written") {
    const TemporaryDirectory directory;
    auto file = AppendFile::create(directory / "log");
    REQUIRE(file);
    file->append_and_sync("good");
    {
        const FileSizeLimit limit(6);
        CHECK_THROWS_AS(file->append_and_sync("too long"), SystemError);
    }
    CHECK_THROWS_WITH(file->append_and_sync("later"), ContainsSubstring("an earlier write failed"));
    CHECK(read_file(directory / "log") == "goodto");
}

TEST_CASE("read_at reads anywhere and never beyond the end") {
    const TemporaryDirectory directory;
    write_file(directory / "a", "0123456789");
    const ReadFile file(directory / "a");
    CHECK(file.size() == 10);
    char piece[4];
    file.read_at(6, piece, 4);
    CHECK(std::string(piece, 4) == "6789");
    CHECK_NOTHROW(file.read_at(10, piece, 0));
    CHECK_THROWS_AS(file.read_at(7, piece, 4), SystemError);
    CHECK_THROWS_WITH(file.read_at(7, piece, 4), ContainsSubstring("before byte 11"));
    fs::resize_file(directory / "a", 5);  // cut off under the reader: an error, not a SIGBUS
    CHECK_THROWS_AS(file.read_at(6, piece, 4), SystemError);
}

TEST_CASE("a descriptor closes what it owns, once") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    Descriptor reading(ends[0]);
    {
        Descriptor writing(ends[1]);
        const Descriptor moved(std::move(writing));
        CHECK(moved.get() == ends[1]);
    }
    char byte = 0;
    CHECK(::read(reading.get(), &byte, 1) == 0);  // end of file: the writing end is closed
    const int number = reading.release();
    CHECK_FALSE(reading);
    CHECK(::close(number) == 0);
}

TEST_CASE("free space is that of the path's file system") {
    const TemporaryDirectory directory;
    CHECK(free_bytes(directory.path()) > 0);
    CHECK_THROWS_AS(free_bytes(directory / "missing"), InputError);
}

TEST_CASE("a log gets bytes at its end, and is made where it is missing") {
    const TemporaryDirectory directory;
    append_to_file(directory / "log", "one\n");
    append_to_file(directory / "log", "two\n");
    CHECK(read_file(directory / "log") == "one\ntwo\n");
    CHECK_THROWS_AS(append_to_file(directory / "no/log", "x"), InputError);
}

TEST_CASE("a directory, or a hole of a terabyte, is no file to read") {
    const TemporaryDirectory directory;
    CHECK_THROWS_AS(read_file(directory.path()), InputError);
    write_file(directory / "hole.csv", "a");
    fs::resize_file(directory / "hole.csv", std::uintmax_t{1} << 40);
    CHECK_THROWS_WITH(read_file(directory / "hole.csv"),
                      ContainsSubstring("hole.csv' (1099511627776 bytes, more than any file"));
}
