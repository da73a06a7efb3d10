// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace graft::results::features {

// Arithmetic over all pairs of rows, the part that takes the time. Floats are handled eight at a
// time, with AVX2 where the processor has it.
constexpr std::size_t kLanes = 8;

// n floats that start at a multiple of 32 bytes, zero at first.
class Floats {
  public:
    explicit Floats(std::size_t count)
        : data_(new (std::align_val_t{kAlignment}) float[count]{}), count_(count) {}
    float* data() { return data_.get(); }
    const float* data() const { return data_.get(); }
    std::size_t size() const { return count_; }
    float& operator[](std::size_t i) { return data_[i]; }
    float operator[](std::size_t i) const { return data_[i]; }

  private:
    static constexpr std::size_t kAlignment = 32;
    struct Free {
        void operator()(float* data) const {
            ::operator delete[](data, std::align_val_t{kAlignment});
        }
    };
    std::unique_ptr<float[], Free> data_;
    std::size_t count_;
};

// A square matrix, row-major; rows are padded with zeros to whole lanes.
struct Square {
    std::size_t n, stride;
    Floats values;
    explicit Square(std::size_t rows)
        : n(rows), stride((rows + kLanes - 1) / kLanes * kLanes), values(rows * stride) {}
    float* row(std::size_t i) { return values.data() + i * stride; }
    const float* row(std::size_t i) const { return values.data() + i * stride; }
};

// Squared Euclidean distances between the rows of features [n, width]: by differences, so that
// equal rows have the distance 0, and near ones are not what cancellation leaves.
Square squared_distances(std::span<const float> features, std::size_t width);

// What one row of t-SNE's gradient is made of. With q = 1 / (1 + distance in the picture):
struct RowSums {
    float attraction[2];  // sum of p q (y_i - y_j)
    float repulsion[2];   // sum of q^2 (y_i - y_j)
    float q;              // sum of q, that of the row with itself (1) included
};

// Row i of points (x, y), padded to whole lanes with kFar and affinities of 0.
constexpr float kFar = 1e15F;
RowSums row_sums(const float* x, const float* y, const float* p, std::size_t padded, std::size_t i);

}  // namespace graft::results::features
