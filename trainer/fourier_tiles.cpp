// SPDX-License-Identifier: Apache-2.0
#include "trainer/fourier_tiles.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/Parallel.h>

#include "trainer/fourier_loops.hpp"

namespace graft::trainer {

namespace {

// The spectra that are worked on at a time stay in the caches: so many bytes of tiles for each
// thread, and of a kernel (measured: 1.5 to 6 MB of tiles, 3 and 8 MB of a kernel are within noise;
// 24 MB of tiles are 1.5 times slower).
constexpr std::int64_t kTileBytes = 3 << 20;
constexpr std::int64_t kKernelBytes = 3 << 20;

// work(index) for all indices below count, on the threads of the process.
template <typename Work>
void for_each(std::int64_t count, const Work& work) {
    at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            work(i);
        }
    });
}

class WaveTables {
  public:
    explicit WaveTables(std::int64_t n) : n_(n) {
        for (std::int64_t i = 0; i <= n / 2; ++i) {
            for (std::int64_t j = 0; j <= n / 2; ++j) {
                const double turns = static_cast<double>(i * j % n) / static_cast<double>(n);
                add(std::cos(2 * std::numbers::pi * turns), std::sin(2 * std::numbers::pi * turns),
                    j > 0 && j < n / 2 ? 2 : 1);
            }
        }
    }
    Waves plain() const { return {n_, plain_cosines_.data(), plain_sines_.data()}; }
    // For the conjugate, divided by n^2: what the inverse transform leaves out.
    Waves conjugate() const { return {n_, conjugate_cosines_.data(), conjugate_sines_.data()}; }
    Waves doubled() const { return {n_, doubled_cosines_.data(), doubled_sines_.data()}; }

  private:
    void add(double cosine, double sine, double twice) {
        const auto length = static_cast<double>(n_);
        plain_cosines_.push_back(static_cast<float>(cosine));
        plain_sines_.push_back(static_cast<float>(sine));
        conjugate_cosines_.push_back(static_cast<float>(cosine / length));
        conjugate_sines_.push_back(static_cast<float>(-sine / length));
        doubled_cosines_.push_back(static_cast<float>(cosine * twice));
        doubled_sines_.push_back(static_cast<float>(sine * twice));
    }

    std::int64_t n_;
    std::vector<float> plain_cosines_, plain_sines_, conjugate_cosines_, conjugate_sines_;
    std::vector<float> doubled_cosines_, doubled_sines_;
};

// Of every frequency the complex numbers [rows, channels], as [rows, 2, channels].
class Spectra {
  public:
    Spectra(std::int64_t n, std::int64_t rows, std::int64_t channels)
        : channels_(channels),
          // Not a power of two: a transform writes to all frequencies, which would meet in few sets
          // of the caches.
          step_(rows * 2 * channels + kFourierLanes),
          numbers_(at::empty({spectrum_size(n) * step_}, at::kFloat)) {}

    float* frequency(std::int64_t f) const {
        return numbers_.mutable_data_ptr<float>() + f * step_;
    }
    Spectrum<float> at(std::int64_t row, std::int64_t channel) const {
        return {frequency(0) + row * row_step() + channel, step_, channels_};
    }
    Spectrum<const float> read(std::int64_t row, std::int64_t channel) const {
        const auto spectrum = at(row, channel);
        return {spectrum.data, spectrum.step, spectrum.imaginary};
    }
    std::int64_t row_step() const { return 2 * channels_; }
    std::int64_t imaginary() const { return channels_; }

  private:
    std::int64_t channels_, step_;
    at::Tensor numbers_;
};

// How the images are cut, and what is worked on at a time: tiles and outer channels.
struct Cut {
    std::int64_t tile, rows, columns, tiles, tiles_together, outer_together;
};

std::int64_t spectra_bytes(std::int64_t n, std::int64_t numbers) {
    return spectrum_size(n) * numbers * 2 * static_cast<std::int64_t>(sizeof(float));
}

// Either some tiles at a time and the whole kernel, whose spectra are kept; or, where these are
// more than those of all tiles, all tiles and a part of the kernel.
Cut cut_of(const Correlation& job) {
    const KernelShape& shape = job.shape;
    Cut cut{};
    cut.tile = job.n - shape.size + 1;
    cut.rows = (job.x.height + cut.tile - 1) / cut.tile;
    cut.columns = (job.x.width + cut.tile - 1) / cut.tile;
    cut.tiles = job.x.count * cut.rows * cut.columns;
    cut.tiles_together = cut.tiles;
    cut.outer_together = shape.outer;
    if (cut.tiles <= shape.outer) {
        constexpr auto kStep = 2 * kFourierLanes;  // what loops().multiply works on at a time
        const auto fitting = kKernelBytes / spectra_bytes(job.n, shape.inner * kStep);
        cut.outer_together = std::min(shape.outer, std::max<std::int64_t>(fitting, 1) * kStep);
    } else {
        const auto fitting =
            at::get_num_threads() * kTileBytes / spectra_bytes(job.n, shape.inner + shape.outer);
        cut.tiles_together = std::clamp<std::int64_t>(fitting, 1, cut.tiles);
    }
    return cut;
}

class Correlator {
  public:
    explicit Correlator(const Correlation& job)
        : job_(job),
          cut_(cut_of(job)),
          waves_(job.n),
          patches_(job.n, cut_.tiles_together, job.shape.inner),
          tiles_(job.n, cut_.tiles_together, cut_.outer_together),
          kernel_(job.n, job.shape.inner, cut_.outer_together),
          gradient_(job.n, job.gradient ? job.shape.inner : 0, cut_.outer_together) {}

    void run() {
        for (first_ = 0; first_ < cut_.tiles; first_ += cut_.tiles_together) {
            count_ = std::min(cut_.tiles_together, cut_.tiles - first_);
            transform_patches();
            for (outer_ = 0; outer_ < job_.shape.outer; outer_ += cut_.outer_together) {
                width_ = std::min(cut_.outer_together, job_.shape.outer - outer_);
                if (job_.y) {
                    make_results();
                }
                if (job_.gradient) {
                    add_gradient();
                }
            }
        }
    }

  private:
    // [extent, extent] pixels of lane block `channel` of [.., height, width, channels] images, from
    // `before` pixels ahead of the tile on.
    template <typename Float>
    Square<Float> square(Float* images, std::int64_t channels, std::int64_t tile,
                         std::int64_t channel, std::int64_t before, std::int64_t extent) const {
        const auto image = tile / (cut_.rows * cut_.columns);
        const auto row = tile / cut_.columns % cut_.rows * cut_.tile - before;
        const auto column = tile % cut_.columns * cut_.tile - before;
        const auto& [data, count, height, width, inner] = job_.x;
        const auto pixel = (image * height + row) * width + column;
        return {images + pixel * channels + channel,
                width * channels,
                channels,
                extent,
                std::max<std::int64_t>(0, -row),
                std::min(extent, height - row),
                std::max<std::int64_t>(0, -column),
                std::min(extent, width - column)};
    }

    // Of one inner channel: [size, size, outer].
    template <typename Float>
    Square<Float> kernel_square(Float* kernel, std::int64_t inner, std::int64_t channel) const {
        const auto size = job_.shape.size, outer = job_.shape.outer;
        Float* data = kernel + inner * size * size * outer + channel;
        if (job_.shape.order == KernelShape::Order::turned) {
            return {
                data + (size * size - 1) * outer, -size * outer, -outer, size, 0, size, 0, size};
        }
        return {data, size * outer, outer, size, 0, size, 0, size};
    }

    // work(row, first channel) for all blocks of lanes.
    template <typename Work>
    static void for_lanes(std::int64_t rows, std::int64_t channels, const Work& work) {
        const auto blocks = channels / kFourierLanes;
        for_each(rows * blocks,
                 [&](std::int64_t i) { work(i / blocks, i % blocks * kFourierLanes); });
    }

    void transform_patches() {
        for_lanes(count_, job_.shape.inner, [&](std::int64_t i, std::int64_t channel) {
            loops_.transform(
                square(job_.x.data, job_.shape.inner, first_ + i, channel, job_.before, job_.n),
                waves_.plain(), patches_.at(i, channel));
        });
    }

    void make_results() {
        if (first_ == 0) {  // with several blocks of tiles the kernel is one, and kept
            for_lanes(job_.shape.inner, width_, [&](std::int64_t i, std::int64_t channel) {
                loops_.transform(kernel_square(job_.kernel, i, outer_ + channel),
                                 waves_.conjugate(), kernel_.at(i, channel));
            });
        }
        for_each(spectrum_size(job_.n), [&](std::int64_t f) {
            loops_.multiply({patches_.frequency(f), patches_.row_step(), 1, patches_.imaginary(),
                             kernel_.frequency(f), kernel_.row_step(), kernel_.imaginary(),
                             tiles_.frequency(f), tiles_.row_step(), tiles_.imaginary(), count_,
                             job_.shape.inner, width_, ComplexProduct::Into::fresh});
        });
        for_lanes(count_, width_, [&](std::int64_t i, std::int64_t channel) {
            const auto place = outer_ + channel;
            loops_.inverse(tiles_.read(i, channel), waves_.plain(), waves_.doubled(),
                           job_.bias ? job_.bias + place : nullptr,
                           square(job_.y, job_.shape.outer, first_ + i, place, 0, cut_.tile));
        });
    }

    void add_gradient() {
        for_lanes(count_, width_, [&](std::int64_t i, std::int64_t channel) {
            loops_.transform(
                square(job_.other, job_.shape.outer, first_ + i, outer_ + channel, 0, cut_.tile),
                waves_.conjugate(), tiles_.at(i, channel));
        });
        const auto into = first_ == 0 ? ComplexProduct::Into::fresh : ComplexProduct::Into::sum;
        for_each(spectrum_size(job_.n), [&](std::int64_t f) {
            loops_.multiply({patches_.frequency(f), 1, patches_.row_step(), patches_.imaginary(),
                             tiles_.frequency(f), tiles_.row_step(), tiles_.imaginary(),
                             gradient_.frequency(f), gradient_.row_step(), gradient_.imaginary(),
                             job_.shape.inner, count_, width_, into});
        });
        if (first_ + count_ < cut_.tiles) {
            return;
        }
        for_lanes(job_.shape.inner, width_, [&](std::int64_t i, std::int64_t channel) {
            loops_.inverse(gradient_.read(i, channel), waves_.plain(), waves_.doubled(), nullptr,
                           kernel_square(job_.gradient, i, outer_ + channel));
        });
    }

    const Correlation& job_;
    const FourierLoops& loops_ = *fourier_loops();
    const Cut cut_;
    const WaveTables waves_;
    const Spectra patches_, tiles_, kernel_, gradient_;
    std::int64_t first_ = 0, count_ = 0;  // tiles at hand
    std::int64_t outer_ = 0, width_ = 0;  // outer channels at hand
};

}  // namespace

void correlate(const Correlation& job) {
    if (job.x.count > 0) {
        Correlator(job).run();
    }
}

}  // namespace graft::trainer
