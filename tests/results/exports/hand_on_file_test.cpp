// SPDX-License-Identifier: Apache-2.0
#include "results/exports/hand_on_file.hpp"

#include "core/error.hpp"
#include "core/file.hpp"

#include "results/store.hpp"
#include "results/tables.hpp"
#include "support/catch.hpp"
#include "support/kept_predictions.hpp"
#include "support/temporary.hpp"

namespace graft::results::exports {

namespace {

namespace fs = std::filesystem;
using core::h5::File;

// A sweep of two finished trials of one dataset, and one that waits.
struct Study {
    Study() {
        one = builder.plan(tests::planned());
        two = builder.plan(tests::planned("mobilenet", "retina", "imagenet", 2, 50));
        builder.plan(tests::planned("mobilenet", "retina", "random", 3));
        builder.dataset("retina");
        builder.finish(one, 0.9, 0.85);
        builder.finish(two, 0.8, 0.75);
    }
    const sweep::Trial& trial(const sweep::TrialId& id) const { return *builder.record().find(id); }
    // With predictions of both.
    fs::path write(const std::string& name, const predictions::Predictions& first,
                   const predictions::Predictions& second) const {
        HandOnFile file(directory / name, builder.record(), {1, 100});
        file.add(trial(one), first);
        file.add(trial(two), second);
        file.finish({trials_table(builder.record()), epochs_table(builder.record())});
        return directory / name;
    }
    std::string group_of(const sweep::TrialId& id) const { return "/predictions/" + id.text(); }
    std::string images() const { return "/images/" + trial(one).spec->dataset_fingerprint; }

    tests::TemporaryDirectory directory;
    tests::RecordBuilder builder;
    sweep::TrialId one, two;
};

}  // namespace

TEST_CASE("a file to hand on has what predictions.h5 has, under the same names") {
    const Study study;
    const auto kept = tests::kept_predictions();
    const auto file = File::open(study.write("all.h5", kept, kept));
    const auto group = study.group_of(study.two);
    CHECK(file.read_texts(group + "/classes") == kept.classes);
    CHECK(file.read_texts(group + "/validation/id") == kept.validation.ids);
    CHECK(file.read_texts(group + "/test/group") == kept.test.groups);
    CHECK(file.read<std::int32_t>(group + "/test/label") == kept.test.labels);
    CHECK(file.read<float>(group + "/test/scores") == kept.test.scores);
    CHECK(file.shape(group + "/test/features") == core::h5::Shape{2, 3});
    CHECK(file.read<float>(group + "/test/features") == kept.features);
    CHECK(file.read<std::int32_t>(group + "/test/feature_rows") == kept.feature_rows);
}

TEST_CASE("its tables are read as those of a store") {
    const Study study;
    const auto kept = tests::kept_predictions();
    const auto path = study.write("all.h5", kept, kept);
    CHECK(read_table(path, "trials").rows() == 3);
    CHECK(read_table(path, "epochs").rows() == 4);
    CHECK(File::open(path).read_texts("/sweep_file") ==
          std::vector{study.builder.record().sweep_file()});
    const auto roc = read_table(path, study.group_of(study.one).substr(1) + "/test/roc");
    CHECK(roc.column_names() == std::vector<std::string>{"class", "false_positive_rate",
                                                         "true_positive_rate", "threshold"});
    CHECK(roc.rows() > 2);
}

TEST_CASE("the images of a part are stored once, whatever trials share them") {
    const Study study;
    auto kept = tests::kept_predictions(2, std::string(2000, 'a'));
    const auto once = fs::file_size(study.write("once.h5", kept, kept));
    const auto other = tests::kept_predictions(2, std::string(2000, 'b'));
    const auto path = study.write("twice.h5", kept, other);
    CHECK(fs::file_size(path) > once + 2 * 6 * 2000);
    const auto file = File::open(path);
    CHECK(file.members(study.images()) ==
          std::vector<std::string>{"test", "test_2", "validation", "validation_2"});
    CHECK(file.read_texts(study.images() + "/test_2/id") == other.test.ids);
    CHECK(file.read_texts(study.group_of(study.one) + "/test/id") == kept.test.ids);
    CHECK(file.read_texts(study.group_of(study.two) + "/test/id") == other.test.ids);
}

TEST_CASE("parts that differ in one label, or in where one text ends, are not taken for equal") {
    const Study study;
    const auto kept = tests::kept_predictions();
    auto other = kept;
    other.test.labels[5] = 0;
    other.validation.ids[0] = "a0a";
    other.validation.ids[1] = "1";
    const auto file = File::open(study.write("all.h5", kept, other));
    CHECK(file.read<std::int32_t>(study.group_of(study.two) + "/test/label") == other.test.labels);
    CHECK(file.read_texts(study.group_of(study.two) + "/validation/id") == other.validation.ids);
    CHECK(file.members(study.images()).size() == 4);
}

TEST_CASE("contents say what is there, what it was read from, and what is missing and why") {
    const Study study;
    const auto path = study.directory / "all.h5";
    HandOnFile writer(path, study.builder.record(), {1, 100});
    writer.add(study.trial(study.one), tests::kept_predictions());
    writer.add_missing(study.trial(study.two), "cut short");
    writer.finish({});
    const auto contents = read_table(path, "contents");
    REQUIRE(contents.rows() == 2);
    CHECK(text_of(contents.at("predictions").at(0)) == study.group_of(study.one));
    CHECK(text_of(contents.at("source_hash").at(0)) == "hash");
    CHECK(text_of(contents.at("source_bytes").at(0)) == "10");
    CHECK(text_of(contents.at("trial").at(1)) == study.two.text());
    CHECK(text_of(contents.at("predictions").at(1)).empty());
    CHECK(text_of(contents.at("problem").at(1)) == "cut short");
    CHECK_FALSE(File::open(path).has(study.group_of(study.two)));
}

TEST_CASE("equal results give equal bytes") {
    const Study study;
    const auto kept = tests::kept_predictions();
    CHECK(core::read_file(study.write("a.h5", kept, kept)) ==
          core::read_file(study.write("b.h5", kept, kept)));
}

TEST_CASE("two classes have one curve, more have one each and one of all") {
    const auto classes_of = [](const Table& table) {
        std::vector<std::int64_t> found;
        for (const auto which : std::get<Integers>(table.at("class").data)) {
            if (found.empty() || found.back() != which) {
                found.push_back(which);
            }
        }
        return found;
    };
    const auto two = tests::kept_predictions(2).test;
    CHECK(classes_of(roc_table(two, 2)) == std::vector<std::int64_t>{1});
    CHECK(classes_of(precision_recall_table(two, 2)) == std::vector<std::int64_t>{1});
    const auto three = tests::kept_predictions(3).test;
    CHECK(classes_of(roc_table(three, 3)) == std::vector<std::int64_t>{0, 1, 2, -1});
    auto absent = three;
    absent.labels = {0, 1, 0, 1, 0, 1};
    CHECK(classes_of(precision_recall_table(absent, 3)) == std::vector<std::int64_t>{0, 1, -1});
}

TEST_CASE("parts without images and scores that are no numbers have no curves, and are kept") {
    const Study study;
    auto kept = tests::kept_predictions();
    kept.validation = {};
    kept.test.scores[0] = kept.test.scores[1] = NAN;
    const auto path = study.write("all.h5", kept, kept);
    const auto group = study.group_of(study.one);
    CHECK(File::open(path).shape(group + "/validation/scores") == core::h5::Shape{0, 2});
    CHECK(read_table(path, group.substr(1) + "/validation/roc").rows() == 0);
    CHECK(read_table(path, group.substr(1) + "/test/precision_recall").rows() == 0);
}

TEST_CASE("a file to hand on is told from a store, from other files and from its own halves") {
    const Study study;
    const auto kept = tests::kept_predictions();
    const auto path = study.write("all.h5", kept, kept);
    CHECK(is_hand_on_file(path));
    write_store(study.builder.record(), {1, 100}, study.directory / "results.h5");
    CHECK_FALSE(is_hand_on_file(study.directory / "results.h5"));
    const auto bytes = core::read_file(path);
    core::write_file(path, bytes.substr(0, bytes.size() / 2));
    CHECK_FALSE(is_hand_on_file(path));
    CHECK_FALSE(is_hand_on_file(study.directory / "nowhere.h5"));
}

}  // namespace graft::results::exports
