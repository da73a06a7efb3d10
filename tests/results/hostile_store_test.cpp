// SPDX-License-Identifier: Apache-2.0
// Stores that somebody damaged or made up.
#include "core/error.hpp"
#include "core/h5/file.hpp"

#include "results/store.hpp"
#include "support/catch.hpp"
#include "support/mutants.hpp"
#include "support/record_builder.hpp"
#include "support/temporary.hpp"

using namespace graft;
namespace fs = std::filesystem;

namespace {

void read_whole(const fs::path& path) {
    results::covered(path);
    for (const std::string name : {"trials", "epochs", "attempts", "datasets", "skipped"}) {
        const auto table = results::read_table(path, name);
        for (const auto& column : table.columns) {
            REQUIRE(column.size() == table.rows());
            for (std::size_t row = 0; row < table.rows(); ++row) {
                results::text_of(column.at(row));
            }
        }
    }
}

}  // namespace

TEST_CASE("a store with any bytes changed is read, or refused by name") {
    const tests::TemporaryDirectory directory;
    tests::RecordBuilder builder;
    builder.dataset("retina");
    builder.finish(builder.plan(tests::planned()), 0.9, 0.85);
    results::write_store(builder.record(), {1, 100}, directory / "results.h5");
    const auto report = tests::try_mutants(directory / "results.h5", 200, read_whole);
    INFO(report.text());
    CHECK(report.problems.empty());
    CHECK(report.read > 10);
    CHECK(report.refused > 30);
}

TEST_CASE("a column of another number type than stores have is refused, not read beyond its end") {
    const tests::TemporaryDirectory directory;
    const auto path = directory / "results.h5";
    auto file = core::h5::File::create(path);
    file.write_attribute("/", "format", results::kStoreFormat);
    file.write_table("/trials", {{"seed", core::h5::Type::u8, 0, 0}}, 1, "12");
    file.close();
    CHECK_THROWS_WITH(results::read_table(path, "trials"),
                      ContainsSubstring("results.h5' is damaged") && ContainsSubstring("'seed'"));
}
