// SPDX-License-Identifier: Apache-2.0
#include "results/tables.hpp"

#include <cmath>

#include <fmt/ranges.h>

#include "core/text.hpp"

#include "sweep/dataset_row.hpp"
#include "sweep/network_name.hpp"
#include "sweep/split_axis.hpp"

#include "results/floor.hpp"
#include "results/row_cache.hpp"

namespace graft::results {

namespace {

using sweep::Trial;
using Sources = std::vector<LazyTable::Source>;

// As column(), made when it is asked for. `rows` must live as long.
template <class Rows, class Value>
LazyTable::Source source(std::string name, const Rows& rows, Value value) {
    return {name, [name, &rows, value] { return column(name, rows, value); }};
}

double seconds_of(core::WallTime time) {
    return static_cast<double>(time.micros) * 1e-6;
}

void append(Sources& columns, Sources more) {
    std::move(more.begin(), more.end(), std::back_inserter(columns));
}

const sweep::TrialResult* result_of(const Trial& trial) {
    return sweep::result_of(trial.state);
}

// Empty until the trial has ended: half-trained numbers would slip into averages.
const sweep::Best* best_of(const Trial& trial) {
    const auto* result = result_of(trial);
    return result && result->best ? &*result->best : nullptr;
}

std::string message_of(const Trial& trial) {
    if (const auto* failed = std::get_if<sweep::Failed>(&trial.state)) {
        return failed->message;
    }
    if (const auto* stopped = std::get_if<sweep::Stopped>(&trial.state)) {
        return fmt::format("stopped after {}: {}",
                           core::counted(static_cast<std::size_t>(stopped->epoch), "epoch"),
                           stopped->reason);
    }
    const auto* result = result_of(trial);
    if (result && result->diverged_epoch > 0) {
        return fmt::format("the loss was not finite in epoch {} of {}", result->diverged_epoch,
                           core::name_of(result->diverged_phase));
    }
    return {};
}

// A key whose default is a text ("network", "same") is a text column whatever stands in the file;
// the others are numbers (true is 1): the type of a column never depends on the sweep.
LazyTable::Source training_column(const std::vector<Trial>& trials, const sweep::TrainingKey& key) {
    const std::string name(key.name);
    const auto as_default = key.value(sweep::Training{});
    if (std::holds_alternative<std::string>(as_default)) {
        return source(name, trials, [&key](const Trial& trial) {
            return sweep::text_of(key.value(trial.spec->training));
        });
    }
    const auto number = [&key](const Trial& trial) {
        const auto value = key.value(trial.spec->training);
        if (const auto* yes = std::get_if<bool>(&value)) {
            return *yes ? 1.0 : 0.0;
        }
        const auto* integer = std::get_if<std::int64_t>(&value);
        return integer ? static_cast<double>(*integer) : std::get<double>(value);
    };
    if (std::holds_alternative<double>(as_default)) {
        return source(name, trials, number);
    }
    return source(name, trials, [number](const Trial& trial) {
        return static_cast<std::int64_t>(number(trial));
    });
}

Sources specification(const sweep::Record& record) {
    const auto& trials = record.trials();
    const auto seeds = sweep::split_seeds(record.sweep_file());
    const auto split_seed = [seeds](const Trial& trial) {
        return sweep::split_seed_of(trial.spec->dataset, seeds);
    };
    const auto dataset = [](const Trial& t) { return sweep::split_name(t.spec->dataset).dataset; };
    Sources columns{
        source("trial", trials, [](const Trial& t) { return t.id.text(); }),
        source("network", trials,
               [](const Trial& t) { return sweep::network_label(t.spec->network); }),
        source("dataset", trials, dataset),
        source("init", trials, [](const Trial& t) { return t.spec->init_text; }),
        source("freeze", trials, [](const Trial& t) { return t.spec.freeze; }),
        source("seed", trials, [](const Trial& t) { return t.spec.seed; }),
        source("split_seed", trials, split_seed),
        source("fold", trials, [](const Trial& t) { return t.spec->fold.number; }),
        source("folds", trials, [](const Trial& t) { return t.spec->fold.of; }),
    };
    for (const auto& key : sweep::training_keys()) {
        columns.push_back(training_column(trials, key));
    }
    append(columns,
           {
               source("dataset_fingerprint", trials,
                      [](const Trial& t) { return t.spec->dataset_fingerprint; }),
               source("weights_hash", trials, [](const Trial& t) { return t.spec->weights_hash; }),
               source("recipe", trials, [](const Trial& t) { return t.spec->recipe; }),
               source("input_size", trials, [](const Trial& t) { return t.work.image_size; }),
               source("layers", trials, [](const Trial& t) { return t.work.layers; }),
               source("frozen_layers", trials, [](const Trial& t) { return t.work.frozen_layers; }),
               source("parameters", trials, [](const Trial& t) { return t.work.parameters; }),
               source("trainable_parameters", trials,
                      [](const Trial& t) { return t.work.trainable_parameters; }),
               source("multiply_adds", trials,
                      [](const Trial& t) { return sweep::total_multiply_adds(t.work); }),
               source("train_images", trials, [](const Trial& t) { return t.work.train_images; }),
               source("test_images", trials, [](const Trial& t) { return t.work.test_images; }),
           });
    return columns;
}

// The columns <part>_loss ... of one part; `metrics` gives null where there are none.
template <class Rows, class Of>
Sources metric_columns(const std::string& part, const Rows& rows, Of metrics) {
    const auto one = [&](const char* name, double sweep::Metrics::*member) {
        return source(part + name, rows, [metrics, member](const auto& row) {
            const sweep::Metrics* found = metrics(row);
            return found ? found->*member : NAN;
        });
    };
    return {one("_loss", &sweep::Metrics::loss), one("_accuracy", &sweep::Metrics::accuracy),
            one("_auc", &sweep::Metrics::auc), one("_auc_micro", &sweep::Metrics::auc_micro),
            one("_auc_macro", &sweep::Metrics::auc_macro)};
}

Sources floor_columns(const sweep::Record& record) {
    using Counts = std::vector<std::int64_t> sweep::DatasetReady::*;
    using Floor = double (*)(std::span<const std::int64_t>, std::span<const std::int64_t>);
    const auto one = [&](const char* name, Counts counts, Floor floor) {
        return source(name, record.trials(), [&record, counts, floor](const Trial& trial) {
            const auto* data = sweep::dataset_row(record, trial);
            return data ? floor(data->train_counts, data->*counts) : NAN;
        });
    };
    using Ready = sweep::DatasetReady;
    return {one("val_auc_floor", &Ready::validation_counts, auc_floor),
            one("test_auc_floor", &Ready::test_counts, auc_floor),
            one("val_auc_micro_floor", &Ready::validation_counts, micro_floor),
            one("test_auc_micro_floor", &Ready::test_counts, micro_floor)};
}

Sources outcome(const std::vector<Trial>& trials, const RowCache* cache) {
    const auto epochs_done = [&trials, cache](const Trial& trial) {
        const auto index = static_cast<std::size_t>(&trial - trials.data());
        return std::ssize(trial.rows) +
               static_cast<std::ptrdiff_t>(cache ? cache->rows_of(index) : 0);
    };
    const auto best_phase = [](const Trial& trial) {
        const auto* best = best_of(trial);
        return best ? core::name_of(best->phase) : std::string_view();
    };
    const auto file = [](const char* name, auto member) {
        return [name, member](const Trial& trial) {
            const auto* result = result_of(trial);
            return result && !(result->*member).name.empty()
                       ? fmt::format("trials/{}/{}", trial.id.text(), name)
                       : std::string();
        };
    };
    Sources columns{
        source("state", trials, [](const Trial& t) { return sweep::name_of(t.state); }),
        source("left_out", trials, [](const Trial& t) { return t.left_out; }),
        source("epochs_done", trials, epochs_done),
        source("best_phase", trials, best_phase),
        source("best_epoch", trials,
               [](const Trial& t) { return best_of(t) ? best_of(t)->epoch : 0; }),
    };
    append(columns, metric_columns("val", trials, [](const Trial& trial) {
               const auto* best = best_of(trial);
               return best ? &best->validation : nullptr;
           }));
    append(columns, metric_columns("test", trials, [](const Trial& trial) {
               const auto* result = result_of(trial);
               return result ? &result->test : nullptr;
           }));
    append(
        columns,
        {
            source("seconds", trials, [](const Trial& t) { return t.seconds; }),
            source("attempts", trials, [](const Trial& t) { return std::ssize(t.attempts); }),
            source("mixed", trials, [](const Trial& t) { return t.mixed(); }),
            source("message", trials, message_of),
            source("weights", trials, file("best.h5", &sweep::TrialResult::weights)),
            source("predictions", trials, file("predictions.h5", &sweep::TrialResult::predictions)),
        });
    return columns;
}

}  // namespace

std::vector<std::string> setting_columns() {
    std::vector<std::string> names{"network", "dataset", "init", "freeze"};
    for (const auto& key : sweep::training_keys()) {
        names.emplace_back(key.name);
    }
    names.insert(names.end(), {"folds", "dataset_fingerprint", "weights_hash", "recipe"});
    return names;
}

LazyTable trial_columns(const sweep::Record& record, const RowCache* cache) {
    const auto& trials = record.trials();
    Sources sources = specification(record);
    append(sources, outcome(trials, cache));
    append(sources, floor_columns(record));
    return {"trials", trials.size(), std::move(sources)};
}

Table trials_table(const sweep::Record& record) {
    return trial_columns(record, nullptr).whole();
}

Table attempts_table(const sweep::Record& record) {
    struct Row {
        const Trial* trial;
        const sweep::Attempt* attempt;
    };
    std::vector<Row> rows;
    for (const auto& trial : record.trials()) {
        for (const auto& attempt : trial.attempts) {
            rows.push_back({&trial, &attempt});
        }
    }
    const auto slots = [](Row r) {
        std::vector<std::string> texts;
        for (const auto slot : r.attempt->slots) {
            texts.push_back(std::to_string(slot.value));
        }
        return core::join(texts, ",");
    };
    const auto end = [](Row r) { return r.attempt->end ? seconds_of(*r.attempt->end) : NAN; };
    const auto ending = [](Row r) {
        return r.attempt->ending ? sweep::kind_of(*r.attempt->ending) : "running";
    };
    const auto message = [](Row r) {
        return r.attempt->ending ? sweep::text_of(*r.attempt->ending) : std::string();
    };
    return {"attempts",
            {
                column("trial", rows, [](Row r) { return r.trial->id.text(); }),
                column("attempt", rows, [](Row r) { return r.attempt->number; }),
                column("cohort", rows,
                       [](Row r) { return static_cast<std::int64_t>(r.attempt->cohort.value); }),
                column("rank", rows, [](Row r) { return r.attempt->rank.value; }),
                column("slots", rows, slots),
                column("host", rows, [](Row r) { return r.attempt->host; }),
                column("device", rows, [](Row r) { return r.attempt->device; }),
                column("numerics", rows, [](Row r) { return r.attempt->numerics; }),
                column("start", rows, [](Row r) { return seconds_of(r.attempt->start); }),
                column("end", rows, end),
                column("ending", rows, ending),
                column("message", rows, message),
                column("saves", rows, [](Row r) { return r.attempt->saves; }),
            }};
}

}  // namespace graft::results
