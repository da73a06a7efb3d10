// SPDX-License-Identifier: Apache-2.0
// Files belong to a group where its members' umask says so: a sweep is often shared.
#include <sys/stat.h>

#include "core/file.hpp"
#include "core/h5/file.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
namespace fs = std::filesystem;

namespace {

class Umask {
  public:
    explicit Umask(mode_t mask) : before_(::umask(mask)) {}
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;
    ~Umask() { ::umask(before_); }

  private:
    mode_t before_;
};

unsigned mode_of(const fs::path& path) {
    struct stat info {};
    REQUIRE(::lstat(path.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("whatever is made has the mode that the user's umask leaves") {
    const tests::TemporaryDirectory directory;
    const unsigned mask = GENERATE(0027u, 0002u, 0077u);
    const Umask set(mask);
    core::create_directories(directory / "a/b");
    core::write_file(directory / "written", "x");
    REQUIRE(core::AppendFile::create(directory / "journal"));
    core::open_to_append(directory / "log");
    auto file = core::h5::File::create(directory / "store.h5.tmp");
    file.write("/d", std::vector<float>{1});
    file.close();
    core::publish_file(directory / "store.h5.tmp", directory / "store.h5");
    for (const std::string name : {"written", "journal", "log", "store.h5"}) {
        INFO(name);
        CHECK(mode_of(directory / name) == (0666 & ~mask));
    }
    for (const std::string name : {"a", "a/b"}) {
        CHECK(mode_of(directory / name) == (0777 & ~mask));
    }
}

TEST_CASE("a file that is replaced gets the mode of a new one, and keeps no other") {
    const tests::TemporaryDirectory directory;
    core::write_file(directory / "f", "old");
    fs::permissions(directory / "f", fs::perms::owner_all);
    const Umask set(0002);
    core::write_file(directory / "f", "new");
    CHECK(mode_of(directory / "f") == 0664);
}
