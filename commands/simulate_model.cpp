// SPDX-License-Identifier: Apache-2.0
#include "commands/simulate_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>
#include <set>

#include "core/error.hpp"
#include "core/text.hpp"

#include "models/network.hpp"
#include "sweep/cohort.hpp"
#include "sweep/moments.hpp"
#include "sweep/network_name.hpp"

#include "scheduler/cost_model.hpp"

namespace graft::commands {

namespace {

using core::Seconds;

// ResNet50 at batch 128, 224 px, images/s of training on one device.
struct Published {
    std::string name, device;
    double device_bytes = 0;
    std::map<sweep::Precision, double> images_per_second;
    std::string source;
};
const std::vector<Published>& published() {
    static const std::vector<Published> devices{
        {"v100",
         "NVIDIA V100",
         16e9,
         // NVIDIA's own figures for it (DeepLearningExamples): 379 and 1,323.
         {{sweep::Precision::float32, 374}, {sweep::Precision::float16, 1154}},
         "published throughput of PyTorch's ResNet50 at batch 128: 374 images/s in float32, 1154 "
         "with AMP and channels_last"}};
    return devices;
}
constexpr const char* kReference = "resnet50_v2";
constexpr int kReferenceSize = 224, kClasses = 1000;
// trainer/evaluation.hpp: batches of training images behind a re-estimated batch norm.
constexpr double kReestimateBatches = 50;

// Steps that go with the multiply-adds: forward is one part, backward two.
sweep::StepTimes by_multiply_adds(double seconds_per_multiply_add, const sweep::TrialSpec& spec,
                                  const sweep::Work& work) {
    const double forward =
        seconds_per_multiply_add * work.multiply_adds * spec->training.batch_size;
    return {3 * forward, forward, forward, ""};
}

scheduler::TrialClass class_of(const sweep::TrialSpec& spec, const sweep::Work& work) {
    return {{spec->dataset, spec->dataset_fingerprint, work.image_size},
            spec->network,
            spec.freeze,
            std::max(1, spec->training.gpus_per_trial)};
}

double frozen_share(const sweep::Work& work) {
    return work.multiply_adds > 0
               ? std::clamp(work.frozen_multiply_adds / work.multiply_adds, 0.0, 1.0)
               : 0;
}

double batches(std::int64_t images, std::int32_t size) {
    return std::ceil(static_cast<double>(images) / size);
}

// Parts of a pass that a cohort makes for one batch: the bottom once, each member's top.
struct Passes {
    double bottom = 0, tops = 0;
};
Passes passes_of(const std::vector<TrialView>& members) {
    Passes passes;
    for (const auto& member : members) {
        passes.bottom = std::max(passes.bottom, frozen_share(*member.work));
        passes.tops += 1 - frozen_share(*member.work);
    }
    return passes;
}

double evaluation(const sweep::TrialSpec& spec, const sweep::StepTimes& times, double once,
                  std::size_t members) {
    const double anew = once + kReestimateBatches * times.validation * static_cast<double>(members);
    const auto how = spec->training.evaluate_bn;
    return how == sweep::EvaluateBn::moving        ? once
           : how == sweep::EvaluateBn::reestimated ? anew
                                                   : once + anew;
}

double saved_bytes(const TrialView& trial) {
    const double moments = sweep::moments_of((*trial.spec)->training);
    return 2.0 * static_cast<double>(trial.work->weight_bytes) +  // now, and the best so far
           moments * sizeof(float) * static_cast<double>(trial.work->trainable_parameters);
}

scheduler::Epochs epochs_of(const sweep::TrialSpec& spec, const sweep::Work& work) {
    sweep::Trial trial;
    trial.spec = spec;
    trial.work = work;
    return scheduler::epochs_of(trial);
}

sweep::StepTimes times_of(const StepSource& steps, const sweep::PlannedTrial& trial) {
    const auto times = steps.of(trial.spec, trial.work);
    if (!times) {
        core::fail_input(
            "network '{}' was not timed on '{}' at {} px, batches of {}, {} (nothing is known of "
            "what it takes there). Time it: graft check FILE --on-nodes, or --here; or take "
            "published figures: --device v100",
            sweep::network_label(trial.spec->network), core::printable(steps.device),
            trial.work.image_size, trial.spec->training.batch_size,
            core::name_of(trial.spec->training.precision));
    }
    return *times;
}

std::set<std::string> known_devices(const std::vector<StepRow>& rows, const sweep::Record& record) {
    std::set<std::string> devices;
    for (const auto& row : rows) {
        devices.insert(row.device);
    }
    for (const auto& trial : record.trials()) {
        if (sweep::result_of(trial.state) && !trial.attempts.empty()) {
            devices.insert(trial.attempts.back().device);
        }
    }
    return devices;
}

std::string chosen_device(const std::set<std::string>& known, const std::string& wanted) {
    if (wanted.empty() && known.size() == 1) {
        return *known.begin();
    }
    if (known.contains(wanted)) {
        return wanted;
    }
    const auto published = core::join(published_devices());
    if (known.empty()) {
        core::fail_input(
            "{} (no step was timed, and no trial has finished). Take published figures (--device "
            "{}), or time the networks: graft check FILE --on-nodes, or --here",
            wanted.empty() ? std::string("how long a batch takes is not known")
                           : fmt::format("nothing is known of device '{}'", wanted),
            published);
    }
    std::vector<std::string> shown;
    for (const auto& device : known) {
        shown.push_back(fmt::format("'{}'", core::printable(device)));
    }
    core::fail_input(
        "{} (figures are there of {}). Name one: --device NAME; or take published "
        "ones: --device {}",
        wanted.empty() ? std::string("several kinds of device were timed")
                       : fmt::format("nothing is known of device '{}'", wanted),
        core::join(shown), published);
}

}  // namespace

std::vector<std::string> published_devices() {
    std::vector<std::string> names;
    for (const auto& one : published()) {
        names.push_back(one.name);
    }
    return names;
}

std::optional<StepSource> published_steps(const std::string& device) {
    const auto found = std::find_if(published().begin(), published().end(),
                                    [&](const Published& one) { return one.name == device; });
    if (found == published().end()) {
        return std::nullopt;
    }
    const auto costs =
        models::multiply_adds(models::build_network(kReference, kClasses), kReferenceSize);
    const auto image =
        static_cast<double>(std::accumulate(costs.begin(), costs.end(), std::int64_t{0}));
    return StepSource{
        found->device,
        fmt::format("{}; other networks by their multiply-adds: an estimate", found->source), true,
        found->device_bytes,
        [&one = *found, image](const sweep::TrialSpec& spec,
                               const sweep::Work& work) -> std::optional<sweep::StepTimes> {
            const auto rate = one.images_per_second.find(spec->training.precision);
            if (rate == one.images_per_second.end()) {
                core::fail_input(
                    "no throughput is published here for {} in {} (known: float32, float16). Say "
                    "--precision float32 or float16",
                    one.device, core::name_of(spec->training.precision));
            }
            return by_multiply_adds(1 / (rate->second * 3 * image), spec, work);
        }};
}

StepSource measured_steps(const std::vector<StepRow>& rows, const sweep::Record& record,
                          const std::string& wanted) {
    const auto device = chosen_device(known_devices(rows, record), wanted);
    auto model = std::make_shared<scheduler::CostModel>();
    model->learn(record);
    return {device, "finished trials of this sweep, and timed steps of networks that have none",
            false, std::nullopt,
            [rows, model, device](const sweep::TrialSpec& spec,
                                  const sweep::Work& work) -> std::optional<sweep::StepTimes> {
                const auto learned = model->estimate(class_of(spec, work), device);
                if (learned && learned->from <= scheduler::LearnedFrom::its_network) {
                    return by_multiply_adds(learned->seconds_per_multiply_add, spec, work);
                }
                const auto* row = row_of(rows, device, {spec, work});
                return row ? std::optional(row->times) : std::nullopt;
            }};
}

scheduler::CohortTime cohort_time(const sweep::StepTimes& times,
                                  const std::vector<TrialView>& members, const SlotCosts& costs,
                                  const scheduler::SlotBefore& before) {
    const auto& spec = *members.front().spec;
    const auto& work = *members.front().work;
    const double size = spec->training.batch_size;
    const double train = batches(work.train_images, spec->training.batch_size);
    const double validation = static_cast<double>(work.evaluated_images) / size * times.validation;
    const double backward = std::max(0.0, times.all - times.head);
    const auto passes = passes_of(members);
    const double evaluated =
        evaluation(spec, times, validation * (passes.bottom + passes.tops), members.size());
    scheduler::CohortTime time;
    time.warmup_epoch = Seconds(train * times.head + evaluation(spec, times, validation, 1));
    time.epoch = Seconds(
        train * (times.head * (passes.bottom + passes.tops) + backward * passes.tops) + evaluated);
    time.scoring = Seconds(evaluated);
    double bytes = 0;
    for (const auto& member : members) {
        bytes += saved_bytes(member);
    }
    time.save = costs.save + Seconds(bytes / costs.save_bytes_per_second);
    time.start = before.trainer_runs ? costs.next_start : costs.cold_start;
    if (!before.holds_data) {
        const double images = static_cast<double>(work.train_images + 2 * work.evaluated_images);
        const double side = work.image_size;
        time.start += Seconds(images * 3 * side * side / costs.load_bytes_per_second);
    }
    return time;
}

Seconds training_time(const scheduler::CohortTime& time, const sweep::TrialSpec& spec,
                      const sweep::Work& work) {
    const auto epochs = epochs_of(spec, work);
    return epochs.warmup * time.warmup_epoch + (epochs.all - epochs.warmup) * time.epoch +
           time.scoring;
}

Seconds attempt_time(const scheduler::CohortTime& time, const sweep::TrialSpec& spec,
                     const sweep::Work& work) {
    const auto epochs = epochs_of(spec, work);
    Seconds all = time.start;
    double done = 0;
    for (bool last = false; !last;) {
        const auto stretch = scheduler::next_stretch(time, epochs, done);
        all += stretch.training + stretch.save;
        done = stretch.to;
        last = stretch.last;
    }
    return all;
}

Bound lower_bound(const std::vector<sweep::PlannedTrial>& trials, const StepSource& steps,
                  std::size_t slots, Sharing sharing) {
    Bound bound;
    Seconds all{0};
    std::map<std::string, std::vector<TrialView>> cohorts;
    for (const auto& trial : trials) {
        const TrialView view{&trial.spec, &trial.work};
        const auto alone = training_time(cohort_time(times_of(steps, trial), {view}, {}, {}),
                                         trial.spec, trial.work);
        bound.longest = std::max(bound.longest, alone);
        if (sharing == Sharing::cohorts) {
            cohorts[sweep::cohort_key(trial.spec)].push_back(view);
        } else {
            all += alone;
        }
    }
    for (const auto& [key, members] : cohorts) {
        const auto& first = members.front();
        all +=
            training_time(cohort_time(times_of(steps, {*first.spec, *first.work}), members, {}, {}),
                          *first.spec, *first.work);
    }
    bound.work = all / static_cast<double>(slots);
    return bound;
}

Seconds in_order(const std::vector<sweep::PlannedTrial>& trials, const StepSource& steps,
                 const SlotCosts& costs, std::size_t slots) {
    std::priority_queue<Seconds, std::vector<Seconds>, std::greater<>> free_at;
    for (std::size_t i = 0; i < slots; ++i) {
        free_at.push(costs.cold_start - costs.next_start);
    }
    Seconds end{0};
    for (const auto& trial : trials) {
        const auto time =
            cohort_time(times_of(steps, trial), {{&trial.spec, &trial.work}}, costs, {true, true});
        const Seconds done = free_at.top() + attempt_time(time, trial.spec, trial.work);
        free_at.pop();
        free_at.push(done);
        end = std::max(end, done);
    }
    return end;
}

}  // namespace graft::commands
