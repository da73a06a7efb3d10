// SPDX-License-Identifier: Apache-2.0
#include "results/row_cache.hpp"

#include <fstream>

#include "core/file.hpp"
#include "core/hash.hpp"

#include "results/sweeps.hpp"
#include "results/tables.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"
#include "support/temporary.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;
using tests::TemporaryDirectory;

namespace {

// A sweep on disk, of what a builder tells; `write()` appends what is new.
class Scene {
  public:
    RecordBuilder builder;

    Scene() {
        writer_ =
            sweep::JournalWriter::start(sweep(), std::get<sweep::Started>(builder.events().front()),
                                        [](const sweep::Event&) {});
    }
    const std::filesystem::path& sweep() const { return directory_.path(); }
    void write() {
        const std::vector<sweep::Event> more(
            builder.events().begin() + static_cast<std::ptrdiff_t>(written_),
            builder.events().end());
        written_ = builder.events().size();
        REQUIRE(writer_->append(more));
    }
    void cache() {
        sweep::Record record;
        const auto end =
            sweep::read_journal(sweep(), [&](const sweep::Event& event) { record.apply(event); });
        write_row_cache(record, end, sweep(), 1);
    }
    // Another start of the same sweep.
    void start_again(const std::string& id) {
        auto started = std::get<sweep::Started>(builder.events().front());
        started.start_id = id;
        writer_ = sweep::JournalWriter::start(sweep(), started, [](const sweep::Event&) {});
        builder.apply(started);
        written_ = builder.events().size();
    }

  private:
    TemporaryDirectory directory_;
    std::optional<sweep::JournalWriter> writer_;
    std::size_t written_ = 1;
};

// By way of the cache every table must say what the builder's record says.
void require_same(const Scene& scene) {
    const auto cached = CachedRecord::read(scene.sweep());
    REQUIRE(cached);
    const auto end = sweep::read_journal(scene.sweep(), [](const sweep::Event&) {});
    CHECK(cached->end.segment == end.segment);
    CHECK(cached->end.bytes == end.bytes);
    const Sweeps by_cache({{"s", "/s", &cached->record, cached->rows.get()}});
    const Sweeps by_record({{"s", "/s", &scene.builder.record()}});
    for (const auto name : kTableNames) {
        const Columns& found = by_cache.table(name);
        const Columns& wanted = by_record.table(name);
        REQUIRE(found.rows() == wanted.rows());
        for (const auto& column : wanted.column_names()) {
            INFO(name << "." << column);
            for (std::size_t row = 0; row < wanted.rows(); ++row) {
                CHECK(text_of(found.at(column).at(row)) == text_of(wanted.at(column).at(row)));
            }
        }
    }
    CHECK(by_cache.trials_of_epochs() == by_record.trials_of_epochs());
}

// Three trials: ended, in the middle, waiting.
sweep::CohortId begin(Scene& scene) {
    scene.builder.dataset("retina");
    const auto ended = scene.builder.plan(planned());
    const auto running = scene.builder.plan(planned("mobilenet", "retina", "random", 2));
    scene.builder.plan(planned("mobilenet", "retina", "random", 3));
    scene.builder.finish(ended, 0.9, 0.8);
    const auto cohort = scene.builder.start({running});
    scene.builder.save(cohort, 3);
    scene.write();
    return cohort;
}

}  // namespace

TEST_CASE("row cache: says what the journal says") {
    Scene scene;
    begin(scene);
    CHECK_FALSE(CachedRecord::read(scene.sweep()));
    scene.cache();
    require_same(scene);
}

TEST_CASE("row cache: what the journal says since is there") {
    Scene scene;
    const auto cohort = begin(scene);
    scene.cache();
    scene.builder.save(cohort, 2);
    scene.write();
    require_same(scene);
    scene.builder.finish(scene.builder.plan(planned("small_cnn")), 0.7, 0.6);
    scene.builder.fail(scene.builder.record().trials()[2].id, "no memory");
    scene.builder.leave_out(scene.builder.record().trials()[0].id);
    scene.write();
    require_same(scene);
    scene.start_again("start-2");
    require_same(scene);
    scene.builder.end(cohort, sweep::CoordinatorLost{});
    const auto again = scene.builder.start({scene.builder.record().trials()[1].id});
    scene.builder.save(again, 1);
    scene.write();
    require_same(scene);
}

TEST_CASE("row cache: a trial that begins again loses the rows that the cache has") {
    Scene scene;
    const auto cohort = begin(scene);
    scene.cache();
    scene.builder.end(cohort, sweep::Crashed{11, 0});
    const auto id = scene.builder.record().trials()[1].id;
    const auto again = scene.builder.start({id});
    sweep::SaveRecorded save;
    save.save.cohort = again;
    sweep::MemberSave member;
    member.trial = id;
    member.rows = {scene.builder.record().trials()[1].rows.front()};
    member.rows.front().train_loss = 0.125;
    save.save.position = {sweep::Phase::fine_tune, 2, 0, 10};
    save.save.members = {member};
    scene.builder.apply(save);
    scene.write();
    CHECK(scene.builder.record().trials()[1].rows.size() == 1);
    require_same(scene);
}

TEST_CASE("row cache: many rows, over the borders of blocks") {
    Scene scene;
    scene.builder.dataset("retina");
    for (int seed = 1; seed <= 5; ++seed) {
        const auto cohort = scene.builder.start(
            {scene.builder.plan(planned("mobilenet", "retina", "random", seed))});
        scene.builder.save(cohort, 3000);
    }
    scene.write();
    scene.cache();
    const auto touched = scene.builder.record().trials()[2].id;
    const auto& state = scene.builder.record().find(touched)->state;
    scene.builder.save(std::get<sweep::Running>(state).cohort, 1);
    scene.write();
    const auto cached = CachedRecord::read(scene.sweep());
    REQUIRE(cached);
    CHECK(cached->rows->rows_of(2) == 0);
    const Sweeps by_cache({{"s", "/s", &cached->record, cached->rows.get()}});
    const Table wanted = epochs_table(scene.builder.record());
    const Columns& found = by_cache.table("epochs");
    REQUIRE(found.rows() == 15001);
    for (const auto* column : {"trial", "phase", "epoch", "val_auc"}) {
        for (std::size_t row = 0; row < wanted.rows(); ++row) {
            if (text_of(found.at(column).at(row)) != text_of(wanted.at(column).at(row))) {
                FAIL(column << ", row " << row);
            }
        }
    }
}

TEST_CASE("row cache: of another journal, or of more than counts, it is not used") {
    Scene scene, other;
    begin(scene);
    begin(other);
    scene.cache();
    other.start_again("start-9");
    const auto copied = row_cache_path(other.sweep());
    std::filesystem::copy_file(row_cache_path(scene.sweep()), copied);
    CHECK(CachedRecord::read(other.sweep()));  // the same start and bytes: a copy of the sweep
    std::filesystem::remove(copied);
    scene.start_again("start-2");
    scene.cache();  // at segment 2, of start-2
    std::filesystem::copy_file(row_cache_path(scene.sweep()), copied);
    CHECK_FALSE(CachedRecord::read(other.sweep()));

    // The end of the segment that the cache covers went with the power.
    const auto segment = sweep::journal_directory(scene.sweep()) / "000002";
    std::filesystem::resize_file(segment, std::filesystem::file_size(segment) - 1);
    CHECK_FALSE(CachedRecord::read(scene.sweep()));
}

TEST_CASE("row cache: every damaged byte is noticed") {
    Scene scene;
    begin(scene);
    scene.cache();
    const auto path = row_cache_path(scene.sweep());
    const std::string good = core::read_file(path);
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x40);
        core::write_file(path, bad);
        const auto cached = CachedRecord::read(scene.sweep());
        if (!cached) {
            continue;
        }
        const Sweeps sweeps({{"s", "/s", &cached->record, cached->rows.get()}});
        const auto read_all = [&] {
            for (const auto& column : sweeps.table("epochs").column_names()) {
                sweeps.table("epochs").at(column);
            }
        };
        INFO("byte " << at);
        CHECK_THROWS_AS(read_all(), BadRowCache);
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{30}}) {
        core::write_file(path, good.substr(0, size));
        CHECK_FALSE(CachedRecord::read(scene.sweep()));
    }
}

TEST_CASE("row cache: what it holds of a record belongs to its format") {
    // Another sum: the record is written differently. Raise kRowCacheFormat, and put the sum here.
    RecordBuilder builder;
    builder.dataset("retina");
    builder.finish(builder.plan(planned()), 0.9, 0.8);
    builder.fail(builder.plan(planned("mobilenet", "retina", "random", 2)), "no memory");
    CHECK(kRowCacheFormat == 3);
    CHECK(core::content_hash(builder.record().bytes_without_rows()) ==
          "380585c9b415e0e8d9d8f3279d99746d");
}

TEST_CASE("row cache: a small sweep has none, and loses the one it had") {
    Scene scene;
    begin(scene);
    scene.cache();
    write_row_cache(scene.builder.record(), {1, 100}, scene.sweep());
    CHECK_FALSE(std::filesystem::exists(row_cache_path(scene.sweep())));
}

}  // namespace graft::results
