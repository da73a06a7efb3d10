// SPDX-License-Identifier: Apache-2.0
// Disks that are full, read-only or closed to the user, and files that were damaged: real ones.
#include <fstream>

#include "core/h5/file.hpp"

#include "end_to_end/running_sweep.hpp"
#include "end_to_end/small_disk.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::numbers_of;
using tests::record_of;
using tests::SmallDisk;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

// A state of 2.8 MB, best weights of 1 MB.
constexpr const char* kMobileNet =
    "[[grid]]\nnetwork = \"mobilenet_0.25\"\ndataset = \"drawn\"\ninit = \"random\"\n";
constexpr const char* kTwoMobileNets =
    "[[grid]]\nnetwork = \"mobilenet_0.25\"\ndataset = \"drawn\"\ninit = \"random\"\n"
    "seed = [1, 2]\n";
constexpr const char* kTraining =
    "image_size = 32\nepochs = 2\nwarmup_epochs = 1\nlearning_rate = 1e-3\nbatch_size = 8\n";

std::string undisturbed_numbers(const char* grid = kMobileNet) {
    const SmallSweep small(grid, kTraining);
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    return numbers_of(small);
}

// As the user nobody; nothing when that cannot be, or graft is not to be had for that user.
std::optional<tests::Ran> graft_of_nobody(std::vector<std::string> arguments) {
    std::vector<std::string> all{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                 (tests::programs() / "graft").string()};
    auto version = all;
    version.push_back("--version");
    if (tests::ran(version).code != 0) {
        WARN("left out: cannot run graft as the user nobody here");
        return std::nullopt;
    }
    all.insert(all.end(), arguments.begin(), arguments.end());
    return tests::ran(all);
}

fs::path only_file_in(const fs::path& directory) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory)) {
        if (entry.path().extension() == ".h5") {
            files.push_back(entry.path());
        }
    }
    REQUIRE(files.size() == 1);
    return files[0];
}

void flip_a_pixel(const fs::path& prepared) {
    const auto place =
        static_cast<std::streamoff>(core::h5::File::open(prepared).data_offset("/pixels")) + 1000;
    std::fstream file(prepared, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(place);
    const auto byte = static_cast<char>(file.get() ^ 64);
    file.seekp(place);
    file.put(byte);
}

void check_no_stack(const tests::Ran& ran) {
    CHECK(ran.output.find("frame #") == std::string::npos);
    CHECK(ran.output.find("terminate called") == std::string::npos);
}

}  // namespace

TEST_CASE("a full disk ends the run with 74, loses nothing, and with space it goes on") {
    if (!tests::may_mount()) {
        return;
    }
    const auto expected = undisturbed_numbers();
    // In the first state, in the best weights beside it; in a later state, or not at all, as how
    // many are saved is a matter of time.
    for (const char* size : {"1m", "3m", "5m", "6m"}) {
        const bool too_small = *size < '4';
        INFO("a disk of " << size);
        const SmallSweep small(kMobileNet, kTraining);
        const SmallDisk disk(small.sweep(), std::string("size=") + size);
        const auto full = tests::graft({"run", small.file()});
        INFO(full.output);
        CHECK((full.code == 74 || (full.code == 0 && !too_small)));
        if (full.code == 74) {
            CHECK_THAT(full.output, ContainsSubstring("graft clean"));
        }
        check_no_stack(full);
        const auto saved = record_of(small).trials().at(0);
        CHECK(sweep::name_of(saved.state) != "failed");
        disk.change("size=64m");
        const auto again = tests::graft({"run", small.file()});
        INFO(again.output);
        CHECK(again.code == 0);
        CHECK(numbers_of(small) == expected);
    }
}

TEST_CASE("a sweep directory that is read-only is named, and what it holds can be read") {
    if (!tests::may_mount()) {
        return;
    }
    const SmallSweep small(kMobileNet, kTraining);
    const SmallDisk disk(small.sweep(), "size=64m,ro");
    const auto refused = [&] {
        const auto ran = tests::graft({"run", small.file()});
        CHECK(ran.code == 2);
        CHECK_THAT(ran.output, ContainsSubstring(small.sweep()) &&
                                   ContainsSubstring("Read-only file system") &&
                                   ContainsSubstring("choose another place"));
        check_no_stack(ran);
    };
    refused();
    disk.change("rw");
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    disk.change("ro");
    refused();
    for (const char* command : {"query", "status"}) {
        CHECK(tests::graft({command, small.sweep()}).code == 0);
    }
}

TEST_CASE("a read-only directory for prepared data is named") {
    if (!tests::may_mount()) {
        return;
    }
    const SmallSweep small(kMobileNet, kTraining);
    const auto prepared = small.directory() / "prepared";
    const SmallDisk disk(prepared, "size=64m,ro");
    const auto ran = tests::graft({"run", small.file()});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.output,
               ContainsSubstring(prepared.string()) && ContainsSubstring("Read-only file system"));
    check_no_stack(ran);
}

TEST_CASE("an image, a class folder and a place that a user may not touch are named") {
    const SmallSweep small(kMobileNet, kTraining);
    fs::permissions(small.directory(), fs::perms(0777));
    const auto refused = [&](const std::vector<std::string>& said) {
        const auto ran = graft_of_nobody({"run", small.file()});
        if (!ran) {
            return;
        }
        INFO(ran->output);
        CHECK(ran->code == 2);
        for (const auto& part : said) {
            CHECK_THAT(ran->output, ContainsSubstring(part));
        }
        check_no_stack(*ran);
    };
    const auto image = small.directory() / "images/a/p3.tif";
    fs::permissions(image, fs::perms(0600));
    refused({"a/p3.tif", "Permission denied", "on_bad_image"});
    fs::permissions(image, fs::perms(0644));
    fs::permissions(image.parent_path(), fs::perms(0700));
    refused({"images/a", "Permission denied", "Check the path and its permissions"});
    fs::permissions(image.parent_path(), fs::perms(0755));
    fs::remove_all(small.sweep());
    fs::permissions(small.directory(), fs::perms(0755));
    refused({small.sweep(), "Permission denied"});
}

TEST_CASE("a prepared file that was damaged is named and not trained on, and made again") {
    const auto expected = undisturbed_numbers(kTwoMobileNets);
    const auto flip = [](const fs::path& path) { flip_a_pixel(path); };
    const auto cut = [](const fs::path& path) { fs::resize_file(path, fs::file_size(path) / 2); };
    const auto tail = [](const fs::path& path) { fs::resize_file(path, fs::file_size(path) - 1); };
    for (const auto& damage : std::vector<std::function<void(const fs::path&)>>{flip, cut, tail}) {
        SmallSweep small(kMobileNet, kTraining);
        REQUIRE(tests::graft({"run", small.file()}).code == 0);
        const auto file = only_file_in(small.directory() / "prepared");
        damage(file);
        std::string text = core::read_file(small.file());
        small.write(text.replace(text.find(kMobileNet), std::string::npos, kTwoMobileNets));
        const auto ran = tests::graft({"run", small.file()});
        INFO(ran.output);
        CHECK(ran.code == 1);
        CHECK_THAT(ran.output, ContainsSubstring(file.string()) &&
                                   ContainsSubstring("Delete it: graft prepare makes it again"));
        check_no_stack(ran);
        CHECK(record_of(small).trials().at(1).rows.empty());
        fs::remove(file);
        REQUIRE(tests::graft({"retry", small.sweep()}).code == 0);
        CHECK(tests::graft({"run", small.file()}).code == 0);
        CHECK(numbers_of(small) == expected);
    }
}

TEST_CASE("a prepared file that was replaced by another's is not trained on") {
    SmallSweep small(kMobileNet, kTraining), other(kMobileNet, kTraining);
    tests::write_picture(other.directory() / "images/a/p0.tif", 24, 1, 77);
    for (const auto* sweep : {&small, &other}) {
        REQUIRE(tests::graft({"run", sweep->file()}).code == 0);
    }
    const auto file = only_file_in(small.directory() / "prepared");
    fs::copy_file(only_file_in(other.directory() / "prepared"), file,
                  fs::copy_options::overwrite_existing);
    std::string text = core::read_file(small.file());
    small.write(text.replace(text.find(kMobileNet), std::string::npos, kTwoMobileNets));
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring(file.string()) && ContainsSubstring("has the pixels"));
    CHECK(record_of(small).trials().at(1).rows.empty());
}
