// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/feed.hpp"

#include <stdexcept>
#include <utility>

#ifdef GRAFT_CUDA
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <vector_types.h>

#include "trainer/cuda/augment_kernels.hpp"
#include "trainer/cuda/program.hpp"
#include "trainer/image_draws.hpp"
#endif

namespace graft::trainer::cuda {

#ifdef GRAFT_CUDA

namespace {

using sweep::Augmentation;

// What a kernel knows of one image; the layout of augment_kernels.cpp.
struct Sample {
    std::int64_t row = 0, label = 0;
    std::uint64_t noise = 0, dropout = 0;
    std::array<float, 9> matrix{};
    std::array<float, 3> shift{};
    float flip_horizontal = 0, flip_vertical = 0;
    std::array<float, 2> unused{};
};
constexpr std::int64_t kWords = 12;
static_assert(sizeof(Sample) == kWords * sizeof(std::int64_t));

const Program& program(at::ScalarType type) {
    static std::map<at::ScalarType, std::unique_ptr<Program>> programs;
    auto& known = programs[type];
    if (!known) {
        const char* out = type == at::kHalf       ? "-DOUT_F16"
                          : type == at::kBFloat16 ? "-DOUT_BF16"
                                                  : "-DOUT_F32";
        known = std::make_unique<Program>(kAugmentKernels, std::vector<std::string>{out});
    }
    return *known;
}

void draw_augmentation(Sample& sample, const sweep::Training& training, const ImageDraws& draws,
                       const std::array<double, 3>& mean) {
    ColourMap colours;
    for (const Augmentation operation : training.augment) {
        switch (operation) {
            case Augmentation::flip_horizontal:
                sample.flip_horizontal = draws.coin(operation) ? 1.F : 0.F;
                break;
            case Augmentation::flip_vertical:
                sample.flip_vertical = draws.coin(operation) ? 1.F : 0.F;
                break;
            case Augmentation::noise:
                sample.noise = draws.key("augment/noise");
                break;
            default:
                add_colour(colours, operation, training, draws, [&] { return mean; });
        }
    }
    std::copy(colours.matrix.begin(), colours.matrix.end(), sample.matrix.begin());
    std::copy(colours.shift.begin(), colours.shift.end(), sample.shift.begin());
}

bool has(const sweep::Training& training, Augmentation operation) {
    return std::count(training.augment.begin(), training.augment.end(), operation) > 0;
}

// (x - offset) * factor of Recipe::scaled, read off its values at 0 and 1: of the channels that it
// gives, which may be in reversed order.
struct Scaling {
    float3 offset{}, factor{};
    int reversed = 0;
    explicit Scaling(const Recipe& recipe)
        : reversed(recipe.training.input_range == sweep::InputRange::keras &&
                   recipe.network->scaling == models::Scaling::bgr_less_mean) {
        const at::Tensor ends = at::empty({2, 3, 1, 1}, at::kFloat);
        ends.select(0, 0).fill_(0);
        ends.select(0, 1).fill_(1);
        const auto values = host_floats(recipe.scaled(ends));
        const auto of = [&](std::size_t c, float& its_offset, float& its_factor) {
            its_factor = values[3 + c] - values[c];
            its_offset = -values[c] / its_factor;
        };
        of(0, offset.x, factor.x);
        of(1, offset.y, factor.y);
        of(2, offset.z, factor.z);
    }
};

}  // namespace

bool Feed::can(const sweep::Training& training) {
    const auto& operations = training.augment;
    const auto noise = std::find(operations.begin(), operations.end(), Augmentation::noise);
    return noise == operations.end() || noise + 1 == operations.end();
}

std::optional<Feed::Source> Feed::source_of(const Dataset& data, const sweep::Training& training) {
    if (!data.pixels().defined() || !data.pixels().is_cuda() || !can(training)) {
        return std::nullopt;
    }
    Source source{data.pixels(), data.prepared().labels, {}, data.prepared().size};
    if (has(training, Augmentation::contrast)) {
        source.means = data.channel_means();
    }
    return source;
}

Feed::Feed(Source source, const Recipe& recipe) : source_(std::move(source)), recipe_(&recipe) {}

void Feed::begin_epoch(std::span<const std::uint32_t> order, std::uint64_t epoch) {
    order_ = order;
    epoch_ = epoch;
}

void Feed::load(std::size_t first, std::size_t count) {
    std::vector<Sample> samples(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t image = order_[first + i];
        const ImageDraws draws(recipe_->seed, epoch_, order_[first + i]);
        std::array<double, 3> mean{};
        if (!source_.means.empty()) {
            const auto own = source_.means.subspan(3 * image, 3);
            std::copy(own.begin(), own.end(), mean.begin());
        }
        samples[i].row = static_cast<std::int64_t>(image);
        samples[i].label = source_.labels[image];
        samples[i].dropout = draws.key("dropout");
        draw_augmentation(samples[i], recipe_->training, draws, mean);
    }
    const auto rows = static_cast<std::int64_t>(count);
    const at::Tensor drawn = at::from_blob(samples.data(), {rows, kWords}, at::kLong);
    auto& batch = batch_[count];
    if (!batch.defined()) {
        batch = at::empty({rows, kWords}, drawn.options().device(source_.pixels.device()));
    }
    if (count > 0) {
        // Pinned: the host goes on, and the device gets it in its turn.
        batch.copy_(drawn.pin_memory(), /*non_blocking=*/true);
    }
    count_ = count;
}

at::Tensor Feed::images() const {
    const at::Tensor& batch = batch_.at(count_);
    const int stored = static_cast<int>(source_.pixels.size(1));
    const int size = source_.size;
    const auto type = recipe_->compute;
    const at::Tensor result = at::empty({static_cast<std::int64_t>(count_), 3, size, size},
                                        at::TensorOptions(type)
                                            .device(source_.pixels.device())
                                            .memory_format(at::MemoryFormat::ChannelsLast));
    const Scaling scaling(*recipe_);
    const bool noisy = has(recipe_->training, Augmentation::noise);
    const float noise = noisy ? static_cast<float>(recipe_->training.noise_std) : 0;
    const void* pixels = source_.pixels.const_data_ptr();
    const void* samples = batch.const_data_ptr();
    const void* out = result.mutable_data_ptr();
    const auto blocks = static_cast<unsigned>((size * size + 255) / 256);
    program(type).launch("augment", {blocks, static_cast<unsigned>(count_), 1}, {256, 1, 1},
                         {&pixels, &samples, &out, &stored, &size, &noise, &scaling.offset,
                          &scaling.factor, &scaling.reversed});
    return result;
}

at::Tensor Feed::labels() const {
    return batch_.at(count_).select(1, 1).contiguous();
}

at::Tensor Feed::dropout(std::int64_t units, double rate) const {
    if (rate <= 0) {
        return {};
    }
    const at::Tensor mask =
        at::empty({static_cast<std::int64_t>(count_), units},
                  at::TensorOptions(at::kFloat).device(source_.pixels.device()));
    const void* samples = batch_.at(count_).const_data_ptr();
    const void* out = mask.mutable_data_ptr();
    const auto columns = static_cast<int>(units);
    const auto least = static_cast<float>(rate);
    const auto keep = static_cast<float>(1 / (1 - rate));
    const auto blocks = static_cast<unsigned>((columns + 127) / 128);
    program(recipe_->compute)
        .launch("dropout", {blocks, static_cast<unsigned>(count_), 1}, {128, 1, 1},
                {&samples, &out, &columns, &least, &keep});
    return mask;
}

#else

bool Feed::can(const sweep::Training&) {
    return false;
}

std::optional<Feed::Source> Feed::source_of(const Dataset&, const sweep::Training&) {
    return std::nullopt;
}

namespace {

[[noreturn]] void no_cuda() {
    throw std::logic_error("this build has no CUDA");
}

}  // namespace

Feed::Feed(Source source, const Recipe& recipe) : source_(std::move(source)), recipe_(&recipe) {
    no_cuda();
}
void Feed::begin_epoch(std::span<const std::uint32_t>, std::uint64_t) {
    no_cuda();
}
void Feed::load(std::size_t, std::size_t) {
    no_cuda();
}
at::Tensor Feed::images() const {
    no_cuda();
}
at::Tensor Feed::labels() const {
    no_cuda();
}
at::Tensor Feed::dropout(std::int64_t, double) const {
    no_cuda();
}

#endif

}  // namespace graft::trainer::cuda
