// SPDX-License-Identifier: Apache-2.0
#include "commands/memory_estimate.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/text.hpp"

#include "data/prepared.hpp"
#include "models/network.hpp"
#include "sweep/moments.hpp"
#include "sweep/network_name.hpp"

#include "commands/plan_cohorts.hpp"
#include "commands/settle.hpp"
#include "scheduler/cohort_work.hpp"

namespace graft::commands {

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
// A trainer's libraries and their own memory, without any network.
constexpr std::uint64_t kTrainer = 350 * kMiB;
// CUDA's context with LibTorch's and cuDNN's kernels, in the host's memory.
constexpr std::uint64_t kCuda = 3072 * kMiB;
// Coordinator, supervisor and publisher, with the record of a million trials.
constexpr std::uint64_t kRank = 1024 * kMiB;
// What graft-prepare shares between its workers, and a worker with a large photograph.
constexpr std::uint64_t kPreparing = 512 * kMiB, kDecoder = 128 * kMiB;
// Ids, groups, labels and order of one image.
constexpr std::uint64_t kBytesPerListedImage = 512;
// What allocators hold beyond what is asked for.
constexpr double kMargin = 1.25;

std::uint64_t floats(std::uint64_t count) {
    return count * sizeof(float);
}

// While it trains, the weights are there whole, merged, as gradients, moments, a gradient in
// another order and the best so far; while it saves, the parts of the state more (weights and
// moments), each in a vector that doubles, and one of them once more for its file.
std::uint64_t weights_to_train(int moments) {
    return 5 + static_cast<std::uint64_t>(moments);
}
std::uint64_t weights_to_save(int moments) {
    return weights_to_train(moments) + 2 * (1 + static_cast<std::uint64_t>(moments)) + 1;
}

std::uint64_t values_of(const models::Shape& shape) {
    return static_cast<std::uint64_t>(shape.height) * static_cast<std::uint64_t>(shape.width) *
           static_cast<std::uint64_t>(shape.channels);
}

// Of one image: kept for the backward pass above the cut; below it a few at a time.
std::uint64_t activation_values(const models::Network& network, std::int32_t size, int cut) {
    constexpr std::uint64_t alive_below = 4;
    const auto shapes = models::output_shapes(network, size);
    std::uint64_t above = 0, largest = 0;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const auto values = values_of(shapes[i]);
        largest = std::max(largest, values);
        above += static_cast<int>(i) >= cut ? values : 0;
    }
    return above + alive_below * largest;
}

// Scores of validation and test, features of the test images, each in a vector that doubles.
std::uint64_t prediction_bytes(const data::Manifest& manifest, const sweep::Fold& fold,
                               const models::Network& network) {
    const auto parts = expected_parts(manifest, fold);
    const auto classes = static_cast<std::uint64_t>(manifest.classes.size());
    const auto scored = static_cast<std::uint64_t>(parts.validation + parts.test);
    const auto shapes = models::output_shapes(network, network.default_size);
    const auto features = values_of(shapes.at(static_cast<std::size_t>(network.base_layers)));
    return 2 *
           (floats(scored * classes) + floats(static_cast<std::uint64_t>(parts.test) * features));
}

// `pixels`: bytes of the dataset as prepared.
std::uint64_t trainer_bytes(const Study& study, const sweep::PlannedTrial& trial,
                            std::uint64_t pixels, TrainsOn trains_on, std::uint64_t cohort_bytes) {
    const auto& work = trial.work;
    const auto& manifest = study.manifests.at(trial.spec->dataset);
    const auto network = network_of(study.file, trial.spec, manifest.classes.size());
    const auto side = static_cast<std::uint64_t>(work.image_size);
    const auto batch = static_cast<std::uint64_t>(trial.spec->training.batch_size);
    std::uint64_t bytes = pixels + manifest.samples.size() * kBytesPerListedImage;
    bytes += prediction_bytes(manifest, trial.spec->fold, network);
    bytes += cohort_bytes;
    const auto weights = floats(static_cast<std::uint64_t>(work.parameters));
    std::uint64_t batch_bytes = 2 * batch * 3 * side * side * sizeof(float);
    if (trains_on == TrainsOn::gpus) {
        bytes += kCuda;
    } else {
        batch_bytes +=
            floats(batch * activation_values(network, work.image_size, work.frozen_layers));
    }
    const int moments = sweep::moments_of(trial.spec->training);
    bytes += std::max(weights_to_train(moments) * weights + batch_bytes,
                      weights_to_save(moments) * weights);
    return kTrainer + static_cast<std::uint64_t>(kMargin * static_cast<double>(bytes));
}

// Of members beyond the first, in the largest cohort of a network on a dataset at a size.
struct Further {
    std::uint64_t on_host = 0, on_device = 0;
};
using FurtherOf = std::map<std::tuple<std::string, std::string, std::int32_t>, Further>;

bool same_kind(const sweep::PlannedTrial& a, const sweep::PlannedTrial& b) {
    return a.spec->network == b.spec->network && a.spec->dataset == b.spec->dataset &&
           a.work.image_size == b.work.image_size && a.work.frozen_layers == b.work.frozen_layers &&
           a.spec->training.batch_size == b.spec->training.batch_size &&
           a.spec->training.head_units == b.spec->training.head_units &&
           sweep::moments_of(a.spec->training) == sweep::moments_of(b.spec->training);
}

FurtherOf further_members(const Study& study, const std::vector<PlannedCohort>& cohorts) {
    FurtherOf all;
    for (const auto& cohort : cohorts) {
        if (cohort.members.size() == 1) {
            continue;
        }
        const auto& first = study.trials[cohort.members.front()];
        double on_host = 0, on_device = 0;
        for (std::size_t i = 1; i < cohort.members.size(); ++i) {
            const auto& member = study.trials[cohort.members[i]];
            on_host += scheduler::bytes_on_host(member.work);
            on_device += scheduler::bytes_on_device(member.spec, member.work);
        }
        auto& further = all[{first.spec->network, first.spec->dataset, first.work.image_size}];
        further.on_host = std::max(further.on_host, static_cast<std::uint64_t>(on_host));
        further.on_device = std::max(further.on_device, static_cast<std::uint64_t>(on_device));
    }
    return all;
}

}  // namespace

std::int64_t trainers_per_node(const sweep::RunSettings& run, std::int64_t gpus,
                               std::int64_t cpus) {
    if (run.slots) {
        return *run.slots;
    }
    if (gpus > 0) {
        return gpus;
    }
    return std::max<std::int64_t>(1, cpus / run.threads.value_or(default_threads(cpus, gpus)));
}

std::map<NeededData, std::uint64_t> prepared_sizes(const Study& study) {
    std::map<NeededData, std::uint64_t> sizes;
    for (const auto& needed : needed_data(study.trials)) {
        const auto path =
            std::filesystem::path(study.file.run.prepared) /
            data::prepared_name(needed.dataset, study.manifests.at(needed.dataset).fingerprint,
                                needed.size);
        std::error_code absent;
        const auto bytes = std::filesystem::file_size(path, absent);
        if (!absent) {
            sizes[needed] = bytes;
        }
    }
    return sizes;
}

MemoryNeed memory_needed(const Study& study, const NodeLoad& load,
                         const std::map<NeededData, std::uint64_t>& prepared) {
    const auto mode = study.file.run.cohorts ? scheduler::Cohorts::formed : scheduler::Cohorts::off;
    return memory_needed(study, load, prepared, planned_cohorts(study.trials, mode));
}

MemoryNeed memory_needed(const Study& study, const NodeLoad& load,
                         const std::map<NeededData, std::uint64_t>& prepared,
                         const std::vector<PlannedCohort>& cohorts) {
    MemoryNeed need;
    auto further = further_members(study, cohorts);
    // Trials differ in seeds and rates mostly: one of each kind is looked at (same_kind()).
    std::map<std::tuple<std::string, std::string, std::int32_t, std::int32_t, std::int64_t,
                        std::int64_t, int>,
             const sweep::PlannedTrial*>
        kinds;
    const sweep::PlannedTrial* before = nullptr;
    for (const auto& trial : study.trials) {
        if (before && same_kind(*before, trial)) {
            continue;
        }
        before = &trial;
        kinds[{trial.spec->network, trial.spec->dataset, trial.work.image_size,
               trial.work.frozen_layers, trial.spec->training.batch_size,
               trial.spec->training.head_units, sweep::moments_of(trial.spec->training)}] = &trial;
    }
    for (const auto& [kind, trial] : kinds) {
        const auto& manifest = study.manifests.at(trial->spec->dataset);
        const auto side = static_cast<std::uint64_t>(trial->work.image_size);
        const auto known = prepared.find({trial->spec->dataset, trial->work.image_size});
        const auto pixels =
            known != prepared.end() ? known->second : manifest.samples.size() * 3 * side * side;
        const auto& more =
            further[{trial->spec->network, trial->spec->dataset, trial->work.image_size}];
        const bool on_gpu = load.trains_on == TrainsOn::gpus;
        const auto bytes = trainer_bytes(study, *trial, pixels, load.trains_on,
                                         more.on_host + (on_gpu ? 0 : more.on_device));
        need.cohort_on_device =
            std::max(need.cohort_on_device, on_gpu ? more.on_device : std::uint64_t{0});
        if (bytes > need.per_trainer) {
            need.per_trainer = bytes;
            need.largest = fmt::format("{} on {}", sweep::network_label(trial->spec->network),
                                       trial->spec->dataset);
        }
    }
    need.bytes = kRank + kPreparing + static_cast<std::uint64_t>(load.cpus) * kDecoder +
                 static_cast<std::uint64_t>(load.trainers) * need.per_trainer;
    return need;
}

}  // namespace graft::commands
