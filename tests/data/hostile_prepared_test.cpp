// SPDX-License-Identifier: Apache-2.0
// Prepared files that somebody damaged or made up.
#include <fmt/format.h>

#include "core/error.hpp"
#include "core/h5/file.hpp"

#include "data/prepared.hpp"
#include "data/prepared_writer.hpp"

#include "support/catch.hpp"
#include "support/mutants.hpp"
#include "support/temporary.hpp"

using namespace graft;
namespace fs = std::filesystem;

namespace {

constexpr int kSide = 2;

data::PreparedTables tables_of(std::uint64_t count) {
    data::PreparedTables tables;
    tables.dataset = "small";
    tables.fingerprint = "0123456789abcdef";
    tables.size = 8;
    tables.classes = {"a", "b"};
    tables.skipped = {{"a/9.png", "truncated"}};
    for (std::uint64_t i = 0; i < count; ++i) {
        tables.labels.push_back(static_cast<std::int32_t>(i % 2));
        tables.parts.push_back(static_cast<data::Part>(i % 3));
        tables.ids.push_back(fmt::format("id {}", i));
        tables.groups.push_back(fmt::format("group {}", i / 2));
    }
    return tables;
}

// Its checksums are right, whatever the tables say.
void write_prepared(const fs::path& path, const data::PreparedTables& tables,
                    std::uint64_t images) {
    data::PreparedWriter writer(path, images, kSide);
    const std::vector<std::uint8_t> pixels(kSide * kSide * 3, 7);
    for (std::uint64_t i = 0; i < images; ++i) {
        writer.append(pixels.data());
    }
    writer.publish(tables);
}

void read_whole(const fs::path& path) {
    const data::Prepared file(path);
    std::vector<std::uint8_t> pixels(file.count() * file.image_bytes());
    file.read_images(0, file.count(), pixels.data());
}

}  // namespace

TEST_CASE("a prepared file with any bytes changed is read, or refused by name") {
    const tests::TemporaryDirectory directory;
    write_prepared(directory / "p.h5", tables_of(6), 6);
    const auto report = tests::try_mutants(directory / "p.h5", 400, read_whole);
    INFO(report.text());
    CHECK(report.problems.empty());
    CHECK(report.read > 10);
    CHECK(report.refused > 100);
}

TEST_CASE("tables with good checksums that would be indices beyond their ends are refused") {
    const tests::TemporaryDirectory directory;
    auto tables = tables_of(4);
    SECTION("a label beyond the classes") {
        tables.labels[1] = 2;
    }
    SECTION("a negative label") {
        tables.labels[1] = -1;
    }
    SECTION("a part that is none") {
        tables.parts[0] = static_cast<data::Part>(3);
    }
    SECTION("a group too few") {
        tables.groups.pop_back();
    }
    SECTION("a size of 0") {
        tables.size = 0;
    }
    write_prepared(directory / "p.h5", tables, 4);
    CHECK_THROWS_WITH(read_whole(directory / "p.h5"),
                      ContainsSubstring("p.h5' is damaged") && ContainsSubstring("Delete it"));
}
