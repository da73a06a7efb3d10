// SPDX-License-Identifier: Apache-2.0
#include "trainer/score.hpp"

#include "core/h5/file.hpp"

#include "data/prepared_writer.hpp"

#include "support/catch.hpp"
#include "trainer/life.hpp"

using namespace graft;
using tests::Life;

namespace {

std::vector<sweep::TrialSpec> trials_to_score() {
    auto deep = tests::small_member("mobilenet_0.25").spec;
    deep.freeze = 40;
    auto warm = deep;
    warm.freeze = 0;
    warm.edit().training.warmup_for = sweep::WarmupFor::all;
    warm.edit().training.learning_rate = 1e20;  // diverges: the warm-up's epoch stays the best
    warm.edit().training.warmup_learning_rate = 1e-3;
    auto fresh = deep;
    fresh.edit().training.evaluate_bn = sweep::EvaluateBn::reestimated;
    fresh.edit().training.train_fraction = 0.8;
    auto moving = deep;
    moving.edit().training.frozen_batch_norm = sweep::FrozenBatchNorm::batch;
    return {deep, warm, fresh, moving};
}

sweep::ScoreRequest request_of(const tests::Study& study, const Life& life) {
    sweep::ScoreRequest request;
    request.images = sweep::ScoreRequest::Images::test;
    request.prepared = (study.directory / "drawn.h5").string();
    request.checksum = study.data->prepared().pixels_checksum;
    request.classes = study.data->prepared().classes;
    const auto& trial = life.ledger.trial();
    const auto& result = *life.ledger.result();
    auto& checkpoint = request.checkpoints.emplace_back();
    checkpoint.spec = trial.spec;
    checkpoint.phase = result.best->phase;
    checkpoint.epoch = result.best->epoch;
    checkpoint.weights = (study.directory / result.weights.name).string();
    checkpoint.hash = result.weights.hash;
    checkpoint.output = (study.directory / "scores.h5").string();
    checkpoint.made_of = "this and that";
    checkpoint.trained_on = request.prepared;
    checkpoint.trained_checksum = request.checksum;
    return request;
}

void no_progress(std::uint64_t, std::uint64_t) {}

// The prepared file once more, with its classes called and ordered otherwise.
void reorder_classes(const tests::Study& study, const std::filesystem::path& path,
                     const std::vector<std::string>& classes, const std::vector<int>& labels) {
    const auto& prepared = study.data->prepared();
    data::PreparedTables tables = prepared;
    tables.classes = classes;
    std::vector<std::uint8_t> image(prepared.image_bytes());
    data::PreparedWriter writer(path, prepared.count(), prepared.stored_size);
    for (std::size_t i = 0; i < prepared.count(); ++i) {
        tables.labels[i] = labels.at(static_cast<std::size_t>(tables.labels[i]));
        prepared.read_images(i, 1, image.data());
        writer.append(image.data());
    }
    tables.checksums.clear();
    writer.publish(std::move(tables));
}

}  // namespace

TEST_CASE("a best checkpoint scores images as its trial did, to the bit") {
    const tests::Study study({100, 2, 16, 32});  // ten to test, in batches of 8
    bool best_of_warmup = false;
    for (const auto& spec : trials_to_score()) {
        Life life(study, spec);
        life.to_its_end();
        const auto request = request_of(study, life);
        std::uint64_t last = 0;
        trainer::score(request, [&](std::uint64_t done, std::uint64_t all) {
            CHECK(all == 10);
            last = done;
        });
        CHECK(last == 10);
        const auto kept =
            core::h5::File::open(study.directory / life.ledger.result()->predictions.name);
        const auto scored = core::h5::File::open(study.directory / "scores.h5");
        CHECK(scored.read<float>("/test/scores") == kept.read<float>("/test/scores"));
        CHECK(scored.read_texts("/test/id") == kept.read_texts("/test/id"));
        CHECK(scored.read_texts("/test/group") == kept.read_texts("/test/group"));
        CHECK(scored.read<std::int32_t>("/test/label") == kept.read<std::int32_t>("/test/label"));
        CHECK(scored.shape("/validation/scores") == core::h5::Shape{0, 2});
        CHECK(scored.text_attribute("/", "made_of") == "this and that");
        best_of_warmup = best_of_warmup || request.checkpoints[0].phase == sweep::Phase::warmup;
    }
    CHECK(best_of_warmup);
}

TEST_CASE("labels come in the order of the networks' classes, matched by name") {
    const tests::Study study({40, 3, 32, 32});
    Life life(study, tests::small_member().spec);
    life.to_its_end();
    auto request = request_of(study, life);
    request.images = sweep::ScoreRequest::Images::all;
    trainer::score(request, no_progress);
    const auto as_trained = core::h5::File::open(study.directory / "scores.h5");
    const auto labels = as_trained.read<std::int32_t>("/test/label");
    const auto scores = as_trained.read<float>("/test/scores");
    CHECK(labels.size() == 40);

    // Without the first class, the others the other way round: its images are called class 2.
    reorder_classes(study, study.directory / "other.h5", {"class 2", "class 1"}, {0, 1, 0});
    request.prepared = (study.directory / "other.h5").string();
    trainer::score(request, no_progress);
    const auto other = core::h5::File::open(study.directory / "scores.h5");
    CHECK(other.read_texts("/classes") == request.classes);
    CHECK(other.read<float>("/test/scores") == scores);
    const auto mapped = other.read<std::int32_t>("/test/label");
    for (std::size_t i = 0; i < labels.size(); ++i) {
        CHECK(mapped[i] == (labels[i] == 1 ? 1 : 2));
    }

    reorder_classes(study, study.directory / "foreign.h5", {"class 2", "a cat"}, {0, 1, 0});
    request.prepared = (study.directory / "foreign.h5").string();
    CHECK_THROWS_WITH(trainer::score(request, no_progress), ContainsSubstring("class 'a cat'"));
}

TEST_CASE("weights with other content than the recorded one are not scored") {
    const tests::Study study;
    Life life(study, tests::small_member().spec);
    life.to_its_end();
    auto request = request_of(study, life);
    request.checkpoints[0].hash = "0123456789abcdef0123456789abcdef";
    CHECK_THROWS_WITH(trainer::score(request, no_progress), ContainsSubstring("recorded was"));
    CHECK_FALSE(std::filesystem::exists(study.directory / "scores.h5"));
}
