// SPDX-License-Identifier: Apache-2.0
#include "data/prepared.hpp"

#include <fstream>
#include <numeric>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/h5/file.hpp"

#include "data/files.hpp"
#include "data/prepared_writer.hpp"

#include "support/catch.hpp"

using namespace graft;
namespace fs = std::filesystem;

namespace {

constexpr int kSide = 4;
constexpr std::uint64_t kBytes = kSide * kSide * 3;

std::vector<std::uint8_t> image(std::uint64_t number, int side = kSide) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(side * side * 3));
    std::iota(pixels.begin(), pixels.end(), static_cast<std::uint8_t>(number));
    return pixels;
}

enum class Hashes { written, missing };

void write_prepared(const fs::path& path, std::uint64_t count, std::uint64_t capacity,
                    Hashes hashes = Hashes::written, int side = kSide) {
    data::PreparedWriter writer(path, capacity, side);
    data::PreparedTables tables;
    tables.dataset = "small";
    tables.fingerprint = "0123456789abcdef";
    tables.size = 8;
    tables.classes = {"a", "b"};
    tables.skipped = {{"a/9.png", "truncated"}};
    tables.duplicates = {1, 2, 3, 4};
    for (std::uint64_t i = 0; i < count; ++i) {
        writer.append(image(i, side).data());
        tables.labels.push_back(static_cast<std::int32_t>(i % 2));
        tables.parts.push_back(static_cast<data::Part>(i % 3));
        tables.ids.push_back(fmt::format("id {}", i));
        tables.groups.push_back(fmt::format("group {}", i / 2));
        if (hashes == Hashes::written) {
            tables.contents.push_back(i * i);
            tables.perceptual.push_back(~i);
        }
    }
    writer.publish(tables);
}

void flip_byte(const fs::path& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
}

std::uint64_t files_in(const fs::path& directory) {
    return static_cast<std::uint64_t>(
        std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("what is written is read, also from the middle and with room left") {
    const tests::TemporaryDirectory directory;
    const auto path = directory / "p.h5";
    write_prepared(path, 600, GENERATE(600, 700));
    const data::Prepared file(path);
    REQUIRE(file.count() == 600);
    CHECK(file.stored_size == kSide);
    CHECK(file.size == 8);
    CHECK(file.classes == std::vector<std::string>{"a", "b"});
    CHECK(file.ids[599] == "id 599");
    CHECK(file.groups[599] == "group 299");
    CHECK(file.parts[4] == data::Part::validation);
    CHECK(file.skipped.at(0).reason == "truncated");
    CHECK(file.duplicates.across == 4);
    CHECK(file.checksums.size() == 3);
    CHECK(file.contents[599] == 599 * 599);
    CHECK(file.perceptual[599] == ~std::uint64_t{599});
    std::vector<std::uint8_t> pixels(300 * kBytes);
    file.read_images(250, 300, pixels.data());
    file.read_images(251, 299, pixels.data() + kBytes);  // from blocks verified before
    for (std::uint64_t i = 0; i < 300; ++i) {
        const auto expected = image(250 + i);
        REQUIRE(std::equal(expected.begin(), expected.end(), pixels.begin() + i * kBytes));
    }
    CHECK_THROWS_AS(file.read_images(599, 2, pixels.data()), std::logic_error);
    CHECK(files_in(directory.path()) == 1);
}

TEST_CASE("images that are written several, one or less than one at a time are read") {
    const tests::TemporaryDirectory directory;
    const auto path = directory / "p.h5";
    const auto [side, count] = GENERATE(std::pair{60, 600}, std::pair{590, 4}, std::pair{600, 3});
    const auto images = static_cast<std::uint64_t>(count);
    write_prepared(path, images, images + GENERATE(0, 1), Hashes::written, side);
    const data::Prepared file(path);
    REQUIRE(file.count() == images);
    std::vector<std::uint8_t> pixels(images * file.image_bytes());
    file.read_images(0, images, pixels.data());
    for (std::uint64_t i = 0; i < images; ++i) {
        const auto expected = image(i, side);
        const auto at = pixels.begin() + static_cast<std::ptrdiff_t>(i * file.image_bytes());
        REQUIRE(std::equal(expected.begin(), expected.end(), at));
    }
}

TEST_CASE("damaged pixels are found and named") {
    const tests::TemporaryDirectory directory;
    const auto path = directory / "p.h5";
    write_prepared(path, 300, 300);
    const auto offset = core::h5::File::open(path).data_offset("/pixels");
    flip_byte(path, offset + 260 * kBytes);
    const data::Prepared file(path);
    std::vector<std::uint8_t> pixels(300 * kBytes);
    CHECK_NOTHROW(file.read_images(0, 256, pixels.data()));
    CHECK_THROWS_WITH(file.read_images(299, 1, pixels.data()),
                      ContainsSubstring("is damaged at images 256 to 299. Delete it"));
}

TEST_CASE("damaged tables are found") {
    const tests::TemporaryDirectory directory;
    const auto path = directory / "p.h5";
    write_prepared(path, 3, 3);
    flip_byte(path, core::h5::File::open(path).data_offset("/label"));
    CHECK_THROWS_AS(data::Prepared(path), core::InputError);
}

TEST_CASE("other files and versions are refused") {
    const tests::TemporaryDirectory directory;
    const auto path = directory / "p.h5";
    tests::write_text(path, "no HDF5");
    CHECK_THROWS_AS(data::Prepared(path), core::InputError);
    CHECK_THROWS_AS(data::Prepared(directory / "missing.h5"), core::InputError);
    auto file = core::h5::File::create(path);
    file.make_contiguous_u8("/pixels", {1, 1, 1, 3});
    file.write_attribute("/", "format", std::int64_t{99});
    file.close();
    CHECK_THAT(tests::input_error([&] { const data::Prepared prepared(path); }),
               ContainsSubstring("has format 99"));
}

TEST_CASE("a writer that is given up leaves nothing, and removes what is a day old") {
    const tests::TemporaryDirectory directory;
    const auto path = directory / "p.h5";
    const auto abandoned = directory / "p.h5.00000000.tmp";
    const auto recent = directory / "p.h5.00000001.tmp";
    tests::write_text(abandoned);
    tests::write_text(recent);
    fs::last_write_time(abandoned, fs::last_write_time(recent) - std::chrono::hours(25));
    {
        data::PreparedWriter writer(path, 10, kSide);
        writer.append(image(0).data());
    }
    CHECK_FALSE(fs::exists(path));
    CHECK_FALSE(fs::exists(abandoned));
    CHECK(files_in(directory.path()) == 1);
}

TEST_CASE("a file of an earlier graft, without hashes, is read as ever") {
    const tests::TemporaryDirectory directory;
    const auto path = directory / "p.h5";
    write_prepared(path, 20, 20, Hashes::missing);
    const data::Prepared file(path);
    CHECK(file.count() == 20);
    CHECK(file.contents.empty());
    CHECK(file.perceptual.empty());
    CHECK_FALSE(core::h5::File::open(path).has("/content"));
}

TEST_CASE("hashes leave the checksum of the other tables as it was, and have one of their own") {
    const tests::TemporaryDirectory directory;
    write_prepared(directory / "with.h5", 20, 20);
    write_prepared(directory / "without.h5", 20, 20, Hashes::missing);
    const auto checksum = [&](const char* name) {
        return core::h5::File::open(directory / name).text_attribute("/", "tables_checksum");
    };
    CHECK(checksum("with.h5") == checksum("without.h5"));
    const auto hashes = core::h5::File::open(directory / "with.h5").data_offset("/perceptual");
    flip_byte(directory / "with.h5", hashes);
    CHECK_THROWS_WITH(data::Prepared(directory / "with.h5"), ContainsSubstring("damaged tables"));
}
