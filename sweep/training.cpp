// SPDX-License-Identifier: Apache-2.0
#include "sweep/training.hpp"

#include <functional>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::sweep {

namespace {

using core::Value;

template <class E>
std::vector<std::string> all_names() {
    const auto& names = core::EnumNames<E>::names;
    return {names.begin(), names.end()};
}

template <class E>
E as_choice(std::string_view key, const Value& value) {
    const auto* text = value.string();
    const auto found = text ? core::value_of<E>(*text) : std::nullopt;
    if (!found) {
        core::fail_choice(key, value, all_names<E>());
    }
    return *found;
}

// The shapes of keys: whole numbers, real numbers, choices, true or false. `Member` is what
// std::invoke takes: a member, or a function that gives one.
template <auto Member, std::int32_t low, std::int32_t high = 1'000'000>
TrainingKey whole(std::string_view name, std::string_view unit, std::string_view source,
                  std::string_view help) {
    return {name,
            unit,
            source,
            help,
            [](Training& training, std::string_view key, const Value& value) {
                std::invoke(Member, training) =
                    static_cast<std::int32_t>(core::as_int(key, value, low, high));
            },
            [](const Training& training) -> TrainingValue {
                return std::int64_t{std::invoke(Member, training)};
            }};
}

template <auto Member, int low, int high>
TrainingKey real(std::string_view name, std::string_view unit, std::string_view source,
                 std::string_view help) {
    return {
        name,
        unit,
        source,
        help,
        [](Training& training, std::string_view key, const Value& value) {
            std::invoke(Member, training) = core::as_double(key, value, low, high);
        },
        [](const Training& training) -> TrainingValue { return std::invoke(Member, training); }};
}

template <auto Member>
TrainingKey choice(std::string_view name, std::string_view source, std::string_view help) {
    return {name,
            "a name",
            source,
            help,
            [](Training& training, std::string_view key, const Value& value) {
                using E = std::remove_reference_t<decltype(std::invoke(Member, training))>;
                std::invoke(Member, training) = as_choice<E>(key, value);
            },
            [](const Training& training) -> TrainingValue {
                return std::string(core::name_of(std::invoke(Member, training)));
            }};
}

template <auto Member>
TrainingKey yes_or_no(std::string_view name, std::string_view source, std::string_view help) {
    return {name,
            "true or false",
            source,
            help,
            [](Training& training, std::string_view key, const Value& value) {
                std::invoke(Member, training) = core::as_bool(key, value);
            },
            [](const Training& training) -> TrainingValue {
                return bool{std::invoke(Member, training)};
            }};
}

// 0 in memory stands for a word in the file.
template <auto Member>
TrainingKey size_or_network(std::string_view name, std::string_view unit, std::string_view source,
                            std::string_view help) {
    return {name,
            unit,
            source,
            help,
            [](Training& training, std::string_view key, const Value& value) {
                const auto* text = value.string();
                std::invoke(Member, training) =
                    text && *text == "network"
                        ? 0
                        : static_cast<std::int32_t>(core::as_int(key, value, 8, 4096));
            },
            [](const Training& training) -> TrainingValue {
                return std::invoke(Member, training) == 0
                           ? TrainingValue("network")
                           : TrainingValue(std::int64_t{std::invoke(Member, training)});
            }};
}

template <auto Member>
TrainingKey rate_or_same(std::string_view name, std::string_view unit, std::string_view source,
                         std::string_view help) {
    return {name,
            unit,
            source,
            help,
            [](Training& training, std::string_view key, const Value& value) {
                const auto* text = value.string();
                std::invoke(Member, training) =
                    text && *text == "same" ? 0 : core::as_double(key, value, 1e-12, 1e12);
            },
            [](const Training& training) -> TrainingValue {
                return std::invoke(Member, training) == 0
                           ? TrainingValue("same")
                           : TrainingValue(std::invoke(Member, training));
            }};
}

// A member of `update`, `schedule` or `loss`.
template <auto Outer, auto Inner>
constexpr auto in = [](auto& training) -> auto& {
    return training.*Outer.*Inner;
};

// A key that counts only where `counts`; `with` says how to bring that about.
template <auto Member>
TrainingKey only(TrainingKey key, std::string_view with, bool (*counts)(const Training&)) {
    key.counts = counts;
    key.counts_with = with;
    key.forget = [](Training& training) {
        static const Training usual;
        std::invoke(Member, training) = std::invoke(Member, usual);
    };
    return key;
}

bool is_sgd(const Training& training) {
    return training.optimizer == Optimizer::sgd;
}
bool has_momentum(const Training& training) {
    return is_sgd(training) && training.update.momentum > 0;
}
bool is_no_adam(const Training& training) {
    return training.optimizer != Optimizer::adamw || training.update.weight_decay > 0;
}
template <RateShape shape>
bool is_shape(const Training& training) {
    return training.schedule.shape == shape;
}

void read_augment(Training& training, std::string_view key, const Value& value) {
    training.augment.clear();
    if (!value.list()) {
        core::fail_input("{}: '{}' is {} (expected a list of augmentations). Allowed: {}.",
                         value.place.text(), key, value.shown(),
                         core::join(all_names<Augmentation>()));
    }
    for (const auto& item : *value.list()) {
        training.augment.push_back(as_choice<Augmentation>(key, item));
    }
}

TrainingValue augment_value(const Training& training) {
    std::vector<std::string> names;
    for (const auto augmentation : training.augment) {
        names.emplace_back(core::name_of(augmentation));
    }
    return core::join(names, "+");
}

void read_learning_rate(Training& training, std::string_view key, const Value& value) {
    training.learning_rate = core::as_double(key, value, 1e-12, 1e12);
}

std::vector<TrainingKey> make_keys() {
    using T = Training;
    constexpr auto momentum = in<&T::update, &Update::momentum>;
    constexpr auto nesterov = in<&T::update, &Update::nesterov>;
    constexpr auto weight_decay = in<&T::update, &Update::weight_decay>;
    constexpr auto bottom_rate = in<&T::update, &Update::bottom_rate>;
    constexpr auto shape = in<&T::schedule, &Schedule::shape>;
    constexpr auto final_rate = in<&T::schedule, &Schedule::final_rate>;
    constexpr auto step_epochs = in<&T::schedule, &Schedule::step_epochs>;
    constexpr auto step_factor = in<&T::schedule, &Schedule::step_factor>;
    constexpr auto rate_warmup_epochs = in<&T::schedule, &Schedule::rate_warmup_epochs>;
    constexpr auto label_smoothing = in<&T::loss, &Loss::label_smoothing>;
    constexpr auto class_weights = in<&T::loss, &Loss::class_weights>;
    return {
        size_or_network<&T::image_size>("image_size", "pixels, or \"network\"", "study",
                                        "Height and width; \"network\": 299, 224, 224, 224, and "
                                        "128 for small_cnn."),
        choice<&T::input_range>("input_range", "study",
                                "\"unit\": 0 to 1; \"keras\": what the network's published weights "
                                "were trained on."),
        whole<&T::warmup_epochs, 0>("warmup_epochs", "epochs", "study",
                                    "Epochs with the base frozen, training the head only."),
        choice<&T::warmup_for>("warmup_for", "ours",
                               "\"pretrained\": random and mean_var train everything for "
                               "warmup_epochs + epochs instead; \"all\": literal."),
        whole<&T::epochs, 0>("epochs", "epochs", "study", "Epochs after the warm-up."),
        whole<&T::batch_size, 1, 65536>("batch_size", "images", "study",
                                        "The last short batch is kept, except of size 1."),
        only<&T::optimizer>(
            choice<&T::optimizer>("optimizer", "study",
                                  "Adam with beta 0.9, 0.999, epsilon 1e-7, AdamW, or SGD; made "
                                  "anew after the warm-up."),
            "weight_decay above 0 (adamw is adam without it)", is_no_adam),
        only<momentum>(real<momentum, 0, 1>("momentum", "0 to below 1", "ours",
                                            "Of sgd: share of its velocity kept per step."),
                       "optimizer = \"sgd\"", is_sgd),
        only<nesterov>(yes_or_no<nesterov>("nesterov", "ours", "Of sgd: Nesterov's look ahead."),
                       "optimizer = \"sgd\" and momentum above 0", has_momentum),
        real<weight_decay, 0, 1>("weight_decay", "0 to 1", "ours",
                                 "adamw: share of the weights lost per unit of learning rate; "
                                 "adam and sgd: their share that is added to the gradient."),
        real<bottom_rate, 0, 1>("bottom_rate", "above 0 to 1", "ours",
                                "Learning rate of the base's lowest layer, as a share of the "
                                "head's; geometric between."),
        {"learning_rate", "per step", "study", "Step size of the optimizer.", read_learning_rate,
         [](const Training& training) -> TrainingValue { return training.learning_rate; }},
        rate_or_same<&T::warmup_learning_rate>("warmup_learning_rate", "per step, or \"same\"",
                                               "ours", "Step size during the warm-up."),
        choice<shape>("schedule", "ours",
                      "The learning rate after the warm-up: \"constant\", \"cosine\" down to "
                      "final_rate, or by a \"step\" every step_epochs."),
        only<final_rate>(real<final_rate, 0, 1>("final_rate", "0 to 1", "ours",
                                                "Of cosine: where it ends, as a share of the "
                                                "learning rate."),
                         "schedule = \"cosine\"", is_shape<RateShape::cosine>),
        only<step_epochs>(whole<step_epochs, 1>("step_epochs", "epochs", "ours",
                                                "Of step: how far its steps are apart."),
                          "schedule = \"step\"", is_shape<RateShape::step>),
        only<step_factor>(real<step_factor, 0, 1>("step_factor", "above 0 to 1", "ours",
                                                  "Of step: what each multiplies the rate with."),
                          "schedule = \"step\"", is_shape<RateShape::step>),
        real<rate_warmup_epochs, 0, 1'000'000>(
            "rate_warmup_epochs", "epochs", "ours",
            "The rate grows from 0 over so many of the epochs after the head's warm-up."),
        real<label_smoothing, 0, 1>("label_smoothing", "0 to below 1", "ours",
                                    "Share of the label that is spread over all classes, in the "
                                    "training loss alone."),
        choice<class_weights>("class_weights", "ours",
                              "\"balanced\": an image's training loss counts in inverse "
                              "proportion to its class's share of the training images used."),
        whole<&T::head_units, 1>("head_units", "units", "ours",
                                 "Width of the head's hidden layer."),
        real<&T::dropout, 0, 1>("dropout", "0 to below 1", "ours",
                                "Share of the head's hidden units dropped while training."),
        real<&T::transfer, 0, 100>("transfer", "percent of layers", "ours",
                                   "Bottom layers that take pretrained weights, the rest random."),
        real<&T::bn_momentum, 0, 1>("bn_momentum", "0 to 1", "ours",
                                    "Share of the old moving statistics kept per batch (Keras: "
                                    "0.99)."),
        choice<&T::evaluate_bn>("evaluate_bn", "ours",
                                "\"reestimated\": statistics from 50 keyed training batches, "
                                "weights untouched; \"both\"."),
        real<&T::train_fraction, 0, 1>("train_fraction", "above 0 to 1", "ours",
                                       "Share of the training images used, stratified and keyed; "
                                       "validation and test stay whole."),
        {"augment", "a list of names", "study",
         "Applied in this order to training images, then clipped to 0..1.", read_augment,
         augment_value},
        real<&T::brightness, 0, 1>("brightness", "0 to 1", "ours", "Largest shift."),
        real<&T::contrast, 0, 1>("contrast", "0 to 1", "ours", "Factor 1 +- this."),
        real<&T::saturation, 0, 1>("saturation", "0 to 1", "ours", "Factor 1 +- this."),
        real<&T::hue, 0, 1>("hue", "turns", "ours", "Largest shift."),
        real<&T::noise_std, 0, 1>("noise_std", "0 to 1", "ours",
                                  "Standard deviation of normal noise."),
        choice<&T::best_by>("best_by", "ours",
                            "What chooses the best checkpoint; ties: lower validation loss, then "
                            "earlier."),
        choice<&T::precision>("precision", "ours",
                              "\"float32\" is IEEE with TF32 off; written here, never chosen by "
                              "the device."),
        whole<&T::gpus_per_trial, 1, 16>("gpus_per_trial", "GPUs", "ours",
                                         "GPUs that train one trial together."),
        choice<&T::frozen_batch_norm>("frozen_batch_norm", "ours",
                                      "Batch norms of frozen layers: \"inference\", as Keras, or "
                                      "by the \"batch\", whose statistics then move theirs."),
    };
}

void check_ranges(const Training& training, std::string_view key, const Value& value) {
    const bool wrong = (key == "dropout" && training.dropout >= 1) ||
                       (key == "train_fraction" && training.train_fraction <= 0) ||
                       (key == "momentum" && training.update.momentum >= 1) ||
                       (key == "bottom_rate" && training.update.bottom_rate <= 0) ||
                       (key == "step_factor" && training.schedule.step_factor <= 0) ||
                       (key == "label_smoothing" && training.loss.label_smoothing >= 1);
    if (wrong) {
        core::fail_input("{}: '{}' is {} (outside its range). Take {}.", value.place.text(), key,
                         value.shown(), find_training_key(key)->unit);
    }
}

}  // namespace

std::string text_of(const TrainingValue& value) {
    struct Text {
        std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
        std::string operator()(double v) const { return core::shortest(v); }
        std::string operator()(const std::string& v) const { return v; }
        std::string operator()(bool v) const { return v ? "true" : "false"; }
    };
    return std::visit(Text{}, value);
}

const std::vector<TrainingKey>& training_keys() {
    static const std::vector<TrainingKey> keys = make_keys();
    return keys;
}

std::vector<std::string> training_key_names() {
    std::vector<std::string> names;
    for (const auto& key : training_keys()) {
        names.emplace_back(key.name);
    }
    return names;
}

const TrainingKey* find_training_key(std::string_view name) {
    for (const auto& key : training_keys()) {
        if (key.name == name) {
            return &key;
        }
    }
    return nullptr;
}

void read_training_value(Training& training, std::string_view name, const Value& value) {
    find_training_key(name)->read(training, name, value);
    check_ranges(training, name, value);
}

}  // namespace graft::sweep
