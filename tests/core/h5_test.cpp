// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>

#include "core/file.hpp"
#include "core/h5/file.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft::core;
using graft::tests::TemporaryDirectory;
using Texts = std::vector<std::string>;

TEST_CASE("numbers of every type come back with their shape") {
    const TemporaryDirectory directory;
    auto file = h5::File::create(directory / "a.h5");
    file.write("/group/deep/f32", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, NAN}.data());
    file.write("/u8", std::vector<std::uint8_t>{0, 255});
    file.write("/i32", std::vector<std::int32_t>{-5});
    file.write("/i64", std::vector<std::int64_t>{INT64_MIN});
    file.write("/u64", std::vector<std::uint64_t>{UINT64_MAX});
    file.write("/empty", std::vector<double>{});
    file.close();

    const auto back = h5::File::open(directory / "a.h5");
    CHECK(back.shape("/group/deep/f32") == h5::Shape{2, 3});
    const auto floats = back.read<float>("/group/deep/f32");
    CHECK(floats[4] == 5);
    CHECK(std::isnan(floats[5]));
    CHECK(back.read<std::uint8_t>("/u8") == std::vector<std::uint8_t>{0, 255});
    CHECK(back.read<std::int64_t>("/i32") == std::vector<std::int64_t>{-5});
    CHECK(back.read<double>("/i32") == std::vector<double>{-5});
    CHECK(back.read<std::int64_t>("/i64").front() == INT64_MIN);
    CHECK(back.read<std::uint64_t>("/u64").front() == UINT64_MAX);
    CHECK(back.read<double>("/empty").empty());
}

TEST_CASE("groups list their members by name, and paths are asked for at any depth") {
    const TemporaryDirectory directory;
    auto file = h5::File::create(directory / "a.h5");
    file.make_group("/b/c");
    file.write("/b/a", std::vector<float>{1});
    CHECK(file.members("/b") == Texts{"a", "c"});
    CHECK(file.members("/") == Texts{"b"});
    CHECK(file.is_group("/b/c"));
    CHECK_FALSE(file.is_group("/b/a"));
    CHECK(file.has("/"));
    CHECK(file.has("/b/a"));
    CHECK_FALSE(file.has("/x/y/z"));
    CHECK_FALSE(file.has("/b/a/c"));
}

TEST_CASE("what has two names is stored once") {
    const TemporaryDirectory directory;
    const std::vector<double> numbers(10'000, 1.5);
    auto file = h5::File::create(directory / "a.h5");
    file.write("/first/numbers", numbers);
    file.link("/first/numbers", "/second/deep/numbers");
    CHECK_THROWS_AS(file.link("/nowhere", "/third"), h5::Refused);
    CHECK_THROWS_AS(file.link("/first/numbers", "/second/deep/numbers"), h5::Refused);
    file.close();
    CHECK(h5::File::open(directory / "a.h5").read<double>("/second/deep/numbers") == numbers);
    CHECK(std::filesystem::file_size(directory / "a.h5") < 10'000 * 8 * 3 / 2);
}

TEST_CASE("texts keep their bytes, of any length and in UTF-8") {
    const TemporaryDirectory directory;
    const Texts texts{"", "a", "\xC3\xA9t\xC3\xA9", std::string(300, 'x')};
    auto file = h5::File::create(directory / "a.h5");
    file.write_texts("/t", texts);
    file.write_texts("/none", {});
    CHECK(file.read_texts("/t") == texts);
    CHECK(file.read_texts("/none").empty());
    file.write("/numbers", std::vector<float>{1});
    CHECK_THROWS_AS(file.read_texts("/numbers"), SystemError);
}

TEST_CASE("attributes of groups, datasets and the root") {
    const TemporaryDirectory directory;
    auto file = h5::File::create(directory / "a.h5");
    file.write("/d", std::vector<float>{1});
    file.write_attribute("/", "count", std::int64_t{-7});
    file.write_attribute("/", "rate", 0.5);
    file.write_attribute("/d", "name", std::string("conv1"));
    file.write_attribute("/d", "empty", std::string());
    file.write_attribute("/", "layer_names", Texts{"input_1", "conv1"});
    file.write_attribute("/", "no_layers", Texts{});
    CHECK(file.int_attribute("/", "count") == -7);
    CHECK(file.text_attribute("/d", "name") == "conv1");
    CHECK(file.text_attribute("/d", "empty").empty());
    CHECK(file.texts_attribute("/", "layer_names") == Texts{"input_1", "conv1"});
    CHECK(file.texts_attribute("/", "no_layers").empty());
    CHECK(file.has_attribute("/d", "name"));
    CHECK_FALSE(file.has_attribute("/", "name"));
    CHECK_FALSE(file.has_attribute("/nowhere", "name"));
    CHECK_THROWS_WITH(file.int_attribute("/", "missing"),
                      ContainsSubstring("missing") && ContainsSubstring("a.h5"));
    CHECK_THROWS_AS(file.texts_attribute("/", "count"), SystemError);
}

TEST_CASE("a table keeps its columns, padding included") {
    struct Row {
        char name[6];
        double score;
        std::int32_t epoch;
    };
    const std::vector<h5::Column> columns{
        {"name", h5::Type::f64, sizeof Row::name, offsetof(Row, name)},
        {"score", h5::Type::f64, 0, offsetof(Row, score)},
        {"epoch", h5::Type::i32, 0, offsetof(Row, epoch)}};
    Row rows[2]{};
    std::memcpy(rows[0].name, "sixsix", 6);
    rows[0].score = NAN;
    rows[0].epoch = 3;
    std::memcpy(rows[1].name, "a", 1);
    rows[1].score = 0.25;
    const TemporaryDirectory directory;
    auto file = h5::File::create(directory / "a.h5");
    const std::string_view bytes(reinterpret_cast<const char*>(rows), sizeof rows);
    file.write_table("/trials", columns, sizeof(Row), bytes);
    file.write_table("/nothing", columns, sizeof(Row), {});

    std::size_t row_bytes = 0;
    const auto found = file.table_columns("/trials", row_bytes);
    REQUIRE(found.size() == 3);
    CHECK(row_bytes == sizeof(Row));
    CHECK(found[0].name == "name");
    CHECK(found[0].text_size == 6);
    CHECK((found[1].type == h5::Type::f64 && found[2].type == h5::Type::i32));
    CHECK(file.read_table("/trials", found, row_bytes) == bytes);
    CHECK(file.read_table("/nothing", found, row_bytes).empty());

    // Some columns only, into another layout.
    const std::string picked = file.read_table("/trials", {{"epoch", h5::Type::i64, 0, 0}}, 8);
    std::int64_t epoch = 0;
    std::memcpy(&epoch, picked.data(), sizeof epoch);
    CHECK(picked.size() == 16);
    CHECK(epoch == 3);
}

TEST_CASE("contiguous pixels are found by pread at their offset") {
    const TemporaryDirectory directory;
    auto file = h5::File::create(directory / "a.h5");
    file.make_contiguous_u8("/images/pixels", {5, 2, 3});
    std::vector<std::uint8_t> rows(12);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = static_cast<std::uint8_t>(100 + i);
    }
    file.write_rows_u8("/images/pixels", 0, 2, rows.data());
    file.write_rows_u8("/images/pixels", 3, 2, rows.data());
    CHECK_THROWS_AS(file.write_rows_u8("/images/pixels", 4, 2, rows.data()), SystemError);
    const std::uint64_t offset = file.data_offset("/images/pixels");
    file.close();

    const ReadFile raw(directory / "a.h5");
    std::vector<std::uint8_t> seen(12);
    raw.read_at(offset + 18, seen.data(), seen.size());
    CHECK(seen == rows);
    CHECK(h5::File::open(directory / "a.h5").data_offset("/images/pixels") == offset);
}

TEST_CASE("missing, foreign and damaged files are named") {
    const TemporaryDirectory directory;
    CHECK_THROWS_AS(h5::File::open(directory / "missing.h5"), InputError);
    write_file(directory / "text.h5", "this is no HDF5");
    CHECK_THROWS_WITH(h5::File::open(directory / "text.h5"),
                      ContainsSubstring("text.h5") && ContainsSubstring("not a readable HDF5"));
    CHECK_THROWS_AS(h5::File::create(directory / "no/such/a.h5"), InputError);
    auto file = h5::File::create(directory / "a.h5");
    CHECK_THROWS_WITH(file.read<float>("/none"), ContainsSubstring("a.h5:/none"));
    file.write("/d", std::vector<float>(1000, 1));
    CHECK_THROWS_AS(file.write("/d", std::vector<float>{1}), SystemError);
    file.close();
    fs::resize_file(directory / "a.h5", fs::file_size(directory / "a.h5") / 2);
    CHECK_THROWS_AS(h5::File::open(directory / "a.h5"), InputError);
}

TEST_CASE("an open file is read only") {
    const TemporaryDirectory directory;
    h5::File::create(directory / "a.h5").close();
    auto file = h5::File::open(directory / "a.h5");
    CHECK_THROWS_AS(file.write("/d", std::vector<float>{1}), SystemError);
}
