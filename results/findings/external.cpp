// SPDX-License-Identifier: Apache-2.0
#include "results/findings/external.hpp"

#include <algorithm>
#include <set>

#include "results/statistics/bootstrap.hpp"
#include "results/statistics/paired.hpp"

namespace graft::results::findings {

namespace {

// Those of `names` that are not among `others`.
std::vector<std::string> without(const std::vector<std::string>& names,
                                 const std::vector<std::string>& others) {
    std::vector<std::string> rest;
    std::copy_if(names.begin(), names.end(), std::back_inserter(rest), [&](const auto& name) {
        return std::find(others.begin(), others.end(), name) == others.end();
    });
    return rest;
}

// An arm, and its trials that were scored outside.
struct Row {
    const Context* context = nullptr;
    const Cell* cell = nullptr;
    std::vector<const Run*> runs;
};

std::vector<Row> rows_of(const std::vector<Context>& contexts, const ExternalMetrics& external) {
    std::vector<Row> rows;
    for (const auto& context : contexts) {
        for (const auto& cell : context.cells) {
            Row row{&context, &cell, {}};
            for (const auto& run : cell.runs) {
                if (external.contains(run.trial->id)) {
                    row.runs.push_back(&run);
                }
            }
            if (!row.runs.empty()) {
                rows.push_back(std::move(row));
            }
        }
    }
    return rows;
}

// One value of one row, over the trials that have it on both sides.
struct Compared {
    statistics::Interval internal, external;
    double internal_sd = NAN, external_sd = NAN;
    statistics::Paired drop;
    ExternalPatients::Drop patients;
};

Compared compared(const Row& row, const ExternalMetrics& external, Metric metric,
                  const ExternalPatients* patients) {
    std::vector<double> inside, outside;
    std::vector<sweep::TrialId> trials;
    std::vector<Replicate> replicates;
    for (const auto* run : row.runs) {
        const double own = value_of(*run, metric);
        const double other = value_of(external.at(run->trial->id), metric);
        if (!std::isnan(own) && !std::isnan(other)) {
            inside.push_back(own);
            outside.push_back(other);
            trials.push_back(run->trial->id);
            replicates.push_back(run->replicate);
        }
    }
    const auto overlap = overlap_of(replicates);
    Compared result;
    result.internal = statistics::mean_interval(inside, overlap);
    result.external = statistics::mean_interval(outside, overlap);
    result.internal_sd = statistics::summarise(inside).sd;
    result.external_sd = statistics::summarise(outside).sd;
    result.drop = statistics::paired(outside, inside, overlap);
    if (patients && !trials.empty()) {
        result.patients = patients->drop(row.context->dataset, trials);
    }
    return result;
}

class Making {
  public:
    Making(std::vector<Row> rows, const ExternalMetrics& external, const PatientsOf& patients)
        : rows_(std::move(rows)), external_(external), patients_(patients) {
        table_.name = "external";
    }

    Table take(const std::vector<Metric>& values) {
        add_arms();
        std::vector<std::vector<Compared>> all;
        for (const auto metric : values) {
            const auto patients = patients_.find(metric);
            auto& its = all.emplace_back();
            for (const auto& row : rows_) {
                its.push_back(compared(row, external_, metric,
                                       patients == patients_.end() ? nullptr : &patients->second));
            }
        }
        table_.columns.push_back(
            column("n", all.front(), [](const Compared& one) { return one.drop.difference.n; }));
        for (std::size_t i = 0; i < values.size(); ++i) {
            add_value(values[i], all[i]);
        }
        return std::move(table_);
    }

  private:
    template <class Value>
    void add(const std::string& name, Value value) {
        table_.columns.push_back(column(name, rows_, value));
    }
    // Where it says something.
    template <class Value>
    void add_varying(const std::string& name, Value value) {
        if (std::any_of(rows_.begin(), rows_.end(),
                        [&](const Row& row) { return value(row) != value(rows_.front()); })) {
            add(name, value);
        }
    }

    void add_arms() {
        add("network", [](const Row& row) { return row.context->network; });
        add("dataset", [](const Row& row) { return row.context->dataset; });
        add_varying("settings", [](const Row& row) { return row.context->variant; });
        add("init", [](const Row& row) { return row.cell->arm.init; });
        add("freeze", [](const Row& row) { return row.cell->arm.freeze; });
        add_varying("transfer", [](const Row& row) { return row.cell->arm.transfer; });
        add_varying("learning_rate", [](const Row& row) { return row.cell->learning_rate; });
    }

    void add_value(Metric metric, const std::vector<Compared>& rows) {
        const std::string value(core::name_of(metric));
        const auto summary = [&](const std::string& what, auto interval, auto sd) {
            const auto put = [&](const char* suffix, auto number) {
                table_.columns.push_back(column(value + what + suffix, rows, number));
            };
            put("_mean", [&](const Compared& one) { return interval(one).estimate; });
            put("_sd", sd);
            put("_low", [&](const Compared& one) { return interval(one).low; });
            put("_high", [&](const Compared& one) { return interval(one).high; });
        };
        summary(
            "_internal", [](const Compared& one) { return one.internal; },
            [](const Compared& one) { return one.internal_sd; });
        summary(
            "_external", [](const Compared& one) { return one.external; },
            [](const Compared& one) { return one.external_sd; });
        summary(
            "_drop", [](const Compared& one) { return one.drop.difference; },
            [](const Compared& one) { return one.drop.sd; });
        if (patients_.contains(metric)) {
            summary(
                "_drop_patients", [](const Compared& one) { return one.patients.interval; },
                [](const Compared& one) { return one.patients.sd; });
        }
    }

    std::vector<Row> rows_;
    const ExternalMetrics& external_;
    const PatientsOf& patients_;
    Table table_;
};

}  // namespace

ClassMatch match_classes(const std::vector<std::string>& trained,
                         const std::vector<std::string>& external) {
    return {without(external, trained), without(trained, external)};
}

void ExternalPatients::add_internal(const std::string& dataset, const sweep::TrialId& trial,
                                    const predictions::Part& test, int classes) {
    internal_.try_emplace(dataset, dataset, metric_).first->second.add(trial, test, classes);
}

void ExternalPatients::add_external(const sweep::TrialId& trial, const predictions::Part& images,
                                    int classes) {
    external_.add(trial, images, classes);
}

std::size_t ExternalPatients::draw() {
    constexpr double kSteps = 6e8;
    double work = 1 + static_cast<double>(external_.work());
    for (const auto& [dataset, bootstrap] : internal_) {
        work += static_cast<double>(bootstrap.work());
    }
    const auto draws = static_cast<std::size_t>(std::clamp(kSteps / work, 200.0, 1000.0));
    external_.draw(draws);
    for (auto& [dataset, bootstrap] : internal_) {
        bootstrap.draw(draws);
    }
    return draws;
}

ExternalPatients::Drop ExternalPatients::drop(const std::string& dataset,
                                              const std::vector<sweep::TrialId>& trials) const {
    const auto own = internal_.find(dataset);
    const auto inside = own == internal_.end() ? std::nullopt : own->second.mean(trials);
    const auto outside = external_.mean(trials);
    if (!inside || !outside) {
        return {};
    }
    const std::size_t draws = std::min(inside->values.size(), outside->values.size());
    std::vector<double> differences(draws);
    for (std::size_t i = 0; i < draws; ++i) {
        differences[i] = outside->values[i] - inside->values[i];
    }
    const auto interval =
        statistics::percentile_interval(differences, outside->whole - inside->whole);
    return {interval, interval.known() ? statistics::summarise(differences).sd : NAN};
}

Table external_table(const std::vector<Context>& contexts, const ExternalMetrics& external,
                     const std::vector<Metric>& values, const PatientsOf& patients) {
    return Making(rows_of(contexts, external), external, patients).take(values);
}

}  // namespace graft::results::findings
