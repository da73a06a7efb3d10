// SPDX-License-Identifier: Apache-2.0
// HDF5 files that lie about sizes and kinds, made by HDF5 itself.
#include <csignal>
#include <set>
#include <stdexcept>

#include <hdf5.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/h5/file.hpp"
#include "core/h5/rehearsal.hpp"

#include "support/catch.hpp"
#include "support/mutants.hpp"
#include "support/temporary.hpp"

using namespace graft;
using core::h5::Handle;
using tests::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

constexpr hsize_t kAbsurd = hsize_t{1} << 40;

Handle made(hid_t id) {
    REQUIRE(id >= 0);
    return Handle(id);
}

Handle new_file(const fs::path& path) {
    return made(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
}

Handle space_of(const std::vector<hsize_t>& dims) {
    return made(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
}

// A dataset whose bytes were never written, so that it may be of any size.
void put_dataset(const Handle& file, const char* name, const std::vector<hsize_t>& dims,
                 const std::vector<hsize_t>& pieces = {}, hid_t type = H5T_NATIVE_FLOAT) {
    const Handle create = made(H5Pcreate(H5P_DATASET_CREATE));
    if (!pieces.empty()) {
        REQUIRE(H5Pset_chunk(create.get(), static_cast<int>(pieces.size()), pieces.data()) >= 0);
    }
    made(H5Dcreate2(file.get(), name, type, space_of(dims).get(), H5P_DEFAULT, create.get(),
                    H5P_DEFAULT));
}

void read_whole(const fs::path& path) {
    const auto file = core::h5::File::open(path);
    file.members("/");
    file.read<float>("/group/numbers");
    file.read_texts("/texts");
    file.texts_attribute("/group", "names");
    file.int_attribute("/", "count");
    std::size_t row_bytes = 0;
    const auto columns = file.table_columns("/table", row_bytes);
    file.read_table("/table", columns, row_bytes);
}

}  // namespace

TEST_CASE("an attribute of many numbers is not read into one") {
    const TemporaryDirectory directory;
    {
        const Handle file = new_file(directory / "a.h5");
        const Handle space = space_of({1000});
        made(H5Acreate2(file.get(), "format", H5T_NATIVE_INT64, space.get(), H5P_DEFAULT,
                        H5P_DEFAULT));
        const Handle none = space_of({0});
        made(
            H5Acreate2(file.get(), "none", H5T_NATIVE_INT64, none.get(), H5P_DEFAULT, H5P_DEFAULT));
    }
    const auto file = core::h5::File::open(directory / "a.h5");
    CHECK_THROWS_WITH(
        file.int_attribute("/", "format"),
        ContainsSubstring("a.h5:/") && ContainsSubstring("'format' holds 1000 numbers, not one"));
    CHECK_THROWS_AS(file.double_attribute("/", "format"), core::h5::Refused);
    CHECK_THROWS_AS(file.int_attribute("/", "none"), core::h5::Refused);
}

TEST_CASE("a dataset larger than its file can hold is refused before memory is taken") {
    const TemporaryDirectory directory;
    {
        const Handle file = new_file(directory / "a.h5");
        put_dataset(file, "whole", {kAbsurd});
        put_dataset(file, "pieces", {kAbsurd}, {1024});
        put_dataset(file, "overflow", {kAbsurd, kAbsurd, kAbsurd}, {16, 16, 16});
        const Handle text = made(H5Tcopy(H5T_C_S1));
        REQUIRE(H5Tset_size(text.get(), 1 << 20) >= 0);
        put_dataset(file, "texts", {kAbsurd >> 20}, {16}, text.get());
        const Handle row = made(H5Tcreate(H5T_COMPOUND, 8));
        REQUIRE(H5Tinsert(row.get(), "seed", 0, H5T_NATIVE_INT64) >= 0);
        put_dataset(file, "table", {kAbsurd}, {1024}, row.get());
    }
    const auto file = core::h5::File::open(directory / "a.h5");
    for (const std::string name : {"/whole", "/pieces", "/overflow"}) {
        INFO(name);
        CHECK_THROWS_AS(file.read<float>(name), core::h5::Refused);
        CHECK_THROWS_AS(file.read<double>(name), core::h5::Refused);
    }
    CHECK_THROWS_WITH(file.read<float>("/whole"),
                      ContainsSubstring("a.h5:/whole (1099511627776 elements in a file of"));
    CHECK_THROWS_AS(file.read_texts("/texts"), core::h5::Refused);
    std::size_t row_bytes = 0;
    const auto columns = file.table_columns("/table", row_bytes);
    CHECK_THROWS_AS(file.read_table("/table", columns, row_bytes), core::h5::Refused);
    CHECK_THROWS_AS(file.table_columns("/whole", row_bytes), core::h5::Refused);
}

TEST_CASE("what was never written, or is compressed a thousand times, is read as it is") {
    const TemporaryDirectory directory;
    {
        const Handle file = new_file(directory / "a.h5");
        put_dataset(file, "unwritten", {1000}, {100});
        const Handle create = made(H5Pcreate(H5P_DATASET_CREATE));
        const hsize_t piece = 1 << 20;
        REQUIRE(H5Pset_chunk(create.get(), 1, &piece) >= 0);
        REQUIRE(H5Pset_deflate(create.get(), 9) >= 0);
        const std::vector<float> ones(4 * piece, 1);
        const Handle set =
            made(H5Dcreate2(file.get(), "ones", H5T_NATIVE_FLOAT, space_of({ones.size()}).get(),
                            H5P_DEFAULT, create.get(), H5P_DEFAULT));
        REQUIRE(H5Dwrite(set.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, ones.data()) >=
                0);
    }
    const auto file = core::h5::File::open(directory / "a.h5");
    CHECK(fs::file_size(directory / "a.h5") < 200'000);
    CHECK(file.read<float>("/unwritten") == std::vector<float>(1000, 0));
    CHECK(file.read<float>("/ones").back() == 1);
}

TEST_CASE("no link and no dataset leads to another file") {
    const TemporaryDirectory directory;
    {
        auto other = core::h5::File::create(directory / "other.h5");
        other.write("/secret", std::vector<float>{42});
        other.close();
        REQUIRE(H5close() >= 0);  // HDF5 begins anew, with links to other files
        const Handle file = new_file(directory / "a.h5");
        REQUIRE(H5Lcreate_external("other.h5", "/secret", file.get(), "link", H5P_DEFAULT,
                                   H5P_DEFAULT) >= 0);
        const Handle create = made(H5Pcreate(H5P_DATASET_CREATE));
        REQUIRE(H5Pset_external(create.get(), (directory / "other.h5").c_str(), 0, 16) >= 0);
        made(H5Dcreate2(file.get(), "outside", H5T_NATIVE_FLOAT, space_of({4}).get(), H5P_DEFAULT,
                        create.get(), H5P_DEFAULT));
    }
    const auto file = core::h5::File::open(directory / "a.h5");
    CHECK_THROWS_AS(file.read<float>("/link"), core::h5::Refused);
    CHECK_THROWS_WITH(file.read<float>("/outside"),
                      ContainsSubstring("its data are in another file"));
    CHECK_THROWS_AS(file.data_offset("/outside"), core::h5::Refused);
}

TEST_CASE("a crash, a hang and a thirst for memory of HDF5 itself are a damaged file") {
    using core::h5::rehearse;
    CHECK_THROWS_WITH(rehearse([] { ::raise(SIGSEGV); }), ContainsSubstring("signal 11 (SIGSEGV)"));
    CHECK_THROWS_WITH(rehearse([] { ::pause(); }, {1, 0}),
                      ContainsSubstring("signal 14 (SIGALRM)"));
    CHECK_THROWS_WITH(rehearse([] { std::exit(0); }), ContainsSubstring("exit code 0"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK_THROWS_AS(rehearse([] { const std::vector<char> much(std::size_t{1} << 30); },
                             {10, std::uint64_t{1} << 29}),
                    core::h5::Refused);
#endif
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// An MPI or a CUDA library may have reserved far more than any limit before.
TEST_CASE("what this process has reserved already counts for no rehearsal") {
    constexpr std::size_t reserved = std::size_t{9} << 30;
    void* const memory =
        ::mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    CHECK_NOTHROW(core::h5::rehearse([] { const std::vector<char> some(std::size_t{64} << 20); }));
    CHECK(::munmap(memory, reserved) == 0);
}
#endif

TEST_CASE("what a rehearsal says is said as it was") {
    using core::h5::rehearse;
    CHECK_NOTHROW(rehearse([] {}));
    CHECK_THROWS_AS(rehearse([] { throw core::InputError("wrong network"); }), core::InputError);
    CHECK_THROWS_WITH(rehearse([] { throw core::InputError("wrong network"); }), "wrong network");
    CHECK_THROWS_AS(rehearse([] { throw core::h5::Refused("damaged"); }), core::h5::Refused);
    try {
        rehearse([] { core::fail_system("stale file handle"); });
        FAIL("nothing was thrown");
    } catch (const core::SystemError& error) {
        CHECK(dynamic_cast<const core::h5::Refused*>(&error) == nullptr);
        CHECK(std::string(error.what()) == "stale file handle");
    }
}

TEST_CASE("of many files one copy reads all, and those that take it with them are told alone") {
    const auto read = [](std::size_t i) -> std::string {
        switch (i) {
            case 1:
                ::raise(SIGSEGV);
                break;
            case 3:
                throw core::InputError("no such file");
            case 4:
                ::pause();
                break;
            case 5:
                throw core::h5::Refused("damaged");
            default:
                break;
        }
        return std::to_string(i) + " of " + std::to_string(::getpid());
    };
    std::vector<std::string> found;
    std::set<std::string> copies;
    const auto use = [&](std::size_t i, const core::h5::CopyRead& one) {
        CHECK(i == found.size());
        if (!one.error) {
            found.push_back(one.bytes.substr(0, 1));
            copies.insert(one.bytes.substr(5));
            return;
        }
        try {
            std::rethrow_exception(one.error);
        } catch (const core::InputError& error) {
            found.push_back(std::string("input: ") + error.what());
        } catch (const core::h5::Refused& error) {
            found.push_back(std::string("refused: ") + error.what());
        }
    };
    core::h5::read_in_copies(8, read, use, {1, 0});
    CHECK(found == std::vector<std::string>{
                       "0", "refused: HDF5 crashed on it or did not end: signal 11 (SIGSEGV)", "2",
                       "input: no such file",
                       "refused: HDF5 crashed on it or did not end: signal 14 (SIGALRM)",
                       "refused: damaged", "6", "7"});
    CHECK(copies.size() == 3);  // 0, 2, and 6 with 7
    CHECK(copies.count(std::to_string(::getpid())) == 0);
}

TEST_CASE("what is too large for the way from a copy is read here") {
    std::size_t bytes = 0;
    core::h5::read_in_copies(
        1, [](std::size_t) { return std::string(std::size_t{201} << 20, 'x'); },
        [&](std::size_t, const core::h5::CopyRead& one) { bytes = one.bytes.size(); });
    CHECK(bytes == std::size_t{201} << 20);
}

TEST_CASE("an HDF5 file of every kind of content with any bytes changed is read or refused") {
    const TemporaryDirectory directory;
    {
        auto file = core::h5::File::create(directory / "a.h5");
        file.write("/group/numbers", {2, 3}, std::vector<float>(6, 1).data());
        file.write_texts("/texts", {"one", "three"});
        file.write_attribute("/group", "names", std::vector<std::string>{"a", "bc"});
        file.write_attribute("/", "count", std::int64_t{3});
        file.write_table("/table", {{"seed", core::h5::Type::i64, 0, 0}}, 8, std::string(16, '\1'));
        file.close();
    }
    const auto report = tests::try_mutants(directory / "a.h5", 500, [](const fs::path& path) {
        try {
            core::h5::rehearse([&] { read_whole(path); }, {10, 0});
        } catch (const core::h5::Refused& error) {
            // As the readers of files from outside do.
            throw core::InputError(path.string() + ": " + error.what());
        }
    });
    INFO(report.text());
    CHECK(report.problems.empty());
    CHECK(report.read > 30);
    CHECK(report.refused > 100);
}
