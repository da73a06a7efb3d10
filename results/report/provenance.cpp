// SPDX-License-Identifier: Apache-2.0
// Where the numbers come from: trials, data, starts, hardware, settings, failures.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/text.hpp"

#include "results/failures.hpp"
#include "results/report/chapter.hpp"
#include "results/report/words.hpp"
#include "results/statistics/summary.hpp"
#include "results/tables.hpp"

namespace graft::results::report {

namespace {

using sweep::Trial;

struct CellRow {
    const findings::Context* context;
    const findings::Cell* cell;
};

statistics::Interval mean_of(const CellRow& row, findings::Metric metric) {
    std::vector<double> values;
    for (const auto& run : row.cell->runs) {
        values.push_back(findings::value_of(run, metric));
    }
    return statistics::mean_interval(values, findings::overlap_of(row.cell->runs));
}

Table cell_table(const Material& material, const std::vector<CellRow>& rows) {
    using Row = CellRow;
    const auto metric = material.metric;
    const auto value = [&](const char* name, findings::Metric which,
                           double statistics::Interval::*member) {
        return column(name, rows, [=](const Row& r) { return mean_of(r, which).*member; });
    };
    const auto val = findings::Metric::val_auc;
    const std::string test(core::name_of(metric));
    return {"arms",
            {
                column("network", rows, [](const Row& r) { return r.context->network; }),
                column("dataset", rows, [](const Row& r) { return r.context->dataset; }),
                column("settings", rows, [](const Row& r) { return r.context->variant; }),
                column("arm", rows, [](const Row& r) { return findings::text_of(r.cell->arm); }),
                column("learning_rate", rows, [](const Row& r) { return r.cell->learning_rate; }),
                column("n", rows, [](const Row& r) { return std::ssize(r.cell->runs); }),
                value("val_auc", val, &statistics::Interval::estimate),
                value("val_auc_low", val, &statistics::Interval::low),
                value("val_auc_high", val, &statistics::Interval::high),
                value(test.c_str(), metric, &statistics::Interval::estimate),
                value((test + "_low").c_str(), metric, &statistics::Interval::low),
                value((test + "_high").c_str(), metric, &statistics::Interval::high),
                column("stopped", rows, [](const Row& r) { return r.cell->stopped; }),
                column("diverged", rows, [](const Row& r) { return r.cell->diverged; }),
                column("failed", rows, [](const Row& r) { return r.cell->failed; }),
                column("unfinished", rows, [](const Row& r) { return r.cell->unfinished; }),
            }};
}

// Each arm at its own best rate, side by side for every network of a dataset.
Figure arm_figure(const Material& material, const std::string& dataset) {
    IntervalChart chart;
    chart.y.label = text_of(material.metric);
    std::string alt;
    auto& names = chart.x.categories;
    for (const auto& context : material.contexts) {
        if (context.dataset != dataset) {
            continue;
        }
        Series series{context.variant.empty()
                          ? context.network
                          : fmt::format("{} ({})", context.network, context.variant),
                      {},
                      static_cast<int>(chart.series.size()),
                      false};
        for (const auto& arm : context.arms()) {
            const auto rate = findings::choose_rate(context, arm)->rate;
            const auto mean = mean_of({&context, context.find(arm, rate)}, material.metric);
            const std::string name = findings::text_of(arm);
            auto place = std::find(names.begin(), names.end(), name);
            if (place == names.end()) {
                place = names.insert(names.end(), name);
            }
            series.points.push_back(
                {static_cast<double>(place - names.begin()), mean.estimate, mean.low, mean.high,
                 Bound::none,
                 fmt::format("rate {}, {}", rate_text(rate), counted(mean.n, "trial"))});
            alt += fmt::format("{}, {}: {}. ", context.network, name, number(mean.estimate));
        }
        chart.series.push_back(std::move(series));
    }
    return {plain_id("arms-" + dataset),
            fmt::format("{} of every arm on {}", capital(text_of(material.metric)), dataset),
            "Means over seeds and divisions with 95 % intervals, each arm at its own best "
            "learning rate. Arms share seeds: differences are judged by pairs, above.",
            alt, std::move(chart)};
}

struct RateRow {
    const findings::Context* context;
    findings::Arm arm;
    findings::RateChoice choice;
    std::string tried;
};

std::vector<RateRow> rate_rows(const Material& material) {
    std::vector<RateRow> rows;
    for (const auto& context : material.contexts) {
        for (const auto& arm : context.arms()) {
            const auto rates = context.rates(arm);
            if (rates.size() < 2) {
                continue;
            }
            std::vector<std::string> tried;
            for (const double rate : rates) {
                const auto mean =
                    mean_of({&context, context.find(arm, rate)}, findings::Metric::val_auc);
                tried.push_back(
                    fmt::format("{}: {} ({})", rate_text(rate), number(mean.estimate), mean.n));
            }
            rows.push_back(
                {&context, arm, *findings::choose_rate(context, arm), core::join(tried)});
        }
    }
    return rows;
}

Table rate_table(const std::vector<RateRow>& rows) {
    using Row = RateRow;
    return {"rates",
            {
                column("network", rows, [](const Row& r) { return r.context->network; }),
                column("dataset", rows, [](const Row& r) { return r.context->dataset; }),
                column("arm", rows, [](const Row& r) { return findings::text_of(r.arm); }),
                column("chosen", rows, [](const Row& r) { return r.choice.rate; }),
                column("at_edge", rows,
                       [](const Row& r) { return std::string(r.choice.at_edge ? "yes" : ""); }),
                column("decided_by", rows,
                       [](const Row& r) { return static_cast<std::int64_t>(r.choice.replicates); }),
                column("val_auc_of_each", rows, [](const Row& r) { return r.tried; }),
            }};
}

// The columns of /trials that a reader looks for.
Table short_trials(const sweep::Record& record) {
    const Table all = trials_table(record);
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < all.rows(); ++row) {
        if (all.at("left_out").number(row) == 0) {
            rows.push_back(row);
        }
    }
    Table table{"trials", {}};
    for (const char* name :
         {"trial",    "network",        "dataset",       "split_seed",    "fold",
          "init",     "freeze",         "transfer",      "learning_rate", "seed",
          "state",    "best_phase",     "best_epoch",    "epochs_done",   "val_auc",
          "test_auc", "test_auc_micro", "test_accuracy", "test_loss",     "trainable_parameters",
          "seconds",  "attempts",       "mixed",         "message"}) {
        table.columns.push_back(gather(all.at(name), rows));
    }
    return table;
}

std::string among(const std::set<std::string>& values) {
    return core::join(std::vector<std::string>(values.begin(), values.end()), ", ");
}

struct Setting {
    std::string key, values, meaning;
};

std::vector<Setting> settings_of(const sweep::Record& record) {
    std::vector<Setting> rows;
    for (const auto& key : sweep::training_keys()) {
        std::set<std::string> values;
        for (const auto& trial : record.trials()) {
            if (!trial.left_out) {
                values.insert(sweep::text_of(key.value(trial.spec->training)));
            }
        }
        rows.push_back({std::string(key.name), among(values), std::string(key.help)});
    }
    return rows;
}

struct Device {
    std::string host, device, numerics;
    auto operator<=>(const Device&) const = default;
};

Table hardware_table(const sweep::Record& record) {
    std::map<Device, std::pair<std::int64_t, double>> found;  // attempts, seconds
    for (const auto& trial : record.trials()) {
        for (const auto& attempt : trial.attempts) {
            auto& [attempts, seconds] = found[{attempt.host, attempt.device, attempt.numerics}];
            ++attempts;
            seconds += attempt.end ? core::seconds_between(attempt.start, *attempt.end) : 0;
        }
    }
    using Row = std::pair<const Device, std::pair<std::int64_t, double>>;
    return {"hardware",
            {
                column("host", found, [](const Row& r) { return r.first.host; }),
                column("device", found, [](const Row& r) { return r.first.device; }),
                column("numerics", found, [](const Row& r) { return r.first.numerics; }),
                column("attempts", found, [](const Row& r) { return r.second.first; }),
                column("hours", found, [](const Row& r) { return r.second.second / 3600; }),
            }};
}

Table failure_table(const std::vector<Failure>& rows) {
    using Row = Failure;
    return {"failures",
            {
                column("what", rows, [](const Row& r) { return core::name_of(r.failure); }),
                column("then", rows, [](const Row& r) { return core::name_of(r.fate); }),
                column("trials", rows, [](const Row& r) { return std::ssize(r.trials); }),
                column("for_example", rows, [](const Row& r) { return r.trial->id.text(); }),
                column("message", rows, [](const Row& r) { return r.message; }),
            }};
}

}  // namespace

Chapter trials(const Material& material) {
    Chapter chapter{{}, {"arms", "Every arm and trial", {}}};
    auto& blocks = chapter.section.blocks;
    std::vector<CellRow> cells;
    for (const auto& context : material.contexts) {
        for (const auto& cell : context.cells) {
            cells.push_back({&context, &cell});
        }
    }
    for (const auto& dataset : material.datasets) {
        auto figure = arm_figure(material, dataset);
        if (!std::get<IntervalChart>(figure.chart).x.categories.empty()) {
            for (auto& part : divided(figure)) {
                blocks.emplace_back(std::move(part));
            }
        }
    }
    if (!cells.empty()) {
        blocks.emplace_back(Sheet{"arms", "Means of every arm",
                                  "Over seeds and divisions, with 95 % intervals by Student's t.",
                                  cell_table(material, cells)});
    }
    const auto rates = rate_rows(material);
    const auto edges = std::count_if(rates.begin(), rates.end(),
                                     [](const RateRow& row) { return row.choice.at_edge; });
    if (!rates.empty()) {
        blocks.emplace_back(
            Sheet{"rates", "Learning rates",
                  "The rate of each arm with the highest mean validation AUC, over the seeds and "
                  "divisions that all its rates have (decided_by). at_edge: it is the lowest or "
                  "highest that was tried, so a better one may lie beyond.",
                  rate_table(rates)});
    }
    if (edges > 0) {
        chapter.findings.push_back(
            {fmt::format("Of {} choices of a learning rate {} lie at the edge of what was tried: "
                         "a better rate may lie beyond it, and change what is said of that arm.",
                         rates.size(), edges),
             Tone::warning});
    }
    if (!material.source.record.trials().empty()) {
        blocks.emplace_back(Sheet{"trials", "Every trial",
                                  "As in the store (docs/store.md), with the columns that matter "
                                  "most. test_: of the best checkpoint, scored once.",
                                  short_trials(material.source.record), true});
    }
    return chapter;
}

Chapter provenance(const Material& material) {
    const auto& record = material.source.record;
    Chapter chapter{{}, {"provenance", "Where this comes from", {}}};
    auto& blocks = chapter.section.blocks;
    const auto failures = failures_of(record);
    if (failures.empty()) {
        blocks.emplace_back(Paragraph{"No trial failed, diverged or had to be tried again."});
    } else {
        blocks.emplace_back(Sheet{"failures", "What went wrong",
                                  "failed: given up; goes_on: waits or runs again; recovered: has "
                                  "its result all the same; diverged: the loss was not finite, a "
                                  "result with its best checkpoint before.",
                                  failure_table(failures)});
    }
    blocks.emplace_back(Sheet{"hardware", "What it ran on",
                              "Equal numerics give equal bits (docs/verify.md).",
                              hardware_table(record)});
    blocks.emplace_back(Sheet{"starts", "Starts of the program", "Times are UTC seconds.",
                              provenance_table(record), true});
    const auto settings = settings_of(record);
    blocks.emplace_back(
        Sheet{"settings",
              "Settings",
              "Every [training] key with all its values in this sweep (docs/sweep-file.md).",
              {"settings",
               {
                   column("key", settings, [](const Setting& s) { return s.key; }),
                   column("values", settings, [](const Setting& s) { return s.values; }),
                   column("meaning", settings, [](const Setting& s) { return s.meaning; }),
               }},
              true});
    return chapter;
}

}  // namespace graft::results::report
