// SPDX-License-Identifier: Apache-2.0
#include "commands/asked.hpp"

#include <fstream>

#include "core/file.hpp"

#include "results/query.hpp"
#include "results/row_cache.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"
#include "support/temporary.hpp"

namespace graft::commands {

namespace fs = std::filesystem;
using tests::planned;
using tests::RecordBuilder;

namespace {

// Writes what the builder tells as the journal of `sweep`, and a cache of it.
void write_sweep(const fs::path& sweep, const RecordBuilder& builder) {
    auto writer = sweep::JournalWriter::start(
        sweep, std::get<sweep::Started>(builder.events().front()), [](const sweep::Event&) {});
    REQUIRE(writer->append({builder.events().begin() + 1, builder.events().end()}));
    const auto end = sweep::read_journal(sweep, [](const sweep::Event&) {});
    results::write_row_cache(builder.record(), end, sweep, 1);
}

RecordBuilder study(double auc) {
    RecordBuilder builder;
    builder.finish(builder.plan(planned()), auc, 0.5);
    return builder;
}

std::string names(const std::vector<AskedSweep>& sweeps) {
    const auto tables = tables_of(sweeps);
    const auto& trials = tables.table("trials");
    std::string found;
    for (std::size_t row = 0; row < trials.rows(); ++row) {
        found += results::text_of(trials.at("sweep").at(row)) + " ";
    }
    return found;
}

}  // namespace

TEST_CASE("asked: by way of the cache and by the journal a sweep says the same") {
    const tests::TemporaryDirectory directory;
    const std::string sweep = (directory / "a").string();
    write_sweep(sweep, study(0.9));
    const auto cached = read_asked({sweep}, Way::by_cache);
    const auto read = read_asked({sweep}, Way::by_journal);
    CHECK(cached.front().cached);
    CHECK_FALSE(read.front().cached);
    for (const auto* sweeps : {&cached, &read}) {
        results::Query query;
        query.epochs = true;
        query.columns = {"sweep", "trial", "epoch", "val_auc", "checkpoint"};
        const auto answer = results::answer(tables_of(*sweeps), query);
        REQUIRE(answer.table.rows() == 2);
        CHECK(results::text_of(answer.table.at("sweep").at(0)) == "study");
        CHECK(results::text_of(answer.table.at("val_auc").at(1)) == "0.52");
        CHECK(
            results::text_of(answer.table.at("checkpoint").at(0)).starts_with(sweep + "/trials/"));
    }
}

TEST_CASE("asked: sweeps of one name are told apart by their paths") {
    const tests::TemporaryDirectory directory;
    const std::string a = (directory / "a").string(), b = (directory / "b").string();
    write_sweep(a, study(0.9));
    RecordBuilder other;
    other.finish(other.plan(planned("small_cnn")), 0.8, 0.5);
    write_sweep(b, other);
    CHECK(names(read_asked({a}, Way::by_cache)) == "study ");
    CHECK(names(read_asked({a, b}, Way::by_cache)) == a + " " + b + " ");
    CHECK_THROWS_WITH(read_asked({a, a + "/."}, Way::by_cache),
                      ContainsSubstring("are the same sweep"));
}

TEST_CASE("asked: a sweep that nobody started is named with what to type") {
    const tests::TemporaryDirectory directory;
    CHECK_THROWS_WITH(read_asked({directory.path().string()}, Way::by_cache),
                      ContainsSubstring("graft run"));
}

}  // namespace graft::commands
