// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/findings/design.hpp"
#include "results/findings/patients.hpp"
#include "results/predictions/predictions.hpp"
#include "results/table.hpp"

namespace graft::results::findings {

// What trained networks score on a dataset that they were not trained on, beside what they score
// on their own test images.

// Classes of the two, matched by name, whatever their order.
struct ClassMatch {
    std::vector<std::string> foreign;  // of the dataset, that the networks do not know
    std::vector<std::string> absent;   // that the networks know, without an image in the dataset
    // A network can score every image of the dataset.
    bool fits() const { return foreign.empty(); }
};
ClassMatch match_classes(const std::vector<std::string>& trained,
                         const std::vector<std::string>& external);

// What other patients would have given on both sides: the groups of the trials' own test images and
// those of the external images are drawn anew, independently, all trials of a side by one draw.
class ExternalPatients {
  public:
    // `metric`: one that PatientBootstrap knows. `external`: the dataset's name.
    ExternalPatients(const std::string& external, Metric metric)
        : metric_(metric), external_("external/" + external, metric) {}

    // The scores of a trial's own test part, on a dataset of that name, and of the external images.
    void add_internal(const std::string& dataset, const sweep::TrialId& trial,
                      const predictions::Part& test, int classes);
    void add_external(const sweep::TrialId& trial, const predictions::Part& images, int classes);
    // As many draws as some seconds allow, at most a thousand; says how many.
    std::size_t draw();

    // Of the mean over trials, external less internal, with its spread over the draws. No interval
    // for a trial that was not added on both sides, or too few groups on one.
    struct Drop {
        statistics::Interval interval;
        double sd = NAN;
    };
    Drop drop(const std::string& dataset, const std::vector<sweep::TrialId>& trials) const;
    const PatientBootstrap& external() const { return external_; }

  private:
    Metric metric_;
    PatientBootstrap external_;
    std::map<std::string, PatientBootstrap> internal_;  // by dataset
};

// Numbers of each trial on the external images.
using ExternalMetrics = std::map<sweep::TrialId, sweep::Metrics>;
using PatientsOf = std::map<Metric, ExternalPatients>;

// One row for each arm with such a trial, in the order of `contexts`: network, dataset, what else
// varies, init, freeze, transfer and learning_rate where they vary, n (trials with both numbers),
// and of each value <value>_internal, _external and _drop (external less internal, by trial), each
// as _mean, _sd, _low and _high (95 %, Student's over the trials), and <value>_drop_patients, the
// drop with its percentile interval of `patients` where that knows the value.
Table external_table(const std::vector<Context>& contexts, const ExternalMetrics& external,
                     const std::vector<Metric>& values, const PatientsOf& patients);

}  // namespace graft::results::findings
