// SPDX-License-Identifier: Apache-2.0
#include "trainer/norm_kernels.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <type_traits>
#include <vector>

#include "trainer/loops.hpp"

namespace graft::trainer {

namespace {

// Rows of few channels are taken together, `together` of them as one of `width` numbers, a multiple
// of kWidth; parameters are repeated to that width.
template <typename T>
struct Wide {
    std::int64_t channels, together, width, rows, rest;

    explicit Wide(const Piece<T>& piece)
        : channels(piece.channels),
          together(kWidth<T> / std::gcd(kWidth<T>, piece.channels)),
          width(together * channels),
          rows(piece.rows / together),
          rest(piece.rows % together) {}

    std::vector<T> repeated(const T* values) const {
        std::vector<T> result;
        result.reserve(static_cast<std::size_t>(width));
        for (std::int64_t i = 0; i < together; ++i) {
            result.insert(result.end(), values, values + channels);
        }
        return result;
    }
    // The rows that are left over, filled up to one wide row by `filling` (of that width).
    std::vector<T> last_row(const T* x, std::vector<T> filling) const {
        std::copy_n(x + rows * width, rest * channels, filling.begin());
        return filling;
    }
    Matrix<T> whole(const T* x) const { return {x, rows, width}; }
    Matrix<T> row(const std::vector<T>& values) const { return {values.data(), 1, width}; }
    std::vector<T> zeros() const { return std::vector<T>(static_cast<std::size_t>(width), T{0}); }
    void fold(const std::vector<T>& sums, T* into) const {
        std::copy_n(sums.begin(), channels, into);
        for (std::int64_t i = channels; i < width; ++i) {
            into[i % channels] += sums[static_cast<std::size_t>(i)];
        }
    }
};

template <typename T>
Bounds<T> bounds_of(Clip clip) {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    return {clip == Clip::none ? -infinity : T{0}, clip == Clip::relu6 ? T{6} : infinity};
}

template <typename T>
const NormLoops<T>& loops_of() {
    if constexpr (std::is_same_v<T, float>) {
        return loops().of_floats;
    } else {
        return loops().of_doubles;
    }
}

}  // namespace

std::int64_t piece_rows(std::int64_t channels) {
    constexpr std::int64_t kNumbers = 16384;
    return std::max<std::int64_t>(kNumbers / channels / 16, 1) * 16;
}

template <typename T>
void batch_sums(const Piece<T>& piece, T* means, T* squares) {
    const Wide<T> wide(piece);
    std::vector<T> sums = wide.zeros();
    loops_of<T>().sum(wide.whole(piece.x), sums.data());
    if (wide.rest > 0) {
        const auto last = wide.last_row(piece.x, wide.zeros());
        loops_of<T>().sum(wide.row(last), sums.data());
    }
    wide.fold(sums, means);
    for (std::int64_t c = 0; c < piece.channels; ++c) {
        means[c] /= static_cast<T>(piece.rows);
    }
    const auto mean = wide.repeated(means);
    sums = wide.zeros();
    loops_of<T>().square(wide.whole(piece.x), mean.data(), sums.data());
    if (wide.rest > 0) {
        const auto last = wide.last_row(piece.x, mean);
        loops_of<T>().square(wide.row(last), mean.data(), sums.data());
    }
    wide.fold(sums, squares);
}

template <typename T>
void affine_clip(const Piece<T>& piece, const Affine<T>& affine, T* y) {
    const Wide<T> wide(piece);
    const auto scale = wide.repeated(affine.scale), shift = wide.repeated(affine.shift);
    const WideAffine<T> repeated{scale.data(), shift.data(), bounds_of<T>(affine.clip)};
    loops_of<T>().affine(wide.whole(piece.x), repeated, y);
    if (wide.rest > 0) {
        const auto last = wide.last_row(piece.x, wide.zeros());
        auto clipped = wide.zeros();
        loops_of<T>().affine(wide.row(last), repeated, clipped.data());
        std::copy_n(clipped.begin(), wide.rest * wide.channels, y + wide.rows * wide.width);
    }
}

template <typename T>
void gradient_sums(const Piece<T>& piece, const Affine<T>& affine, const T* dy, const T* mean,
                   T* dz_sums, T* product_sums) {
    const Wide<T> wide(piece);
    const auto scale = wide.repeated(affine.scale), shift = wide.repeated(affine.shift),
               centre = wide.repeated(mean);
    const WideAffine<T> repeated{scale.data(), shift.data(), bounds_of<T>(affine.clip)};
    auto sums = wide.zeros(), products = wide.zeros();
    const auto add = [&](Matrix<T> x, const T* gradient) {
        loops_of<T>().gradient_sum(x, gradient, repeated, centre.data(), sums.data(),
                                   products.data());
    };
    add(wide.whole(piece.x), dy);
    if (wide.rest > 0) {
        const auto x = wide.last_row(piece.x, wide.zeros());
        add(wide.row(x), wide.last_row(dy, wide.zeros()).data());
    }
    wide.fold(sums, dz_sums);
    wide.fold(products, product_sums);
}

template <typename T>
void input_gradient(const Piece<T>& piece, const Affine<T>& affine, const T* dy,
                    const Centred<T>& centred, T* dx) {
    const Wide<T> wide(piece);
    const auto scale = wide.repeated(affine.scale), shift = wide.repeated(affine.shift),
               mean = wide.repeated(centred.mean), slope = wide.repeated(centred.slope),
               offset = wide.repeated(centred.offset);
    const WideAffine<T> repeated{scale.data(), shift.data(), bounds_of<T>(affine.clip)};
    const WideCentred<T> about{mean.data(), slope.data(), offset.data()};
    loops_of<T>().input_gradient(wide.whole(piece.x), dy, repeated, about, dx);
    if (wide.rest > 0) {
        const auto x = wide.last_row(piece.x, wide.zeros());
        const auto gradient = wide.last_row(dy, wide.zeros());
        auto last = wide.zeros();
        loops_of<T>().input_gradient(wide.row(x), gradient.data(), repeated, about, last.data());
        std::copy_n(last.begin(), wide.rest * wide.channels, dx + wide.rows * wide.width);
    }
}

#define GRAFT_INSTANTIATE(T)                                                                     \
    template void batch_sums(const Piece<T>&, T*, T*);                                           \
    template void affine_clip(const Piece<T>&, const Affine<T>&, T*);                            \
    template void gradient_sums(const Piece<T>&, const Affine<T>&, const T*, const T*, T*, T*);  \
    template void input_gradient(const Piece<T>&, const Affine<T>&, const T*, const Centred<T>&, \
                                 T*);
GRAFT_INSTANTIATE(float)
GRAFT_INSTANTIATE(double)

}  // namespace graft::trainer
