// SPDX-License-Identifier: Apache-2.0
#include "sweep/grid.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_set>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/axes.hpp"

namespace graft::sweep {

namespace {

using core::Value;

// An axis of one block: a key and the values it takes.
struct Axis {
    Axis(std::string its_key, std::vector<Value> its_values)
        : key(std::move(its_key)),
          values(std::move(its_values)),
          training(find_training_key(key)),
          checked(values.size()) {}

    std::string key;
    std::vector<Value> values;
    const TrainingKey* training;  // null: a key of the block
    std::vector<bool> checked;    // by value: it was read once, and fits
};

// Answers of the context, asked for once each.
class Answers {
  public:
    explicit Answers(const GridContext& context) : context_(context) {}

    const std::string& fingerprint(const NamedTable& dataset) {
        auto [place, is_new] = fingerprints_.try_emplace(dataset.name);
        if (is_new) {
            place->second = context_.fingerprint(dataset);
        }
        return place->second;
    }
    const std::string& weights_hash(const std::string& network, const std::string& init,
                                    const core::Place& place) {
        auto [found, is_new] = hashes_.try_emplace({network, init});
        if (is_new) {
            found->second = context_.weights_hash(network, init, place);
        }
        return found->second;
    }

  private:
    const GridContext& context_;
    std::map<std::string, std::string> fingerprints_;
    std::map<std::pair<std::string, std::string>, std::string> hashes_;
};

const Value* required(const NamedTable& block, std::string_view key) {
    if (const auto* entry = block.table.find(key)) {
        return &entry->value;
    }
    core::fail_input("{}: this [[grid]] block has no '{}'. Add {} = ...", block.place.text(), key,
                     key);
}

// The axis of a [training] key for one dataset: from the block, else [datasets.X], else
// [training]; nothing when none names it.
std::optional<Axis> training_axis(const SweepFile& file, const NamedTable& block,
                                  const NamedTable& dataset, std::string_view key) {
    for (const auto* table : {&block.table, &dataset.table, &file.training}) {
        if (const auto* entry = table->find(key)) {
            return Axis{std::string(key), axis_values(key, entry->value)};
        }
    }
    return std::nullopt;
}

std::string choice(const Value& value, std::string_view key,
                   const std::vector<std::string>& known) {
    const std::string& text = core::as_string(key, value);
    if (std::find(known.begin(), known.end(), text) == known.end()) {
        core::fail_choice(key, value, known);
    }
    return text;
}

std::string network_name(const Value& value, const GridContext& context) {
    const auto known = choice(value, "network", context.networks);
    const auto from_file = context.networks_from_files.find(known);
    return from_file == context.networks_from_files.end() ? known : from_file->second;
}

void apply_value(TrialSpec& spec, Axis& axis, std::size_t number) {
    const std::string& key = axis.key;
    const Value& value = axis.values[number];
    if (axis.training && axis.checked[number]) {
        axis.training->read(spec.training, key, value);
    } else if (axis.training) {
        read_training_value(spec.training, key, value);
        axis.checked[number] = true;
    } else if (key == "init") {
        spec.init_text = core::as_string(key, value);
        spec.init = spec.init_text == "random"     ? Init::random
                    : spec.init_text == "mean_var" ? Init::mean_var
                                                   : Init::pretrained;
    } else if (key == "freeze") {
        spec.freeze = core::as_double(key, value, 0, 100);
    } else {
        spec.seed = core::as_int(key, value, 0, std::int64_t{1} << 53);
    }
}

// Sets `spec` to every combination of the axes in turn, the last axis running fastest, and calls
// `use` with it and the value of `init`.
template <class Use>
void for_each_point(std::vector<Axis>& axes, TrialSpec& spec, std::size_t depth, const Value* init,
                    const Use& use) {
    if (depth == axes.size()) {
        use(spec, *init);
        return;
    }
    Axis& axis = axes[depth];
    for (std::size_t i = 0; i < axis.values.size(); ++i) {
        apply_value(spec, axis, i);
        for_each_point(axes, spec, depth + 1, axis.key == "init" ? &axis.values[i] : init, use);
    }
}

// A trial's name as a number: it is one, in hexadecimal digits.
std::uint64_t number_of(const TrialId& id) {
    std::uint64_t number = 0;
    std::from_chars(id.value.data(), id.value.data() + id.value.size(), number, 16);
    return number;
}

std::size_t product_of(const std::vector<Axis>& axes) {
    std::size_t product = 1;
    for (const auto& axis : axes) {
        product *= axis.values.size();
    }
    return product;
}

// Adds the points of one network on one dataset to the grid.
class Points {
  public:
    Points(Grid& grid, Answers& answers) : grid_(grid), answers_(answers) {}

    void add(std::vector<Axis>& axes, TrialSpec spec) {
        make_room(product_of(axes));
        const Value* hashed = nullptr;  // the init that spec.weights_hash is of
        for_each_point(axes, spec, 0, nullptr, [&](TrialSpec& point, const Value& init) {
            if (hashed != &init) {
                hashed = &init;
                point.weights_hash =
                    point.init == Init::random
                        ? ""
                        : answers_.weights_hash(point.network, point.init_text, init.place);
            }
            if (seen_.insert(number_of(trial_id(point))).second) {
                grid_.trials.push_back(point);
            } else {
                ++grid_.duplicates;
            }
        });
    }

  private:
    // Twice what is there at least: a grid comes in many products.
    void make_room(std::size_t more) {
        const std::size_t size = grid_.trials.size() + more;
        if (size > grid_.trials.capacity()) {
            const std::size_t room = std::max(size, 2 * grid_.trials.size());
            grid_.trials.reserve(room);
            seen_.reserve(room);
        }
    }

    Grid& grid_;
    Answers& answers_;
    std::unordered_set<std::uint64_t> seen_;
};

std::vector<Axis> axes_of(const SweepFile& file, const NamedTable& block,
                          const NamedTable& dataset) {
    std::vector<Axis> axes{{"init", axis_values("init", *required(block, "init"))}};
    for (const std::string key : {"freeze", "seed"}) {
        if (const auto* entry = block.table.find(key)) {
            axes.push_back({key, axis_values(key, entry->value)});
        }
    }
    for (const auto& key : training_keys()) {
        if (auto axis = training_axis(file, block, dataset, key.name)) {
            axes.push_back(std::move(*axis));
        }
    }
    return axes;
}

// Adds the points of a product to `points`, before any of them is made.
void count_points(const SweepFile& file, const NamedTable& block, const std::vector<Axis>& axes,
                  std::uint64_t most, std::uint64_t& points) {
    std::uint64_t product = 1;
    for (const auto& axis : axes) {
        const std::uint64_t values = axis.values.size();
        if (values > 0 && product > most / values) {
            product = most + 1;
            break;
        }
        product *= values;
    }
    points += product;
    if (points > most) {
        core::fail_input(
            "{}: the grid has more than {} points (the product of its lists is too large). Shorten "
            "the lists of this [[grid]] block, or of [training] in '{}'.",
            block.place.text(), most, file.path.string());
    }
}

std::vector<std::string> dataset_names(const SweepFile& file) {
    std::vector<std::string> names;
    for (const auto& dataset : file.datasets) {
        names.push_back(dataset.name);
    }
    return names;
}

}  // namespace

Grid expand(const SweepFile& file, const GridContext& context) {
    Grid grid;
    Answers answers(context);
    Points grid_points(grid, answers);
    std::uint64_t points = 0;
    for (const auto& block : file.grid) {
        for (const auto& network : axis_values("network", *required(block, "network"))) {
            for (const auto& name : axis_values("dataset", *required(block, "dataset"))) {
                TrialSpec spec;
                spec.network = network_name(network, context);
                spec.dataset = choice(name, "dataset", dataset_names(file));
                const NamedTable& dataset = *file.dataset(spec.dataset);
                auto axes = axes_of(file, block, dataset);
                count_points(file, block, axes, context.most_points, points);
                spec.dataset_fingerprint = answers.fingerprint(dataset);
                grid_points.add(axes, std::move(spec));
            }
        }
    }
    return grid;
}

}  // namespace graft::sweep
