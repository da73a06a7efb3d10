// SPDX-License-Identifier: Apache-2.0
#include "commands/external.hpp"

#include <fstream>

#include "core/error.hpp"
#include "core/file.hpp"

#include "sweep/dataset_file.hpp"

#include "commands/external_answer.hpp"
#include "support/catch.hpp"
#include "support/kept_predictions.hpp"
#include "support/pictures.hpp"
#include "support/record_builder.hpp"
#include "support/temporary.hpp"

namespace graft::commands {

using tests::planned;
using tests::RecordBuilder;
namespace fs = std::filesystem;

namespace {

ExternalData elsewhere(std::vector<std::string> classes) {
    ExternalData data;
    data.settings.name = "elsewhere";
    data.fingerprint = "0123456789abcdef0123456789abcdef";
    data.classes = std::move(classes);
    return data;
}

// One finished trial on "retina" (none, disease), two on "heart" (ill, well); one waits.
struct Sweep {
    Sweep() {
        builder.dataset("retina");
        sweep::DatasetReady heart = builder.record().datasets().front();
        heart.dataset = "heart";
        heart.fingerprint = "print-of-heart";
        heart.classes = {"ill", "well"};
        builder.apply(heart);
        for (const char* dataset : {"retina", "heart"}) {
            ids.push_back(builder.plan(planned("mobilenet", dataset, "random", 1)));
            builder.finish(ids.back(), 0.9, 0.8);
        }
        ids.push_back(builder.plan(planned("mobilenet", "heart", "random", 2)));
        builder.finish(ids.back(), 0.9, 0.7);
        waits = builder.plan(planned("mobilenet", "heart", "random", 3));
    }
    std::set<sweep::TrialId> all() const { return {ids.begin(), ids.end()}; }

    RecordBuilder builder;
    std::vector<sweep::TrialId> ids;
    sweep::TrialId waits;
};

data::PreparedTables tables(std::vector<std::uint64_t> contents,
                            std::vector<std::uint64_t> perceptual) {
    data::PreparedTables tables;
    tables.dataset = "retina";
    tables.classes = {"none", "disease"};
    for (std::size_t i = 0; i < contents.size(); ++i) {
        tables.ids.push_back(fmt::format("image {}", i));
        tables.groups.push_back(tables.ids.back());
        tables.labels.push_back(static_cast<std::int32_t>(i % 2));
        tables.parts.push_back(i == 0 ? data::Part::test : data::Part::train);
    }
    tables.contents = std::move(contents);
    tables.perceptual = std::move(perceptual);
    return tables;
}

}  // namespace

TEST_CASE("scores are kept by dataset, part and content, one file a trial") {
    auto data = elsewhere({"none", "disease"});
    CHECK(external_folder("/s", data) == "/s/external/elsewhere-all-0123456789ab");
    data.images = sweep::ScoreRequest::Images::test;
    CHECK(external_file(external_folder("/s", data), sweep::TrialId("0123456789abcdef")) ==
          "/s/external/elsewhere-test-0123456789ab/0123456789abcdef.h5");
}

TEST_CASE("trials that know the dataset's classes are taken, others passed over and named") {
    const Sweep sweep;
    const auto& record = sweep.builder.record();
    const auto chosen = external_trials(record, sweep.all(), elsewhere({"disease", "none"}));
    const auto trials = trials_of(chosen.contexts);
    REQUIRE(trials.size() == 1);
    CHECK(trials[0]->id == sweep.ids[0]);
    CHECK(chosen.without_result == 0);
    REQUIRE(chosen.cautions.size() == 1);
    CHECK_THAT(chosen.cautions[0], ContainsSubstring("'heart' are passed over") &&
                                       ContainsSubstring("'disease', 'none' are unknown"));
    const auto asked =
        external_trials(record, {sweep.ids[2], sweep.waits}, elsewhere({"ill", "well"}));
    CHECK(trials_of(asked.contexts).size() == 1);
    CHECK(asked.cautions.empty());
    CHECK(asked.without_result == 1);
}

TEST_CASE("a dataset of other classes is refused with how to rename them") {
    const Sweep sweep;
    const auto& record = sweep.builder.record();
    CHECK_THROWS_WITH(external_trials(record, sweep.all(), elsewhere({"0", "1"})),
                      ContainsSubstring("classes '0', '1' are unknown") &&
                          ContainsSubstring("map_labels = { \"0\" = \"...\" }"));
    CHECK_THROWS_WITH(external_trials(record, sweep.all(), elsewhere({"none", "disease", "x"})),
                      ContainsSubstring("its class 'x' is unknown"));
    CHECK_THROWS_WITH(external_trials(record, {sweep.waits}, elsewhere({"ill", "well"})),
                      ContainsSubstring("no trial that is asked for has a result"));
}

TEST_CASE("a dataset that no sweep file describes is named with those that one has") {
    sweep::SweepFile file;
    file.path = "s.toml";
    file.datasets.push_back({"retina", {}, {}});
    CHECK_THROWS_WITH(external_data(file, "elsewhere", sweep::ScoreRequest::Images::all),
                      ContainsSubstring("no [datasets.elsewhere] (it has: retina)") &&
                          ContainsSubstring("--from FILE"));
}

TEST_CASE("the test part of a dataset with folds is refused: there is none") {
    const tests::TemporaryDirectory directory;
    for (const auto* name : {"a/1", "a/2", "a/3", "b/1", "b/2", "b/3"}) {
        core::create_directories((directory / name).parent_path());
        core::write_file(directory / (std::string(name) + ".png"), "x");
    }
    const auto file = sweep::parse_dataset_file("[datasets.drawn]\npath = \".\"\nfolds = 3\n",
                                                directory / "s.toml", data::dataset_keys());
    CHECK_THROWS_WITH(external_data(file, "drawn", sweep::ScoreRequest::Images::test),
                      ContainsSubstring("has 3 folds, and no test part"));
    CHECK(external_data(file, "drawn", sweep::ScoreRequest::Images::all).classes.size() == 2);
}

TEST_CASE("scored images that training has seen are counted, equal or alike") {
    auto data = elsewhere({"none", "disease"});
    constexpr std::uint64_t far = 0xffffffff;
    const auto trained = tables({1, 2, 3}, {0, far, far << 32});
    // Equal to a training image; alike to one; like a test image alone; of its own.
    const auto images = tables({2, 4, 1, 5}, {far, (far << 32) ^ 1, 0, 0x0f0f0f0f0f0f0f0f});
    const auto text = leak_text(data, images, trained);
    CHECK_THAT(text, StartsWith("of the 4 images scored 1 are the very files of, and ") &&
                         ContainsSubstring("1 look like training images of 'retina'") &&
                         ContainsSubstring("image 1 (train) and image 0 (test)"));
    data.images = sweep::ScoreRequest::Images::test;
    CHECK_THAT(leak_text(data, images, trained),
               StartsWith("of the 1 images scored 1 are the very files of training images"));
    CHECK(leak_text(data, tables({7}, {0x0f0f0f0f0f0f0f0f}), trained).empty());
    CHECK(images_text(data, images) ==
          "the test part's 1 images of 'elsewhere' (none: 1, "
          "disease: 0)");
}

namespace {

// A trial with its weights and predictions in files.
struct Kept {
    Kept() {
        builder.dataset("retina");
        id = builder.plan(planned());
        sweep::SaveRecorded save;
        save.save.cohort = builder.start({id});
        save.save.save = 1;
        auto& member = save.save.members.emplace_back();
        member.trial = id;
        member.result.emplace().best.emplace();
        const auto name = sweep::plain_file(id, "best");
        core::create_directories((directory / name).parent_path());
        core::write_file(directory / name, "weights");
        member.result->weights = sweep::file_reference(directory.path(), name, name);
        builder.apply(save);
        builder.end(save.save.cohort, sweep::Completed{});
        prepared.files.push_back({"/prepared/elsewhere.h5", 224, 224, "pixels", true});
        core::create_directories(directory / "scores");
    }
    ScorePlan plan() const {
        const KeptFiles files(Live{directory.path(), builder.record(), {}}, std::nullopt);
        return score_plan(builder.record(), files, {builder.record().find(id)},
                          elsewhere({"disease", "none"}), prepared, directory / "scores");
    }
    fs::path best() const { return directory / sweep::plain_file(id, "best"); }
    void write_scores(const std::string& made_of) const {
        auto file = core::h5::File::create(external_file(directory / "scores", id));
        file.write_attribute("/", "made_of", made_of);
        file.close();
    }

    tests::TemporaryDirectory directory;
    RecordBuilder builder;
    sweep::TrialId id;
    data::PrepareResult prepared;
};

}  // namespace

TEST_CASE("a checkpoint is scored unless there are scores of its weights on these pixels") {
    const Kept kept;
    const auto plan = kept.plan();
    REQUIRE(plan.to_score == 1);
    REQUIRE(plan.requests.size() == 1);
    const auto& request = plan.requests[0];
    CHECK(request.classes == std::vector<std::string>{"none", "disease"});
    CHECK(request.checksum == "pixels");
    CHECK(request.checkpoints[0].weights == kept.best().string());

    kept.write_scores("weights of another, pixels pixels");
    CHECK(kept.plan().to_score == 1);
    kept.write_scores(request.checkpoints[0].made_of);
    const auto again = kept.plan();
    CHECK(again.to_score == 0);
    CHECK(again.requests.empty());
    CHECK(again.scored.size() == 1);
}

TEST_CASE("weights that are gone leave their trial out, and changed ones are refused") {
    const Kept kept;
    core::write_file(kept.best(), "Weights");
    CHECK_THROWS_WITH(kept.plan(), ContainsSubstring("do not have their recorded content"));
    fs::remove(kept.best());
    const auto plan = kept.plan();
    CHECK(plan.scored.empty());
    REQUIRE(plan.no_best.size() == 1);
    CHECK(plan.no_best[0]->id == kept.id);
}

}  // namespace graft::commands
