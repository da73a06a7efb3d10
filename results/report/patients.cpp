// SPDX-License-Identifier: Apache-2.0
#include "results/report/patients.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "results/report/words.hpp"

namespace graft::results::report {

namespace {

using Pair = std::pair<const sweep::Trial*, const sweep::Trial*>;

const sweep::Trial* trial_at(const findings::Context& context, const findings::Arm& arm,
                             double rate, const findings::Replicate& replicate) {
    for (const auto& run : context.find(arm, rate)->runs) {
        if (run.replicate == replicate) {
            return run.trial;
        }
    }
    return nullptr;
}

std::vector<Pair> pairs_of(const findings::DatasetEffect& effect) {
    std::vector<Pair> pairs;
    for (const auto& network : effect.networks) {
        for (const auto& replicate : effect.replicates) {
            pairs.emplace_back(
                trial_at(*network.context, network.arm, network.arm_rate, replicate),
                trial_at(*network.context, network.baseline, network.baseline_rate, replicate));
        }
    }
    return pairs;
}

}  // namespace

void Patients::add(const findings::DatasetEffect& effect) {
    for (const auto& [first, second] : pairs_of(effect)) {
        add(effect.dataset, *first);
        add(effect.dataset, *second);
    }
}

void Patients::add(const std::string& dataset, const sweep::Trial& trial) {
    if (!findings::PatientBootstrap::knows(material_.metric) || !seen_.insert(trial.id).second) {
        return;
    }
    auto& bootstrap = datasets_.try_emplace(dataset, dataset, material_.metric).first->second;
    added_.push_back({&trial, &bootstrap});
}

void Patients::read() {
    std::vector<const sweep::Trial*> trials;
    for (const auto& one : added_) {
        trials.push_back(one.trial);
    }
    const auto use = [&](std::size_t i, const predictions::TestRead& read) {
        if (read.why_not) {
            ++missing_;
            why_ = why_.empty() ? *read.why_not : why_;
        } else {
            added_[i].bootstrap->add(trials[i]->id, read.test, read.classes);
        }
    };
    material_.source.read_tests(trials, use);
}

void Patients::draw() {
    read();
    constexpr double kSteps = 6e8;
    double work = 1;
    for (const auto& [dataset, bootstrap] : datasets_) {
        work += static_cast<double>(bootstrap.work());
    }
    draws_ = static_cast<std::size_t>(std::clamp(kSteps / work, 200.0, 1000.0));
    for (auto& [dataset, bootstrap] : datasets_) {
        bootstrap.draw(draws_);
    }
}

statistics::Interval Patients::of(const findings::DatasetEffect& effect) const {
    std::vector<findings::PatientBootstrap::Pair> pairs;
    for (const auto& [first, second] : pairs_of(effect)) {
        pairs.emplace_back(first->id, second->id);
    }
    const auto found = datasets_.find(effect.dataset);
    return found == datasets_.end() ? statistics::Interval{} : found->second.difference(pairs);
}

statistics::Interval Patients::of(const std::string& dataset, const sweep::Trial& trial) const {
    const auto found = datasets_.find(dataset);
    return found == datasets_.end() ? statistics::Interval{} : found->second.value(trial.id);
}

std::string_view Patients::who(const std::string& dataset) const {
    const auto found = datasets_.find(dataset);
    return found != datasets_.end() && found->second.grouped() ? "patients" : "images";
}

std::string Patients::caption() const {
    std::string text =
        fmt::format("{} draws of the test images' groups (patients, where known)", draws_);
    if (missing_ > 0) {
        text += fmt::format("; predictions of {} could not be read: {}",
                            counted(static_cast<std::int64_t>(missing_), "trial"), why_);
    }
    return text;
}

}  // namespace graft::results::report
