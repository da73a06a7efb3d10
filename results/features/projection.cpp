// SPDX-License-Identifier: Apache-2.0
#include "results/features/projection.hpp"

#include <algorithm>
#include <numeric>

#include <Eigen/Dense>

#include "core/random.hpp"

#include "results/features/rows.hpp"

namespace graft::results::features {

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::size_t kFewest = 5;
constexpr int kExplored = 250;              // iterations with exaggeration
constexpr float kExaggeration = 12;         // van der Maaten, JMLR 15 (2014), section 4.2
constexpr double kSmallest = 2.220446e-16;  // affinity: scikit-learn's MACHINE_EPSILON

std::string why_not(std::span<const float> features, std::size_t width) {
    const std::size_t n = width == 0 ? 0 : features.size() / width;
    if (n < kFewest) {
        return "too few points (" + std::to_string(n) + " of at least 5)";
    }
    if (!std::all_of(features.begin(), features.end(), [](float v) { return std::isfinite(v); })) {
        return "features that are not finite";
    }
    const bool constant = std::equal(features.begin() + static_cast<std::ptrdiff_t>(width),
                                     features.end(), features.begin());
    return constant ? "features that are equal for all points" : "";
}

// Shannon entropy (nats) of p_j ~ exp(-beta (d_j - nearest)), j != i; p is left in `p`.
double entropy_at(double beta, const float* distances, float nearest, std::size_t i,
                  std::vector<double>& p) {
    double total = 0;
    double weighted = 0;
    for (std::size_t j = 0; j < p.size(); ++j) {
        const double further = j == i ? 0 : distances[j] - nearest;
        p[j] = j == i ? 0 : std::exp(-beta * further);
        total += p[j];
        weighted += p[j] * further;
    }
    for (auto& value : p) {
        value /= total;
    }
    return std::log(total) + beta * weighted / total;
}

// Turns the distances of row i into conditional affinities of the given perplexity: bisection over
// the precision beta as in scikit-learn's _binary_search_perplexity.
void settle_row(float* row, std::size_t i, double perplexity, std::vector<double>& p) {
    constexpr int steps = 100;
    constexpr double tolerance = 1e-5;
    float nearest = std::numeric_limits<float>::infinity();
    for (std::size_t j = 0; j < p.size(); ++j) {
        nearest = j == i ? nearest : std::min(nearest, row[j]);
    }
    double beta = 1;
    double low = 0;
    double high = INFINITY;
    for (int step = 0; step < steps; ++step) {
        const double excess = entropy_at(beta, row, nearest, i, p) - std::log(perplexity);
        if (std::abs(excess) <= tolerance) {
            break;
        }
        (excess > 0 ? low : high) = beta;
        beta = std::isinf(high) ? beta * 2 : (low + high) / 2;
    }
    std::copy(p.begin(), p.end(), row);
}

// Joint affinities, which sum to 1, in place of the distances.
void settle_affinities(Square& distances, double perplexity) {
    std::vector<double> p(distances.n);
    for (std::size_t i = 0; i < distances.n; ++i) {
        settle_row(distances.row(i), i, perplexity, p);
    }
    for (std::size_t i = 0; i < distances.n; ++i) {
        distances.row(i)[i] = 0;
        for (std::size_t j = 0; j < i; ++j) {
            const double both = double{distances.row(i)[j]} + distances.row(j)[i];
            const double joint = both / (2 * static_cast<double>(distances.n));
            distances.row(i)[j] = distances.row(j)[i] =
                static_cast<float>(std::max(joint, kSmallest));
        }
    }
}

// The two leading principal components' scores [n, 2], the first with standard deviation 1e-4.
// Randomised subspace iteration (Halko, Martinsson and Tropp, SIAM Review 53, 2011) with
// scikit-learn's choices: ten vectors more, seven rounds, and the largest weight of a component
// positive.
Matrix first_places(std::span<const float> features, std::size_t width) {
    const auto n = static_cast<Eigen::Index>(features.size() / width);
    const auto f = static_cast<Eigen::Index>(width);
    Matrix x = Eigen::Map<const Matrix>(features.data(), n, f);
    x.rowwise() -= x.cast<double>().colwise().mean().cast<float>();
    x /= x.cwiseAbs().maxCoeff();  // squares of any float stay floats
    constexpr Eigen::Index vectors = 12;
    constexpr int rounds = 7;
    const auto kept = std::min({vectors, n, f});
    core::RandomStream stream("features/pca", 0);
    Eigen::MatrixXf basis =
        Eigen::MatrixXf::NullaryExpr(f, kept, [&] { return static_cast<float>(stream.normal()); });
    for (int round = 0; round < rounds; ++round) {
        const Eigen::MatrixXf image = x * basis;
        basis = x.transpose() * image;
        basis = Eigen::HouseholderQR<Eigen::MatrixXf>(basis).householderQ() *
                Eigen::MatrixXf::Identity(f, kept);
    }
    const Eigen::MatrixXf image = x * basis;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(
        image.cast<double>().transpose() * image.cast<double>());  // values ascend
    Matrix places = Matrix::Zero(n, 2);
    for (Eigen::Index c = 0; c < std::min<Eigen::Index>(2, kept); ++c) {
        const Eigen::VectorXf turned = solver.eigenvectors().col(kept - 1 - c).cast<float>();
        const Eigen::VectorXf weights = basis * turned;
        Eigen::Index largest = 0;
        weights.cwiseAbs().maxCoeff(&largest);
        places.col(c) = image * turned * (weights[largest] < 0 ? -1.0F : 1.0F);
    }
    const float deviation = places.col(0).norm() / std::sqrt(static_cast<float>(n));
    return places * (1e-4F / deviation);
}

// Gradient descent with momentum and gains (Jacobs, 1988), one phase of it.
class Descent {
  public:
    Descent(const Square& affinities, const Matrix& places)
        : p_(affinities), x_(p_.stride), y_(p_.stride), sums_(p_.n) {
        for (std::size_t i = 0; i < p_.stride; ++i) {
            x_[i] = i < p_.n ? places(static_cast<Eigen::Index>(i), 0) : kFar;
            y_[i] = i < p_.n ? places(static_cast<Eigen::Index>(i), 1) : kFar;
        }
    }
    void run(int iterations, float exaggeration, float momentum) {
        std::vector<float> gains(2 * p_.n, 1);
        std::vector<float> updates(2 * p_.n, 0);
        const float rate = std::max(static_cast<float>(p_.n) / kExaggeration / 4, 50.0F);
        for (int iteration = 0; iteration < iterations; ++iteration) {
            const auto total = static_cast<float>(sum_rows());
            for (std::size_t i = 0; i < 2 * p_.n; ++i) {
                const auto& sums = sums_[i / 2];
                const float gradient =
                    4 * (exaggeration * sums.attraction[i % 2] - sums.repulsion[i % 2] / total);
                gains[i] =
                    std::max(updates[i] * gradient < 0 ? gains[i] + 0.2F : gains[i] * 0.8F, 0.01F);
                updates[i] = momentum * updates[i] - rate * gains[i] * gradient;
                (i % 2 == 0 ? x_ : y_)[i / 2] += updates[i];
            }
        }
    }
    double divergence() {
        const double total = sum_rows();
        double sum = 0;
        for (std::size_t i = 0; i < p_.n; ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const double dx = x_[i] - x_[j];
                const double dy = y_[i] - y_[j];
                const double q = std::max(1 / (1 + dx * dx + dy * dy) / total, kSmallest);
                sum += 2 * p_.row(i)[j] * std::log(p_.row(i)[j] / q);
            }
        }
        return sum;
    }
    std::vector<double> places() const {
        std::vector<double> xy;
        for (std::size_t i = 0; i < p_.n; ++i) {
            xy.insert(xy.end(), {x_[i], y_[i]});
        }
        return xy;
    }

  private:
    // Fills sums_; the sum of q over all pairs, both ways.
    double sum_rows() {
        for (std::size_t i = 0; i < p_.n; ++i) {
            sums_[i] = row_sums(x_.data(), y_.data(), p_.row(i), p_.stride, i);
        }
        return std::accumulate(sums_.begin(), sums_.end(), 0.0, [](double sum, const auto& row) {
            return sum + (double{row.q} - 1);
        });
    }

    const Square& p_;
    Floats x_, y_;
    std::vector<RowSums> sums_;
};

}  // namespace

Projection tsne(std::span<const float> features, std::size_t width, const TsneSettings& settings) {
    Projection projection;
    projection.why_not = why_not(features, width);
    if (!projection.why_not.empty()) {
        return projection;
    }
    const auto n = static_cast<double>(features.size() / width);
    projection.perplexity = std::min(settings.perplexity, (n - 1) / 3);
    Square affinities = squared_distances(features, width);
    settle_affinities(affinities, projection.perplexity);
    Descent descent(affinities, first_places(features, width));
    const int explored = std::min(kExplored, settings.iterations);
    descent.run(explored, kExaggeration, 0.5F);
    descent.run(settings.iterations - explored, 1, 0.8F);
    projection.xy = descent.places();
    projection.kl = descent.divergence();
    return projection;
}

}  // namespace graft::results::features
