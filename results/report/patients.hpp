// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "results/report/chapter.hpp"

namespace graft::results::report {

// Intervals over other patients for everything that a chapter compares: one bootstrap for each
// dataset, of the predictions that its trials kept. First everything is added, then drawn.
class Patients {
  public:
    explicit Patients(const Material& material) : material_(material) {}

    void add(const findings::DatasetEffect& effect);
    void add(const std::string& dataset, const sweep::Trial& trial);
    // Reads the predictions of all that was added: those that cannot be read are counted, and said
    // in the caption. Then as many draws as some seconds allow, at most a thousand.
    void draw();

    // Unknown for what was not added.
    statistics::Interval of(const findings::DatasetEffect& effect) const;
    statistics::Interval of(const std::string& dataset, const sweep::Trial& trial) const;
    // "patients" where test images are grouped, else "images".
    std::string_view who(const std::string& dataset) const;
    std::string caption() const;

  private:
    struct Added {
        const sweep::Trial* trial;
        findings::PatientBootstrap* bootstrap;  // in datasets_
    };
    void read();

    const Material& material_;
    std::vector<Added> added_;
    std::map<std::string, findings::PatientBootstrap> datasets_;
    std::set<sweep::TrialId> seen_;
    std::size_t draws_ = 0, missing_ = 0;
    std::string why_;  // the first one could not be read
};

}  // namespace graft::results::report
