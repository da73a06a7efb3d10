// SPDX-License-Identifier: Apache-2.0
#include "results/store.hpp"

#include <fstream>
#include <sstream>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/h5/file.hpp"

#include "results/tables.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"
#include "support/temporary.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;
using tests::TemporaryDirectory;

namespace {

const std::vector<std::string> kTables{"attempts",   "datasets", "epochs",
                                       "provenance", "skipped",  "trials"};

RecordBuilder small_sweep() {
    RecordBuilder builder;
    const auto first = builder.plan(planned());
    const auto second = builder.plan(planned("mobilenet", "retina", "imagenet", 2, 50));
    const auto third = builder.plan(planned("mobilenet", "retina", "random", 3));
    builder.plan(planned("mobilenet", "retina", "random", 4));
    builder.dataset("retina");
    builder.finish(second, 0.9, 0.85);
    builder.diverge(third, NAN);
    builder.fail(first, "three crashes in a row (SIGSEGV)");
    return builder;
}

void require_equal(const Table& a, const Table& b) {
    REQUIRE(a.column_names() == b.column_names());
    for (std::size_t i = 0; i < a.columns.size(); ++i) {
        INFO(a.name << "." << a.columns[i].name);
        REQUIRE(a.columns[i].data.index() == b.columns[i].data.index());
        REQUIRE(a.columns[i].size() == b.columns[i].size());
        for (std::size_t row = 0; row < a.rows(); ++row) {
            CHECK(text_of(a.columns[i].at(row)) == text_of(b.columns[i].at(row)));
        }
    }
}

}  // namespace

TEST_CASE("the store holds the tables of the record, cell for cell") {
    const TemporaryDirectory directory;
    const auto builder = small_sweep();
    const auto path = directory / "results.h5";
    write_store(builder.record(), {3, 4096}, path);

    for (const auto make : {trials_table, epochs_table, attempts_table, datasets_table,
                            skipped_table, provenance_table}) {
        const Table expected = make(builder.record());
        require_equal(expected, read_table(path, expected.name));
    }
    const auto file = core::h5::File::open(path);
    auto members = kTables;
    members.insert(members.end() - 1, "sweep_file");
    CHECK(file.members("/") == members);
    CHECK(file.int_attribute("/", "format") == kStoreFormat);
    CHECK(file.int_attribute("/", "segment") == 3);
    CHECK(file.int_attribute("/", "offset") == 4096);
    CHECK(file.text_attribute("/", "sweep") == "study");
    CHECK(file.has_attribute("/", "graft_version"));
    CHECK(file.read_texts("/sweep_file").front() == "[sweep]\nname = \"study\"\n");
}

TEST_CASE("/trials has a column for every training key and says how each trial ended") {
    const auto builder = small_sweep();
    const Table trials = trials_table(builder.record());
    for (const auto& key : sweep::training_keys()) {
        CHECK(trials.find(key.name) != nullptr);
    }
    const auto cell = [&](const char* column, std::size_t row) {
        return text_of(trials.at(column).at(row));
    };
    REQUIRE(trials.rows() == 4);
    CHECK(cell("state", 0) == "failed");
    CHECK(cell("message", 0) == "three crashes in a row (SIGSEGV)");
    CHECK(cell("state", 1) == "done");
    CHECK(cell("init", 1) == "imagenet");
    CHECK(cell("freeze", 1) == "50");
    CHECK(cell("val_auc", 1) == "0.9");
    CHECK(cell("test_auc", 1) == "0.85");
    CHECK(cell("best_epoch", 1) == "2");
    CHECK(cell("best_phase", 1) == "fine_tune");
    CHECK(cell("seconds", 1) == "20");
    CHECK(cell("image_size", 1) == "network");
    CHECK(cell("input_size", 1) == "224");
    CHECK(cell("learning_rate", 1) == "0.0001");
    CHECK(cell("weights", 1) == "trials/" + cell("trial", 1) + "/best.h5");
    CHECK(cell("val_auc_floor", 1) == "0.5");
    CHECK(cell("val_auc_micro_floor", 1) == "0.75");
    CHECK(cell("state", 2) == "diverged");
    CHECK(cell("message", 2) == "the loss was not finite in epoch 2 of fine_tune");
    CHECK(cell("val_auc", 2).empty());
    CHECK(cell("weights", 2).empty());
    CHECK(cell("state", 3) == "waiting");
    CHECK(cell("attempts", 3) == "0");
}

TEST_CASE("a trial that still runs has rows in /epochs but no result in /trials") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    builder.save(builder.start({id}), 2);
    const Table trials = trials_table(builder.record());
    CHECK(text_of(trials.at("state").at(0)) == "running");
    CHECK(text_of(trials.at("val_auc").at(0)).empty());
    CHECK(text_of(trials.at("epochs_done").at(0)) == "2");
    CHECK(epochs_table(builder.record()).rows() == 2);
    const Table attempts = attempts_table(builder.record());
    CHECK(text_of(attempts.at("ending").at(0)) == "running");
    CHECK(text_of(attempts.at("end").at(0)).empty());
}

TEST_CASE("an empty sweep gives an empty but complete store") {
    const TemporaryDirectory directory;
    const RecordBuilder builder;
    write_store(builder.record(), {1, 100}, directory / "results.h5");
    CHECK(read_table(directory / "results.h5", "trials").rows() == 0);
    CHECK(read_table(directory / "results.h5", "provenance").rows() == 1);
}

TEST_CASE("the same record gives the same bytes") {
    const TemporaryDirectory directory;
    const auto builder = small_sweep();
    write_store(builder.record(), {1, 100}, directory / "a.h5");
    write_store(builder.record(), {1, 100}, directory / "b.h5");
    CHECK(core::read_file(directory / "a.h5") == core::read_file(directory / "b.h5"));
}

TEST_CASE("a replaced store keeps a second name for one interval") {
    const TemporaryDirectory directory;
    const auto builder = small_sweep();
    const auto path = directory / "results.h5";
    write_store(builder.record(), {1, 100}, path);
    CHECK_FALSE(std::filesystem::exists(directory / "results.previous.h5"));
    const auto first = core::read_file(path);
    write_store(builder.record(), {1, 200}, path);
    CHECK(core::read_file(directory / "results.previous.h5") == first);
    CHECK(covered(path)->bytes == 200);
}

TEST_CASE("a store never goes back to an earlier state of the journal") {
    const TemporaryDirectory directory;
    const auto builder = small_sweep();
    const auto path = directory / "results.h5";
    write_store(builder.record(), {2, 100}, path);
    write_store(builder.record(), {1, 900}, path);
    CHECK(covered(path)->segment == 2);
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE("what a killed publisher left behind is removed by a later start only") {
    const TemporaryDirectory directory;
    const auto builder = small_sweep();
    const auto old = directory / "results.h5.000001.77.tmp";
    const auto own = directory / "results.h5.000002.78.tmp";
    std::ofstream(old) << "torn";
    std::ofstream(own) << "torn";
    write_store(builder.record(), {2, 100}, directory / "results.h5");
    CHECK_FALSE(std::filesystem::exists(old));
    CHECK(std::filesystem::exists(own));
}

TEST_CASE("a store of another format is refused with the way out") {
    const TemporaryDirectory directory;
    const auto path = directory / "results.h5";
    auto file = core::h5::File::create(path);
    file.write_attribute("/", "format", std::int64_t{99});
    file.close();
    REQUIRE_THROWS_WITH(read_table(path, "trials"), ContainsSubstring("store format 99"));
}

TEST_CASE("publish reads the journal, and a directory without one is an input error") {
    const TemporaryDirectory directory;
    REQUIRE_THROWS_AS(publish(directory.path()), core::InputError);
    const auto builder = small_sweep();
    core::create_directories(sweep::journal_directory(directory.path()));
    const auto& events = builder.events();
    auto writer = sweep::JournalWriter::start(
        directory.path(), std::get<sweep::Started>(events.front()), [](const auto&) {});
    REQUIRE(writer);
    REQUIRE(writer->append({events.begin() + 1, events.end()}));
    publish(directory.path());
    require_equal(trials_table(builder.record()),
                  read_table(store_path(directory.path()), "trials"));
    CHECK(covered(store_path(directory.path()))->segment == 1);
}

}  // namespace graft::results
