// SPDX-License-Identifier: Apache-2.0
#include "trainer/time_steps.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include <ATen/ops/softmax.h>
#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/file.hpp"

#include "models/weights.hpp"

#include "trainer/augment_host.hpp"
#include "trainer/cuda/feed.hpp"
#include "trainer/cuda/graph.hpp"
#include "trainer/dataset.hpp"
#include "trainer/device.hpp"
#include "trainer/keyed.hpp"
#include "trainer/precision.hpp"
#include "trainer/step.hpp"

namespace graft::trainer {

namespace {

constexpr core::Seconds kEnough{2};
constexpr std::size_t kMostRepeats = 20, kFewRepeats = 3;
constexpr core::Seconds kSlow{5};  // one batch: then one repeat will do

core::Seconds once(c10::Device device, const std::function<void()>& work) {
    const auto began = core::now();
    work();
    synchronize(device);
    return core::now() - began;
}

// The median of some repeats. The first time kernels are chosen and memory is taken.
double seconds_of(c10::Device device, const std::function<void()>& work) {
    const auto first = once(device, work);
    std::vector<double> seconds;
    core::Seconds spent{0};
    const std::size_t few = first > kSlow ? 1 : kFewRepeats;
    while (seconds.size() < few || (spent < kEnough && seconds.size() < kMostRepeats)) {
        const auto one = once(device, work);
        spent += one;
        seconds.push_back(one.count());
    }
    const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
    std::nth_element(seconds.begin(), middle, seconds.end());
    return *middle;
}

// Pixels and labels of one batch, as a dataset holds them.
struct Batch {
    std::vector<std::uint32_t> samples;
    at::Tensor pixels;  // uint8 [N, H, W, 3], on the device
    std::vector<std::int32_t> labels;
    std::vector<float> means;  // [N * 3]

    Batch(const sweep::StepRequest& request, c10::Device device)
        : samples(static_cast<std::size_t>(request.training.batch_size)),
          means(3 * samples.size(), 0.5F) {
        std::iota(samples.begin(), samples.end(), 0U);
        const std::int64_t side = request.image_size;
        const auto count = static_cast<std::int64_t>(samples.size());
        pixels = keyed_uniform({"timing", 1, 0, samples}, side * side * 3, device)
                     .mul_(256)
                     .to(at::kByte)
                     .view({count, side, side, 3});
        for (const float u : host_floats(keyed_uniform({"labels", 1, 0, samples}, 1, at::kCPU))) {
            labels.push_back(static_cast<std::int32_t>(u * static_cast<float>(request.classes)));
        }
    }
};

// One step on images and labels, with this dropout mask.
using TrainOn = std::function<void(const StepInput& input, const at::Tensor& mask)>;

double seconds_of_steps(const Batch& batch, const Recipe& recipe, const TrainOn& train) {
    const auto device = batch.pixels.device();
    const auto& training = recipe.training;
    const std::vector<float> labels(batch.labels.begin(), batch.labels.end());
    const at::Tensor truth =
        from_floats(labels, {static_cast<std::int64_t>(labels.size())}, device).to(at::kLong);
    std::uint64_t epoch = 0;
    return seconds_of(device, [&] {
        ++epoch;
        const auto images = device.is_cpu()
                                ? recipe.scaled(augment_stored(batch.pixels, training, recipe.seed,
                                                               epoch, batch.samples))
                                : training_images(recipe, pixels_as_images(batch.pixels, device),
                                                  epoch, batch.samples);
        const RowKeys keys{"dropout", recipe.seed, epoch, batch.samples};
        const auto mask = training.dropout > 0
                              ? dropout_mask(keys, training.head_units, training.dropout, device)
                              : at::Tensor();
        train({images, truth}, mask);
    });
}

// As a trial trains on a GPU: batches made there, the step recorded.
double seconds_of_recorded_steps(const Batch& batch, const Recipe& recipe, const TrainOn& train) {
    const auto device = batch.pixels.device();
    const auto& training = recipe.training;
    const auto side = static_cast<int>(batch.pixels.size(1));
    cuda::Feed feed({batch.pixels, batch.labels, batch.means, side}, recipe);
    feed.begin_epoch(batch.samples, 1);
    cuda::Recording recording(device);
    return seconds_of(device, [&] {
        feed.load(0, batch.samples.size());
        recording.run([&] {
            train({feed.images(), feed.labels()},
                  feed.dropout(training.head_units, training.dropout));
        });
    });
}

}  // namespace

sweep::StepTimes time_step(const sweep::StepRequest& request, c10::Device device) {
    const auto& training = request.training;
    set_precision(training.precision);
    const auto network = models::build_network(request.network, request.classes,
                                               training.head_units, request.definition);
    const Recipe recipe{&network, training, 1, compute_type(training.precision, device)};
    const auto weights = models::make_weights(network, models::Init::random, nullptr, 0, 1);
    Model model(network, weights, device);
    const Batch batch(request, device);
    const auto step_above = [&](int layer) {
        const Cut cut(layer, training.frozen_batch_norm);
        model.train_above(cut, training.bn_momentum, recipe.compute,
                          {{training.optimizer, training.update}, {}});
        model.optimizer().set_rate(training.learning_rate);
        const SharedBottom bottom({model.branch()});
        LossScaler scaler(recipe.compute, device);
        Tally tally(device);
        const TrainOn train = [&](const StepInput& input, const at::Tensor& mask) {
            const std::vector<Trainee> alone{{&model, &scaler, &tally, mask}};
            train_step(bottom, recipe.compute, alone, input);
        };
        return device.is_cuda() && cuda::Feed::can(training)
                   ? seconds_of_recorded_steps(batch, recipe, train)
                   : seconds_of_steps(batch, recipe, train);
    };
    sweep::StepTimes times;
    times.all = step_above(0);
    times.head = step_above(network.base_layers);
    const c10::AutoGradMode off(false);
    const Executor merged = model.executor().folded(0, static_cast<int>(network.layers.size()));
    Mode mode;
    mode.compute = recipe.compute;
    times.validation = seconds_of(device, [&] {
        const auto images = recipe.scaled(pixels_as_images(batch.pixels, device));
        host_floats(at::softmax(merged.logits(0, {{0, images}}, mode), 1));
    });
    return times;
}

void answer_time_steps(const std::filesystem::path& requests, const std::filesystem::path& answer) {
    const auto device = choose_device();
    cuda::use_own_stream(device);
    sweep::TimedSteps timed;
    timed.device = device_name(device);
    for (const auto& request :
         core::decode<std::vector<sweep::StepRequest>>(core::read_file(requests))) {
        sweep::StepTimes times;
        try {
            times = time_step(request, device);
        } catch (const c10::Error& error) {
            times.problem = error.what_without_backtrace();
        } catch (const core::Error& error) {
            times.problem = error.what();
        }
        timed.times.push_back(times);
    }
    core::write_file(answer, core::encode(timed));
}

}  // namespace graft::trainer
