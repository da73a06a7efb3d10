// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace graft::trainer {

// The loops of batch norm with the activation after it, on the processor, for float and double.
// x, dy and what is written are [rows, channels] without gaps, which is an image batch in
// channels_last; all else is [channels]. A caller divides the rows into pieces of piece_rows() and
// adds the pieces' sums in their order: so a result is the same for every number of threads, and,
// as no product is contracted with a sum, for every instruction set.
enum class Clip { none, relu, relu6 };

// About 64 KB, which a core's own caches hold; a multiple of 16.
std::int64_t piece_rows(std::int64_t channels);

template <typename T>
struct Piece {
    const T* x = nullptr;
    std::int64_t rows = 0, channels = 0;
};

// The means, and the sums of squared differences from them.
template <typename T>
void batch_sums(const Piece<T>& piece, T* means, T* squares);

// z = x * scale + shift, and y = clip(z).
template <typename T>
struct Affine {
    const T* scale = nullptr;
    const T* shift = nullptr;
    Clip clip = Clip::none;
};

// y may be x.
template <typename T>
void affine_clip(const Piece<T>& piece, const Affine<T>& affine, T* y);

// Sums of dz and of dz * (x - mean); dz is dy where z is not clipped, else 0.
template <typename T>
void gradient_sums(const Piece<T>& piece, const Affine<T>& affine, const T* dy, const T* mean,
                   T* dz_sums, T* product_sums);

// dx = dz * scale - (x - mean) * slope - offset.
template <typename T>
struct Centred {
    const T* mean = nullptr;
    const T* slope = nullptr;
    const T* offset = nullptr;
};
template <typename T>
void input_gradient(const Piece<T>& piece, const Affine<T>& affine, const T* dy,
                    const Centred<T>& centred, T* dx);

}  // namespace graft::trainer
