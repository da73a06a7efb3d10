// SPDX-License-Identifier: Apache-2.0
#include "commands/memory_estimate.hpp"

#include "core/file.hpp"

#include "data/prepared.hpp"
#include "models/network.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using commands::TrainsOn;

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

data::Manifest pictures(std::size_t count) {
    data::Manifest manifest;
    manifest.fingerprint = "0123456789abcdef";
    manifest.classes = {"a", "b"};
    manifest.samples.resize(count);
    return manifest;
}

commands::Study study_of(const std::string& network, int size, int batch, double freeze,
                         std::size_t images) {
    commands::Study study;
    study.manifests["drawn"] = pictures(images);
    sweep::PlannedTrial trial;
    trial.spec.edit().network = network;
    trial.spec.edit().dataset = "drawn";
    trial.spec.freeze = freeze;
    trial.spec.edit().training.image_size = size;
    trial.spec.edit().training.batch_size = batch;
    trial.work = commands::work_of(study, trial.spec);
    study.trials = {trial};
    return study;
}

std::uint64_t mib(const commands::Study& study, TrainsOn trains_on) {
    return commands::memory_needed(study, {1, 1, trains_on}).per_trainer / kMiB;
}

}  // namespace

TEST_CASE("a trainer's memory is bounded from above, and not by much more than it took") {
    // Peaks of trainers on processors with 80 images (docs/space.md), in MiB.
    struct Measured {
        const char* network;
        int size, batch;
        double freeze;
        std::uint64_t peak;
    };
    for (const auto& [network, size, batch, freeze, peak] : {Measured{"small_cnn", 128, 32, 0, 594},
                                                             {"mobilenet_0.25", 64, 32, 0, 202},
                                                             {"mobilenet_0.25", 128, 32, 0, 362},
                                                             {"mobilenet_0.25", 224, 32, 0, 742},
                                                             {"mobilenet", 224, 32, 0, 2351},
                                                             {"mobilenet", 224, 32, 50, 972},
                                                             {"resnet50_v2", 224, 16, 0, 1990},
                                                             {"resnet50_v2", 224, 32, 0, 3330},
                                                             {"resnet50_v2", 64, 32, 0, 1193},
                                                             {"densenet121", 224, 16, 0, 2879},
                                                             {"inception_v3", 299, 16, 0, 2305}}) {
        INFO(network << " at " << size << ", freeze " << freeze);
        const auto bound = mib(study_of(network, size, batch, freeze, 80), TrainsOn::processors);
        CHECK(bound > peak + peak / 8);
        CHECK(bound < 3 * peak);
    }
}

TEST_CASE("a trainer's memory is that of what its optimizer keeps, and a sweep's of the most") {
    auto adam = study_of("resnet50_v2", 64, 32, 0, 80);
    const auto with = [&](sweep::Optimizer optimizer, double momentum) {
        auto study = adam;
        study.trials[0].spec.edit().training.optimizer = optimizer;
        study.trials[0].spec.edit().training.update.momentum = momentum;
        return study;
    };
    const auto velocity = with(sweep::Optimizer::sgd, 0.9), plain = with(sweep::Optimizer::sgd, 0);
    for (const auto& [study, peak] : {std::pair(adam, 1193U), {velocity, 942U}, {plain, 720U}}) {
        const auto bound = mib(study, TrainsOn::processors);
        CHECK(bound > peak + peak / 8);
        CHECK(bound < 3 * peak);
    }
    const auto most = mib(adam, TrainsOn::processors);
    CHECK(mib(with(sweep::Optimizer::adamw, 0.9), TrainsOn::processors) == most);
    CHECK(mib(velocity, TrainsOn::processors) < most);
    CHECK(mib(plain, TrainsOn::processors) < mib(velocity, TrainsOn::processors));
    auto both = adam;
    both.trials.push_back(plain.trials[0]);
    both.file.run.cohorts = false;
    CHECK(mib(both, TrainsOn::processors) == most);
    std::swap(both.trials[0], both.trials[1]);
    CHECK(mib(both, TrainsOn::processors) == most);
}

TEST_CASE("a trainer on a GPU needs what CUDA takes, and its dataset, and no activations") {
    const auto few = mib(study_of("resnet50_v2", 224, 32, 0, 80), TrainsOn::gpus);
    const auto many = mib(study_of("resnet50_v2", 224, 32, 0, 10080), TrainsOn::gpus);
    CHECK(few > 3072);
    CHECK(few < mib(study_of("resnet50_v2", 224, 64, 0, 80), TrainsOn::processors));
    CHECK(many - few >= 10000ULL * 3 * 224 * 224 / kMiB);
}

TEST_CASE("a node's memory is that of its largest trainers, and of what starts them") {
    auto study = study_of("mobilenet_0.25", 64, 32, 0, 80);
    study.trials.push_back(study_of("resnet50_v2", 64, 32, 0, 80).trials[0]);
    const auto one = commands::memory_needed(study, {1, 8, TrainsOn::gpus});
    const auto four = commands::memory_needed(study, {4, 8, TrainsOn::gpus});
    CHECK(one.largest == "resnet50_v2 on drawn");
    CHECK(four.bytes - one.bytes == 3 * one.per_trainer);
    CHECK(one.bytes > one.per_trainer);
}

TEST_CASE("a dataset that is prepared already counts as large as it is") {
    const tests::TemporaryDirectory directory;
    auto study = study_of("mobilenet_0.25", 224, 32, 0, 10000);
    study.file.run.prepared = directory.path().string();
    CHECK(commands::prepared_sizes(study).empty());
    // Small pictures are stored small.
    core::write_file(directory / data::prepared_name("drawn", "0123456789abcdef", 224),
                     std::string(1000, 'x'));
    const auto sizes = commands::prepared_sizes(study);
    REQUIRE(sizes.size() == 1);
    CHECK(sizes.begin()->second == 1000);
    CHECK(commands::memory_needed(study, {}, sizes).per_trainer + 1000 * kMiB <
          commands::memory_needed(study, {}).per_trainer);
}

TEST_CASE("trainers of a node are as many as its ranks will start") {
    sweep::RunSettings run;
    CHECK(commands::trainers_per_node(run, 4, 40) == 4);
    CHECK(commands::trainers_per_node(run, 0, 40) == 10);  // four threads each
    CHECK(commands::trainers_per_node(run, 0, 4) == 4);    // one each
    run.threads = 20;
    CHECK(commands::trainers_per_node(run, 0, 40) == 2);
    run.slots = 7;
    CHECK(commands::trainers_per_node(run, 4, 40) == 7);
}

TEST_CASE("further members of a cohort add their tops and their best weights") {
    auto study = study_of("mobilenet", 64, 32, 50, 80);
    const auto one = mib(study, TrainsOn::processors);
    const auto on_gpu = commands::memory_needed(study, {1, 1, TrainsOn::gpus});
    CHECK(on_gpu.cohort_on_device == 0);
    auto deeper = study_of("mobilenet", 64, 32, 75, 80).trials[0];
    study.trials.push_back(deeper);
    const auto both = commands::memory_needed(study, {1, 1, TrainsOn::gpus});
    // Of the two the one with more frozen comes second.
    CHECK(both.cohort_on_device ==
          16 * static_cast<std::uint64_t>(deeper.work.trainable_parameters));
    CHECK(both.per_trainer > on_gpu.per_trainer);
    CHECK(mib(study, TrainsOn::processors) >
          one + (both.cohort_on_device + static_cast<std::uint64_t>(deeper.work.weight_bytes)) /
                    kMiB);
    study.file.run.cohorts = false;
    CHECK(mib(study, TrainsOn::processors) == one);
}
