// SPDX-License-Identifier: Apache-2.0
#include "results/features/separation.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>

#include <Eigen/Core>
#include <LBFGS.h>

#include "core/random.hpp"

#include "sweep/metrics.hpp"

#include "results/features/rows.hpp"

namespace graft::results::features {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

std::string why_not(std::span<const float> features, std::size_t width,
                    std::span<const std::int32_t> labels) {
    if (width == 0 || features.size() != labels.size() * width) {
        throw std::logic_error("features and labels of different lengths");
    }
    if (!std::all_of(features.begin(), features.end(), [](float v) { return std::isfinite(v); })) {
        return "features that are not finite";
    }
    return std::set(labels.begin(), labels.end()).size() < 2 ? "only one class" : "";
}

// The majority's class among the k nearest of row i.
std::int32_t vote(const float* distances, std::size_t i, std::span<const std::int32_t> labels,
                  std::size_t k, std::vector<std::size_t>& others) {
    others.resize(labels.size());
    std::iota(others.begin(), others.end(), 0);
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    const auto end = others.begin() + static_cast<std::ptrdiff_t>(k);
    std::partial_sort(others.begin(), end, others.end(), [&](auto a, auto b) {
        return distances[a] != distances[b] ? distances[a] < distances[b] : a < b;
    });
    std::vector<std::int32_t> voters;
    std::transform(others.begin(), end, std::back_inserter(voters),
                   [&](auto other) { return labels[other]; });
    std::sort(voters.begin(), voters.end());
    std::int32_t winner = voters.front();
    std::ptrdiff_t most = 0;
    for (auto at = voters.begin(); at != voters.end();) {
        const auto next = std::upper_bound(at, voters.end(), *at);
        if (next - at > most) {
            most = next - at;
            winner = *at;
        }
        at = next;
    }
    return winner;
}

// One fold's probe: `x` [n, width] standardised, labels 0 .. classes - 1.
struct Part {
    Matrix x;
    std::vector<std::int32_t> labels;
};

// Mean logistic loss and penalty |w|^2 / (2 C n), with C = 1, of weights [columns, width + 1], the
// intercept last. One column for two classes (the log-odds of class 1), else one for each class.
class Loss {
  public:
    Loss(const Part& part, Eigen::Index columns) : part_(part), columns_(columns) {}

    Matrix logits(const Vector& weights, const Matrix& x) const {
        const Eigen::Map<const Matrix> w(weights.data(), columns_, x.cols() + 1);
        Matrix z = x * w.leftCols(x.cols()).transpose();
        z.rowwise() += w.col(x.cols()).transpose();
        return z;
    }

    double operator()(const Vector& weights, Vector& gradient) const {
        const auto n = static_cast<double>(part_.x.rows());
        Matrix z = logits(weights, part_.x);
        double loss = 0;
        for (Eigen::Index i = 0; i < z.rows(); ++i) {
            const auto label = part_.labels[static_cast<std::size_t>(i)];
            loss += columns_ == 1 ? binary(z(i, 0), label) : multinomial(z.row(i), label);
        }
        const auto width = part_.x.cols();
        gradient.resize(weights.size());
        Eigen::Map<Matrix> g(gradient.data(), columns_, width + 1);
        const Eigen::Map<const Matrix> w(weights.data(), columns_, width + 1);
        g.leftCols(width) = (z.transpose() * part_.x + w.leftCols(width)) / n;
        g.col(width) = z.colwise().sum().transpose() / n;
        return (loss + w.leftCols(width).squaredNorm() / 2) / n;
    }

  private:
    // Each gives the loss of one row, and leaves its derivative in place of the logits.
    static double binary(double& z, std::int32_t label) {
        const double sign = label == 1 ? 1 : -1;
        const double margin = sign * z;
        z = -sign / (1 + std::exp(margin));
        return margin > 0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
    }
    static double multinomial(Eigen::Ref<Eigen::RowVectorXd> z, std::int32_t label) {
        const double own = z[label];
        const double largest = z.maxCoeff();
        z = (z.array() - largest).exp();
        const double sum = z.sum();
        z /= sum;
        z[label] -= 1;
        return std::log(sum) + largest - own;
    }

    const Part& part_;
    Eigen::Index columns_;
};

// The least loss's weights; none when it is not reached.
std::optional<Vector> train(const Loss& loss, Eigen::Index size) {
    constexpr double close_enough = 1e-3;  // a line search that fails there has hit rounding
    LBFGSpp::LBFGSParam<double> settings;
    settings.linesearch = LBFGSpp::LBFGS_LINESEARCH_BACKTRACKING_WOLFE;
    settings.epsilon = 1e-6;
    settings.epsilon_rel = 0;
    settings.max_iterations = 2000;
    Vector weights = Vector::Zero(size);
    double least = 0;
    try {
        LBFGSpp::LBFGSSolver<double, LBFGSpp::LineSearchBacktracking>(settings).minimize(
            loss, weights, least);
    } catch (const std::exception&) {  // judged by the gradient
    }
    Vector gradient;
    if (!std::isfinite(loss(weights, gradient)) || gradient.norm() > close_enough) {
        return std::nullopt;
    }
    return weights;
}

// Mean and deviation of each feature in the rows of `like`; a constant one has the deviation 1.
void standardise(Part& part, Part& like) {
    const Eigen::RowVectorXd mean = like.x.colwise().mean();
    like.x.rowwise() -= mean;
    part.x.rowwise() -= mean;
    Eigen::RowVectorXd deviation =
        (like.x.colwise().squaredNorm() / static_cast<double>(like.x.rows())).cwiseSqrt();
    deviation = (deviation.array() > 0).select(deviation, 1);
    like.x.array().rowwise() /= deviation.array();
    part.x.array().rowwise() /= deviation.array();
}

struct Rows {
    std::span<const float> features;
    std::size_t width;
    std::vector<std::size_t> kept;     // rows of `features`
    std::vector<std::int32_t> labels;  // of the kept ones, 0 .. classes - 1
    int classes = 0;
};

// Classes with a row for each fold, numbered anew.
Rows large_classes(std::span<const float> features, std::size_t width,
                   std::span<const std::int32_t> labels, int classes) {
    std::vector<int> counts(static_cast<std::size_t>(classes), 0);
    for (const auto label : labels) {
        ++counts.at(static_cast<std::size_t>(label));
    }
    Rows rows{features, width, {}, {}, 0};
    std::vector<std::int32_t> number;
    for (const int count : counts) {
        number.push_back(count >= kProbeFolds ? rows.classes++ : -1);
    }
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto label = number[static_cast<std::size_t>(labels[i])];
        if (label >= 0) {
            rows.kept.push_back(i);
            rows.labels.push_back(label);
        }
    }
    return rows;
}

template <class Takes>
Part part_of(const Rows& rows, Takes takes) {
    Part part;
    std::vector<std::size_t> taken;
    for (std::size_t i = 0; i < rows.kept.size(); ++i) {
        if (takes(i)) {
            taken.push_back(rows.kept[i]);
            part.labels.push_back(rows.labels[i]);
        }
    }
    const auto width = static_cast<Eigen::Index>(rows.width);
    part.x.resize(static_cast<Eigen::Index>(taken.size()), width);
    for (std::size_t i = 0; i < taken.size(); ++i) {
        const Eigen::Map<const Eigen::RowVectorXf> row(rows.features.data() + taken[i] * rows.width,
                                                       width);
        part.x.row(static_cast<Eigen::Index>(i)) = row.cast<double>();
    }
    return part;
}

// Log-odds of class `k` against the rest: in the order of the probabilities, of which many would be
// rounded to 1.
float log_odds(const Matrix& logits, Eigen::Index i, Eigen::Index k) {
    if (logits.cols() == 1) {
        return static_cast<float>(logits(i, 0));
    }
    Eigen::RowVectorXd others = logits.row(i);
    others[k] = -INFINITY;
    const double largest = others.maxCoeff();
    return static_cast<float>(logits(i, k) - largest -
                              std::log((others.array() - largest).exp().sum()));
}

double auc_of(const Matrix& logits, const std::vector<std::int32_t>& labels, int classes) {
    double sum = 0;
    const int first = classes == 2 ? 1 : 0;
    for (int k = first; k < classes; ++k) {
        std::vector<float> scores;
        std::vector<std::uint8_t> positive;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            scores.push_back(log_odds(logits, static_cast<Eigen::Index>(i), k));
            positive.push_back(labels[i] == k);
        }
        sum += sweep::roc_auc(scores, positive);
    }
    return sum / (classes - first);
}

// NaN when the probe does not converge.
double auc_of_fold(const Rows& rows, const std::vector<int>& folds, int fold) {
    Part training = part_of(rows, [&](auto i) { return folds[i] != fold; });
    Part held_out = part_of(rows, [&](auto i) { return folds[i] == fold; });
    standardise(held_out, training);
    const Eigen::Index columns = rows.classes == 2 ? 1 : rows.classes;
    const Loss loss(training, columns);
    const auto weights = train(loss, columns * (training.x.cols() + 1));
    return weights ? auc_of(loss.logits(*weights, held_out.x), held_out.labels, rows.classes) : NAN;
}

}  // namespace

Score neighbour_accuracy(std::span<const float> features, std::size_t width,
                         std::span<const std::int32_t> labels, std::size_t k) {
    Score score{NAN, why_not(features, width, labels)};
    if (score.why_not.empty() && (k == 0 || labels.size() <= k)) {
        score.why_not = "too few points (" + std::to_string(labels.size()) + " for " +
                        std::to_string(k) + " neighbours)";
    }
    if (!score.why_not.empty()) {
        return score;
    }
    const Square distances = squared_distances(features, width);
    std::vector<std::size_t> others;
    std::int64_t right = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        right += vote(distances.row(i), i, labels, k, others) == labels[i];
    }
    score.value = static_cast<double>(right) / static_cast<double>(labels.size());
    return score;
}

std::vector<int> stratified_folds(std::span<const std::int32_t> labels, int classes, int folds,
                                  std::uint64_t key) {
    std::vector<int> fold(labels.size(), 0);
    int next = 0;
    for (std::int32_t k = 0; k < classes; ++k) {
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i] == k) {
                members.push_back(i);
            }
        }
        core::RandomStream stream("features/folds", key, static_cast<std::uint64_t>(k));
        for (const auto m : core::permutation(static_cast<std::uint32_t>(members.size()), stream)) {
            fold[members[m]] = next++ % folds;
        }
    }
    return fold;
}

Score linear_probe_auc(std::span<const float> features, std::size_t width,
                       std::span<const std::int32_t> labels, int classes, std::uint64_t key) {
    Score score{NAN, why_not(features, width, labels)};
    if (!score.why_not.empty()) {
        return score;
    }
    const Rows rows = large_classes(features, width, labels, classes);
    if (rows.classes < 2) {
        score.why_not = "fewer than two classes with five points";
        return score;
    }
    const auto folds = stratified_folds(rows.labels, rows.classes, kProbeFolds, key);
    double sum = 0;
    for (int fold = 0; fold < kProbeFolds; ++fold) {
        const double auc = auc_of_fold(rows, folds, fold);
        if (std::isnan(auc)) {
            score.why_not = "a probe that did not converge";
            return score;
        }
        sum += auc;
    }
    score.value = sum / kProbeFolds;
    return score;
}

}  // namespace graft::results::features
