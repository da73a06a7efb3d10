// SPDX-License-Identifier: Apache-2.0
#include "results/findings/patients.hpp"

#include <algorithm>
#include <cmath>
#include <future>
#include <thread>

#include "results/statistics/bootstrap.hpp"

namespace graft::results::findings {

PatientBootstrap::PatientBootstrap(std::string dataset, Metric metric)
    : dataset_(std::move(dataset)), metric_(metric) {}

void PatientBootstrap::add(const sweep::TrialId& trial, const predictions::Part& test,
                           int classes) {
    if (trials_.count(trial) > 0) {
        return;
    }
    Entry entry{metric_ == Metric::test_auc_micro
                    ? statistics::WeightedAuc::micro(test.scores, test.labels, classes)
                    : statistics::WeightedAuc::auc(test.scores, test.labels, classes),
                {},
                NAN,
                {}};
    for (std::size_t image = 0; image < test.images(); ++image) {
        const std::string& group = test.groups[image];
        grouped_ = grouped_ || (!group.empty() && group != test.ids[image]);
        const auto next = static_cast<std::uint32_t>(index_.size());
        entry.group_of_image.push_back(
            index_.try_emplace(group.empty() ? test.ids[image] : group, next).first->second);
    }
    entry.whole = entry.auc(std::vector<std::int32_t>(test.images(), 1));
    work_ += test.scores.size();
    trials_.emplace(trial, std::move(entry));
}

void PatientBootstrap::draw(std::size_t replicates) {
    if (index_.size() < statistics::kFewestGroups) {
        return;
    }
    std::vector<std::string> names;
    for (const auto& [name, number] : index_) {
        names.push_back(name);
    }
    const statistics::GroupBootstrap bootstrap(names, dataset_);
    std::vector<std::int32_t> drawn(names.size()), by_number(names.size() * kSets);
    for (std::size_t first = 0; first < replicates; first += kSets) {
        for (std::size_t set = 0; set < kSets; ++set) {
            bootstrap.draw(first + set, drawn);
            std::size_t place = 0;
            for (const auto& [name, number] : index_) {
                by_number[number * kSets + set] = drawn[place++];
            }
        }
        evaluate(by_number, std::min(kSets, replicates - first));
    }
}

void PatientBootstrap::evaluate(const std::vector<std::int32_t>& drawn, std::size_t sets) {
    std::vector<Entry*> entries;
    for (auto& [trial, entry] : trials_) {
        entries.push_back(&entry);
    }
    const std::size_t threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
    std::vector<std::future<void>> started;
    for (std::size_t t = 0; t < threads; ++t) {
        started.push_back(std::async(std::launch::async, [&, t] {
            for (std::size_t i = t; i < entries.size(); i += threads) {
                entries[i]->add(drawn, sets);
            }
        }));
    }
    for (auto& one : started) {
        one.get();
    }
}

void PatientBootstrap::Entry::add(const std::vector<std::int32_t>& drawn, std::size_t sets) {
    std::vector<std::int32_t> weights(group_of_image.size() * kSets);
    for (std::size_t image = 0; image < group_of_image.size(); ++image) {
        std::copy_n(&drawn[group_of_image[image] * kSets], kSets, &weights[image * kSets]);
    }
    const auto areas = auc.of_sets(weights);
    values.insert(values.end(), areas.begin(), areas.begin() + static_cast<std::ptrdiff_t>(sets));
}

statistics::Interval PatientBootstrap::value(const sweep::TrialId& trial) const {
    const auto found = trials_.find(trial);
    if (found == trials_.end()) {
        return {};
    }
    return statistics::percentile_interval(found->second.values, found->second.whole);
}

std::optional<PatientBootstrap::Mean> PatientBootstrap::mean(
    const std::vector<sweep::TrialId>& trials) const {
    Mean mean{0, {}};
    for (const auto& trial : trials) {
        const auto found = trials_.find(trial);
        if (found == trials_.end()) {
            return std::nullopt;
        }
        const auto& values = found->second.values;
        mean.values.resize(values.size(), 0);
        for (std::size_t i = 0; i < values.size(); ++i) {
            mean.values[i] += values[i];
        }
        mean.whole += found->second.whole;
    }
    const auto count = static_cast<double>(trials.size());
    for (double& value : mean.values) {
        value /= count;
    }
    mean.whole /= count;
    return mean;
}

statistics::Interval PatientBootstrap::difference(const std::vector<Pair>& pairs) const {
    std::vector<double> sums;
    double estimate = 0;
    for (const auto& [first, second] : pairs) {
        const auto a = trials_.find(first), b = trials_.find(second);
        if (a == trials_.end() || b == trials_.end()) {
            return {};
        }
        sums.resize(a->second.values.size(), 0);
        for (std::size_t i = 0; i < sums.size(); ++i) {
            sums[i] += a->second.values[i] - b->second.values[i];
        }
        estimate += a->second.whole - b->second.whole;
    }
    const auto count = static_cast<double>(pairs.size());
    for (double& sum : sums) {
        sum /= count;
    }
    return statistics::percentile_interval(sums, estimate / count);
}

}  // namespace graft::results::findings
