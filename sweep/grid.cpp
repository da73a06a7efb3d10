// SPDX-License-Identifier: Apache-2.0
#include "sweep/grid.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_set>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/axes.hpp"
#include "sweep/effects.hpp"

namespace graft::sweep {

namespace {

using core::Value;

constexpr const char *kFoldsKey = "folds", *kFoldKey = "fold";

// An axis of one block: a [training] key and the values it takes.
struct Axis {
    Axis(const TrainingKey& its_key, const core::Entry& entry)
        : key(&its_key),
          values(axis_values(its_key.name, entry.value)),
          checked(values.size()),
          written{&entry, 0} {}

    const TrainingKey* key;
    std::vector<Value> values;
    std::vector<bool> checked;  // by value: it was read once, and fits
    Written written;            // the value of the combination at hand
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
                                  const NamedTable& dataset, const TrainingKey& key) {
    for (const auto* table : {&block.table, &dataset.table, &file.training}) {
        if (const auto* entry = table->find(key.name)) {
            return Axis(key, *entry);
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

void apply_init(TrialSettings& settings, const Value& value) {
    settings.init_text = core::as_string("init", value);
    settings.init = settings.init_text == "random"     ? Init::random
                    : settings.init_text == "mean_var" ? Init::mean_var
                                                       : Init::pretrained;
}

void apply_value(Training& training, Axis& axis, std::size_t number) {
    const Value& value = axis.values[number];
    axis.written.number = number;
    if (axis.checked[number]) {
        axis.key->read(training, axis.key->name, value);
    } else {
        read_training_value(training, axis.key->name, value);
        axis.checked[number] = true;
    }
}

// Sets `training` to every combination of the axes in turn, the last axis running fastest, and
// calls `use` for each.
template <class Use>
void for_each_combination(std::vector<Axis>& axes, Training& training, std::size_t depth,
                          const Use& use) {
    if (depth == axes.size()) {
        use();
        return;
    }
    for (std::size_t i = 0; i < axes[depth].values.size(); ++i) {
        apply_value(training, axes[depth], i);
        for_each_combination(axes, training, depth + 1, use);
    }
}

// The axes of one network on one dataset, the slowest first.
struct Product {
    std::vector<Value> inits;
    std::vector<double> freezes;
    std::vector<std::int64_t> seeds;
    std::vector<Axis> training;

    std::size_t combinations() const {
        std::size_t product = 1;
        for (const auto& axis : training) {
            product *= axis.values.size();
        }
        return product;
    }
};

// Adds the points of one network on one dataset to the grid.
class Points {
  public:
    Points(Grid& grid, Answers& answers) : grid_(grid), answers_(answers) {}

    void add(Product& product, TrialSettings settings) {
        const std::size_t combinations = product.combinations();
        const std::size_t of_init = product.freezes.size() * product.seeds.size() * combinations;
        if (of_init == 0) {
            return;
        }
        std::size_t first = grid_.trials.size();  // of an init and a combination
        make_room(product.inits.size() * of_init);
        for (const auto& init : product.inits) {
            apply_init(settings, init);
            std::size_t place = first;
            Training written;
            for_each_combination(product.training, written, 0, [&] {
                settings.training = written;
                settle(settings, product.training);
                if (place == first) {
                    settings.weights_hash =
                        settings.init == Init::random
                            ? ""
                            : answers_.weights_hash(settings.network, settings.init_text,
                                                    init.place);
                }
                put(product, TrialSpec(settings), place++, combinations);
            });
            first += of_init;
        }
    }

    // Leaves out all but the first of equal points.
    void drop_duplicates() {
        auto sorted = names_;
        std::sort(sorted.begin(), sorted.end());
        std::unordered_set<std::uint64_t> twice;
        for (auto at = sorted.begin(); (at = std::adjacent_find(at, sorted.end())) != sorted.end();
             ++at) {
            twice.insert(*at);
        }
        if (twice.empty()) {
            return;
        }
        std::unordered_set<std::uint64_t> seen;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < names_.size(); ++i) {
            if (!twice.contains(names_[i]) || seen.insert(names_[i]).second) {
                grid_.trials[kept++] = grid_.trials[i];
            }
        }
        grid_.duplicates = names_.size() - kept;
        grid_.trials.resize(kept);
    }

    // Throws InputError for a value that counts in no point.
    void check_effects() const { effects_.check(); }

  private:
    // What the combination's values come to, as far as they fit one another.
    void settle(TrialSettings& settings, const std::vector<Axis>& axes) {
        for (const Axis& axis : axes) {
            effects_.note(*axis.key, settings.training, axis.written);
        }
        forget_idle(settings.training);
        const double grows = settings.training.schedule.rate_warmup_epochs;
        if (grows > 0 && grows > fine_tune_epochs(TrialSpec(settings))) {
            fail_long_growth(settings, axes);
        }
    }

    [[noreturn]] static void fail_long_growth(const TrialSettings& settings,
                                              const std::vector<Axis>& axes) {
        const auto written = std::find_if(axes.begin(), axes.end(), [](const Axis& axis) {
            return axis.key->name == "rate_warmup_epochs";
        });
        core::fail_input(
            "{}: 'rate_warmup_epochs' is {} (longer than the {} epochs after the head's warm-up, "
            "of which it is a part). Shorten it, or raise 'epochs'.",
            written->written.entry->value.place.text(),
            core::shortest(settings.training.schedule.rate_warmup_epochs),
            fine_tune_epochs(TrialSpec(settings)));
    }

    // One combination's points stand apart by the number of combinations. They share its settings.
    void put(const Product& product, TrialSpec point, std::size_t place, std::size_t apart) {
        for (const double freeze : product.freezes) {
            for (const std::int64_t seed : product.seeds) {
                point.freeze = freeze;
                point.seed = seed;
                names_[place] = trial_id(point).number();
                grid_.trials[place] = point;
                place += apart;
            }
        }
    }

    // Twice what is there at least: a grid comes in many products.
    void make_room(std::size_t more) {
        const std::size_t size = grid_.trials.size() + more;
        if (size > grid_.trials.capacity()) {
            const std::size_t room = std::max(size, 2 * grid_.trials.size());
            grid_.trials.reserve(room);
            names_.reserve(room);
        }
        grid_.trials.resize(size);
        names_.resize(size);
    }

    Grid& grid_;
    Answers& answers_;
    Effects effects_;
    std::vector<std::uint64_t> names_;  // of the grid's trials
};

// The values of a key of the block, each read; `otherwise` where it has none.
template <class T, class Read>
std::vector<T> values_of(const NamedTable& block, const std::string& key, T otherwise,
                         const Read& read) {
    const auto* entry = block.table.find(key);
    if (!entry) {
        return {otherwise};
    }
    std::vector<T> values;
    for (const auto& value : axis_values(key, entry->value)) {
        values.push_back(read(key, value));
    }
    return values;
}

Product product_of(const SweepFile& file, const NamedTable& block, const NamedTable& dataset) {
    Product product;
    product.inits = axis_values("init", *required(block, "init"));
    const TrialSpec usual;
    product.freezes = values_of(block, "freeze", usual.freeze, [](const auto& key, const auto& v) {
        return core::as_double(key, v, 0, 100);
    });
    product.seeds = values_of(block, "seed", usual.seed, [](const auto& key, const auto& v) {
        return core::as_int(key, v, 0, std::int64_t{1} << 53);
    });
    for (const auto& key : training_keys()) {
        if (auto axis = training_axis(file, block, dataset, key)) {
            product.training.push_back(std::move(*axis));
        }
    }
    return product;
}

// The folds of a dataset that a block asks for: all of them, or those of its `fold`; one that is
// none where the dataset has no folds.
std::vector<Fold> folds_of(const NamedTable& block, const NamedTable& dataset) {
    const auto* folds = dataset.table.find(kFoldsKey);
    const auto* wanted = block.table.find(kFoldKey);
    if (!folds) {
        if (wanted) {
            core::fail_input(
                "{}: '{}' chooses among folds (dataset '{}' has none). Write folds = 5 in "
                "[datasets.{}], or leave '{}' out of this block.",
                wanted->value.place.text(), kFoldKey, dataset.name, dataset.name, kFoldKey);
        }
        return {Fold{}};
    }
    Fold fold;  // whoever reads the dataset's settings knows how many folds there can be at most
    fold.of = static_cast<std::int32_t>(core::as_int(kFoldsKey, folds->value, 2, INT32_MAX));
    if (const auto* seed = dataset.table.find("split_seed")) {
        fold.split_seed = core::as_int(seed->key, seed->value, 0, std::int64_t{1} << 53);
    }
    std::vector<std::int64_t> numbers;
    if (wanted) {
        for (const auto& value : axis_values(kFoldKey, wanted->value)) {
            numbers.push_back(core::as_int(kFoldKey, value, 1, fold.of));
        }
    } else {
        numbers.resize(static_cast<std::size_t>(fold.of));
        std::iota(numbers.begin(), numbers.end(), 1);
    }
    std::vector<Fold> chosen;
    for (const auto number : numbers) {
        fold.number = static_cast<std::int32_t>(number);
        chosen.push_back(fold);
    }
    return chosen;
}

// Adds the points of a product to `points`, before any of them is made.
void count_points(const SweepFile& file, const NamedTable& block, const Product& product,
                  std::uint64_t most, std::uint64_t& points) {
    std::vector<std::uint64_t> sizes{product.inits.size(), product.freezes.size(),
                                     product.seeds.size()};
    for (const auto& axis : product.training) {
        sizes.push_back(axis.values.size());
    }
    std::uint64_t size = 1;
    for (const auto values : sizes) {
        if (values > 0 && size > most / values) {
            size = most + 1;
            break;
        }
        size *= values;
    }
    points += size;
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
                TrialSettings settings;
                settings.network = network_name(network, context);
                settings.dataset = choice(name, "dataset", dataset_names(file));
                const NamedTable& dataset = *file.dataset(settings.dataset);
                auto product = product_of(file, block, dataset);
                settings.dataset_fingerprint = answers.fingerprint(dataset);
                for (const Fold& fold : folds_of(block, dataset)) {
                    count_points(file, block, product, context.most_points, points);
                    settings.fold = fold;
                    grid_points.add(product, settings);
                }
            }
        }
    }
    grid_points.check_effects();
    grid_points.drop_duplicates();
    return grid;
}

}  // namespace graft::sweep
