// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "results/findings/design.hpp"
#include "results/predictions/predictions.hpp"
#include "results/statistics/interval.hpp"
#include "results/statistics/weighted_auc.hpp"

namespace graft::results::findings {

// What other patients would have given: the groups of a dataset's test images are drawn with
// replacement, the same draw for every trial on it, whatever its network, arm or division.
// Interval over patients, given these trained networks (docs/statistics.md).
class PatientBootstrap {
  public:
    // AUC metrics of test only: others have no intervals here.
    static bool knows(Metric metric) {
        return metric == Metric::test_auc || metric == Metric::test_auc_micro;
    }
    PatientBootstrap(std::string dataset, Metric metric);

    // The scores of a trial's test part. Before draw(); a trial counts once.
    void add(const sweep::TrialId& trial, const predictions::Part& test, int classes);
    void draw(std::size_t replicates);

    bool grouped() const { return grouped_; }  // else each image is a group of its own
    // Images x classes of everything added: draw() takes replicates times as many steps.
    std::size_t work() const { return work_; }

    // Of one trial's metric. No interval for a trial that was not added, or too few groups.
    statistics::Interval value(const sweep::TrialId& trial) const;
    // Of the mean over pairs of the first's metric less the second's.
    using Pair = std::pair<sweep::TrialId, sweep::TrialId>;
    statistics::Interval difference(const std::vector<Pair>& pairs) const;

    // The mean over trials of their metric: with every image once, and under each draw.
    struct Mean {
        double whole = NAN;
        std::vector<double> values;  // [replicates]; none with too few groups
    };
    // Nothing when one of them was not added.
    std::optional<Mean> mean(const std::vector<sweep::TrialId>& trials) const;
    std::size_t groups() const { return index_.size(); }

  private:
    static constexpr std::size_t kSets = statistics::WeightedAuc::kSets;
    // Every trial's metric under these draws, on all cores. `drawn` [groups, 8] by number: how
    // often each was drawn. The first `sets` columns count.
    void evaluate(const std::vector<std::int32_t>& drawn, std::size_t sets);

    struct Entry {
        statistics::WeightedAuc auc;
        std::vector<std::uint32_t> group_of_image;
        double whole = 0;            // with every image once
        std::vector<double> values;  // [replicates]

        void add(const std::vector<std::int32_t>& drawn, std::size_t sets);
    };

    std::string dataset_;
    Metric metric_;
    std::map<std::string, std::uint32_t> index_;  // of a group's name
    std::map<sweep::TrialId, Entry> trials_;
    std::size_t work_ = 0;
    bool grouped_ = false;
};

}  // namespace graft::results::findings
