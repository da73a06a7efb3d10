// SPDX-License-Identifier: Apache-2.0
#include "results/comparison.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "results/tables.hpp"

namespace graft::results {

namespace {

bool same_number(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
           (std::isnan(a) && std::isnan(b));
}

bool same(const Column& left, const Column& right, std::size_t row) {
    if (const auto* numbers = std::get_if<Numbers>(&left.data)) {
        return same_number((*numbers)[row], std::get<Numbers>(right.data)[row]);
    }
    if (const auto* integers = std::get_if<Integers>(&left.data)) {
        return (*integers)[row] == std::get<Integers>(right.data)[row];
    }
    return std::get<Texts>(left.data).at(row) == std::get<Texts>(right.data).at(row);
}

bool same(const Cell& a, const Cell& b) {
    const auto* x = std::get_if<double>(&a);
    const auto* y = std::get_if<double>(&b);
    return x && y ? same_number(*x, *y) : a == b;
}

// Of numbers; nothing else has a distance. One that is missing is as far away as can be.
double distance(const Cell& a, const Cell& b) {
    const auto* x = std::get_if<double>(&a);
    const auto* y = std::get_if<double>(&b);
    if (!x || !y) {
        return -1;
    }
    const double apart = std::abs(*x - *y);
    return std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart;
}

class Differences {
  public:
    void look(const std::string& where, const Cell& recorded, const Cell& again) {
        if (!same(recorded, again)) {
            add({where, recorded, again});
        }
    }
    void add(TrialDifference difference) {
        ++found_.count;
        if (const double apart = distance(difference.recorded, difference.again);
            apart > largest_) {
            largest_ = apart;
            found_.largest = difference;
        }
        if (!found_.first) {
            found_.first = std::move(difference);
        }
    }
    TrialComparison take() { return std::move(found_); }

  private:
    TrialComparison found_;
    double largest_ = -0.5;
};

// "epoch 3", "warm-up epoch 1"
std::string epoch_text(sweep::Phase phase, std::int64_t epoch) {
    return fmt::format("{}epoch {}", phase == sweep::Phase::warmup ? "warm-up " : "", epoch);
}

// Without what a repetition cannot have: the time that it took.
Table timeless_epochs(const sweep::Trial& trial) {
    Table table = epochs_table(trial);
    std::erase_if(table.columns, [](const Column& column) {
        return column.name == "seconds" || column.name == "images_per_second";
    });
    return table;
}

void compare_rows(Differences& found, const sweep::Trial& recorded, const sweep::Trial& again) {
    const Table left = timeless_epochs(recorded), right = timeless_epochs(again);
    const std::size_t rows = std::min(left.rows(), right.rows());
    for (std::size_t row = 0; row < rows; ++row) {
        const auto& epoch = recorded.rows[row];
        for (std::size_t i = 0; i < left.columns.size(); ++i) {
            found.look(epoch_text(epoch.phase, epoch.epoch) + ", " + left.columns[i].name,
                       left.columns[i].at(row), right.columns[i].at(row));
        }
    }
    found.look("number of epochs", static_cast<std::int64_t>(left.rows()),
               static_cast<std::int64_t>(right.rows()));
}

void compare_metrics(Differences& found, const std::string& part, const sweep::Metrics& recorded,
                     const sweep::Metrics& again) {
    found.look("result, " + part + "_loss", recorded.loss, again.loss);
    found.look("result, " + part + "_accuracy", recorded.accuracy, again.accuracy);
    found.look("result, " + part + "_auc", recorded.auc, again.auc);
    found.look("result, " + part + "_auc_micro", recorded.auc_micro, again.auc_micro);
    found.look("result, " + part + "_auc_macro", recorded.auc_macro, again.auc_macro);
}

std::string best_text(const sweep::TrialResult& result) {
    return result.best ? epoch_text(result.best->phase, result.best->epoch) : std::string("none");
}

std::string end_text(const sweep::TrialState& state) {
    const auto& result = *sweep::result_of(state);
    return result.diverged_epoch > 0
               ? "diverged in " + epoch_text(result.diverged_phase, result.diverged_epoch)
               : std::string(sweep::name_of(state));
}

}  // namespace

std::vector<CellDifference> differences(const Table& left, const Table& right, std::size_t most) {
    std::vector<CellDifference> found;
    for (std::size_t row = 0; row < left.rows(); ++row) {
        for (std::size_t i = 0; i < left.columns.size() && found.size() < most; ++i) {
            if (!same(left.columns[i], right.columns[i], row)) {
                found.push_back(
                    {row, left.columns[i].name, left.columns[i].at(row), right.columns[i].at(row)});
            }
        }
    }
    return found;
}

std::optional<std::string> shape_difference(const Table& left, const Table& right) {
    const auto alike = [](const Column& a, const Column& b) {
        return a.name == b.name && a.data.index() == b.data.index();
    };
    if (!std::equal(left.columns.begin(), left.columns.end(), right.columns.begin(),
                    right.columns.end(), alike)) {
        return "it has other columns";
    }
    if (left.rows() != right.rows()) {
        return fmt::format("it has {} rows instead of {}", right.rows(), left.rows());
    }
    return std::nullopt;
}

TrialComparison compare(const sweep::Trial& recorded, const sweep::Trial& again) {
    Differences found;
    compare_rows(found, recorded, again);
    const auto& left = *sweep::result_of(recorded.state);
    const auto& right = *sweep::result_of(again.state);
    found.look("result", end_text(recorded.state), end_text(again.state));
    found.look("best epoch", best_text(left), best_text(right));
    if (left.best && right.best) {
        compare_metrics(found, "val", left.best->validation, right.best->validation);
    }
    compare_metrics(found, "test", left.test, right.test);
    found.look("best.h5", left.weights.hash, right.weights.hash);
    found.look("predictions.h5", left.predictions.hash, right.predictions.hash);
    return found.take();
}

}  // namespace graft::results
