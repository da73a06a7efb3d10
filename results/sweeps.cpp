// SPDX-License-Identifier: Apache-2.0
#include "results/sweeps.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <unordered_map>

#include "results/tables.hpp"

namespace graft::results {

namespace {

// One sweep's table, and which of its rows count.
struct Part {
    std::string sweep;
    std::unique_ptr<Columns> columns;
    std::optional<std::vector<std::size_t>> rows;  // none: all
    std::size_t count() const { return rows ? rows->size() : columns->rows(); }
};

void append(Column& to, const Column& from) {
    if (auto* integers = std::get_if<Integers>(&to.data)) {
        const auto& more = std::get<Integers>(from.data);
        integers->insert(integers->end(), more.begin(), more.end());
    } else if (auto* numbers = std::get_if<Numbers>(&to.data)) {
        const auto& more = std::get<Numbers>(from.data);
        numbers->insert(numbers->end(), more.begin(), more.end());
    } else {
        auto& texts = std::get<Texts>(to.data);
        const auto& more = std::get<Texts>(from.data);
        for (std::size_t row = 0; row < more.size(); ++row) {
            texts.add(more.at(row));
        }
    }
}

// The parts' rows one after the other.
class Joined : public Columns {
  public:
    Joined(std::string table, std::vector<Part> parts)
        : Columns(std::move(table)), parts_(std::move(parts)) {}

    std::size_t rows() const override {
        std::size_t rows = 0;
        for (const auto& part : parts_) {
            rows += part.count();
        }
        return rows;
    }
    std::vector<std::string> column_names() const override {
        auto names = parts_.front().columns->column_names();
        names.insert(names.begin(), "sweep");
        return names;
    }
    const Column* find(std::string_view column) const override {
        if (parts_.size() == 1 && !parts_.front().rows && column != "sweep") {
            return parts_.front().columns->find(column);
        }
        const auto known = made_.find(column);
        if (known != made_.end()) {
            return &known->second;
        }
        if (column != "sweep" && !parts_.front().columns->find(column)) {
            return nullptr;
        }
        return &made_.emplace(column, column == "sweep" ? sweeps() : joined(column)).first->second;
    }

  private:
    Column sweeps() const {
        std::vector<std::string> names;
        std::vector<std::uint32_t> codes;
        for (const auto& part : parts_) {
            codes.insert(codes.end(), part.count(), static_cast<std::uint32_t>(names.size()));
            names.push_back(part.sweep);
        }
        return {"sweep", Texts(std::move(names), std::move(codes))};
    }
    Column joined(std::string_view column) const {
        std::optional<Column> whole;
        for (const auto& part : parts_) {
            const Column& source = part.columns->at(column);
            Column more = part.rows ? gather(source, *part.rows) : source;
            if (whole) {
                append(*whole, more);
            } else {
                whole = std::move(more);
            }
        }
        return std::move(*whole);
    }

    std::vector<Part> parts_;
    mutable std::map<std::string, Column, std::less<>> made_;
};

// More is better: a result, that of a stopped trial, an attempt, none.
int knowledge(const sweep::Trial& trial) {
    if (sweep::result_of(trial.state)) {
        return std::holds_alternative<sweep::Stopped>(trial.state) ? 2 : 3;
    }
    return trial.attempts.empty() ? 0 : 1;
}

}  // namespace

Sweeps::Sweeps(std::vector<Asked> sweeps) : sweeps_(std::move(sweeps)) {
    choose();
}

void Sweeps::choose() {
    struct Place {
        std::size_t sweep, trial;
        bool repeated = false;
    };
    std::unordered_map<sweep::TrialId, Place> best;
    for (std::size_t s = 0; s < sweeps_.size(); ++s) {
        const auto& trials = sweeps_[s].record->trials();
        kept_.emplace_back(trials.size(), true);
        for (std::size_t t = 0; t < trials.size() && sweeps_.size() > 1; ++t) {
            const auto [place, is_new] = best.try_emplace(trials[t].id, Place{s, t});
            if (is_new) {
                continue;
            }
            repeated_ += place->second.repeated ? 0 : 1;
            place->second.repeated = true;
            const auto& other = sweeps_[place->second.sweep].record->trials();
            if (knowledge(trials[t]) > knowledge(other[place->second.trial])) {
                kept_[place->second.sweep][place->second.trial] = false;
                place->second = {s, t, true};
            } else {
                kept_[s][t] = false;
            }
        }
    }
}

std::size_t Sweeps::epochs_of(std::size_t sweep, std::size_t trial) const {
    const auto& one = sweeps_[sweep];
    return one.record->trials()[trial].rows.size() + (one.cache ? one.cache->rows_of(trial) : 0);
}

std::vector<std::size_t> Sweeps::trials_of_epochs() const {
    std::vector<std::size_t> found;
    found.reserve(table("epochs").rows());
    std::size_t row = 0;
    for (std::size_t s = 0; s < sweeps_.size(); ++s) {
        for (std::size_t t = 0; t < kept_[s].size(); ++t) {
            if (kept_[s][t]) {
                found.insert(found.end(), epochs_of(s, t), row++);
            }
        }
    }
    return found;
}

namespace {

LazyTable trials_of(const Asked& asked) {
    const auto checkpoint = [asked] {
        const auto trials = trial_columns(*asked.record, asked.cache);
        const Column& weights = trials.at("weights");
        std::vector<std::size_t> rows(weights.size());
        const auto& texts = std::get<Texts>(weights.data);
        std::size_t row = 0;
        return column("checkpoint", rows, [&](std::size_t) {
            const auto& file = texts.at(row++);
            return file.empty() ? file : (asked.directory / file).string();
        });
    };
    return trial_columns(*asked.record, asked.cache).with({{"checkpoint", checkpoint}});
}

std::unique_ptr<Columns> columns_of(const Asked& asked, std::string_view name) {
    if (name == "trials") {
        return std::make_unique<LazyTable>(trials_of(asked));
    }
    if (name == "epochs") {
        return std::make_unique<LazyTable>(epoch_columns(*asked.record, asked.cache));
    }
    for (const auto make : {attempts_table, datasets_table, skipped_table, provenance_table}) {
        Table table = make(*asked.record);
        if (table.name == name) {
            return std::make_unique<Table>(std::move(table));
        }
    }
    throw std::logic_error("a table of a sweep that nobody made");
}

}  // namespace

std::unique_ptr<Columns> Sweeps::make(std::string_view name) const {
    const auto rows_of_trial = [&](std::size_t s, std::size_t t) -> std::size_t {
        return name == "trials"     ? 1
               : name == "epochs"   ? epochs_of(s, t)
               : name == "attempts" ? sweeps_[s].record->trials()[t].attempts.size()
                                    : 0;
    };
    std::vector<Part> parts;
    for (std::size_t s = 0; s < sweeps_.size(); ++s) {
        Part part{sweeps_[s].name, columns_of(sweeps_[s], name), std::nullopt};
        const bool dropped = std::find(kept_[s].begin(), kept_[s].end(), false) != kept_[s].end();
        if (dropped && part.columns->find("trial")) {
            part.rows.emplace();
            std::size_t row = 0;
            for (std::size_t t = 0; t < kept_[s].size(); ++t) {
                for (std::size_t i = rows_of_trial(s, t); i > 0; --i, ++row) {
                    if (kept_[s][t]) {
                        part.rows->push_back(row);
                    }
                }
            }
        }
        parts.push_back(std::move(part));
    }
    return std::make_unique<Joined>(std::string(name), std::move(parts));
}

const Columns& Sweeps::table(std::string_view name) const {
    auto& table = tables_[std::string(name)];
    if (!table) {
        table = make(name);
    }
    return *table;
}

}  // namespace graft::results
