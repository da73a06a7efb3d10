// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/enum_table.hpp"
#include "core/value.hpp"

namespace graft::sweep {

enum class InputRange { unit, keras };
enum class WarmupFor { pretrained, all };
enum class Optimizer { adam, adamw, sgd };
enum class EvaluateBn { moving, reestimated, both };
enum class Augmentation {
    flip_horizontal,
    flip_vertical,
    brightness,
    contrast,
    saturation,
    hue,
    noise
};
enum class BestBy { val_auc, val_loss, val_accuracy, val_auc_micro, val_auc_macro };
// Of frozen layers: with the moving statistics (Keras), or with the batch's (PyTorch in train()).
enum class FrozenBatchNorm { inference, batch };
enum class Precision { float32, tf32, float16, bfloat16 };
enum class RateShape { constant, cosine, step };
enum class ClassWeights { none, balanced };

// How the optimizer moves weights along their gradients; trainer/optimizer.hpp has the formulas.
struct Update {
    double momentum = 0.9;  // of sgd
    bool nesterov = false;  // of sgd with momentum
    double weight_decay = 0;
    double bottom_rate = 1;  // of the base's lowest layer, as a share of the learning rate

    bool operator==(const Update&) const = default;
    template <class Archive>
    void fields(Archive& archive) {
        archive(momentum, nesterov, weight_decay, bottom_rate);
    }
};

// The learning rate over the steps after the head's warm-up; rate.hpp has the formulas.
struct Schedule {
    RateShape shape = RateShape::constant;
    double final_rate = 0;          // of cosine, as a share of the learning rate
    std::int32_t step_epochs = 10;  // of step
    double step_factor = 0.1;       // of step
    double rate_warmup_epochs = 0;

    bool operator==(const Schedule&) const = default;
    template <class Archive>
    void fields(Archive& archive) {
        archive(shape, final_rate, step_epochs, step_factor, rate_warmup_epochs);
    }
};

// What is minimised: cross entropy; trainer/loss.hpp has the formulas.
struct Loss {
    double label_smoothing = 0;
    ClassWeights class_weights = ClassWeights::none;

    bool operator==(const Loss&) const = default;
    template <class Archive>
    void fields(Archive& archive) {
        archive(label_smoothing, class_weights);
    }
};

// Every value of [training], with its recipe-1 default; docs/sweep-file.md has units and sources.
// All of them are part of a trial's specification.
struct Training {
    std::int32_t image_size = 0;  // height and width; 0: the network's default ("network")
    InputRange input_range = InputRange::unit;
    std::int32_t warmup_epochs = 3;
    WarmupFor warmup_for = WarmupFor::pretrained;
    std::int32_t epochs = 50;
    std::int32_t batch_size = 32;
    Optimizer optimizer = Optimizer::adam;
    double learning_rate = 1e-4;
    double warmup_learning_rate = 0;  // 0: as learning_rate ("same")
    std::int32_t head_units = 256;
    double dropout = 0.5;
    double transfer = 100;  // percent of bottom layers that take pretrained weights
    double bn_momentum = 0.99;
    EvaluateBn evaluate_bn = EvaluateBn::moving;
    double train_fraction = 1;
    std::vector<Augmentation> augment{Augmentation::flip_horizontal,
                                      Augmentation::flip_vertical,
                                      Augmentation::brightness,
                                      Augmentation::contrast,
                                      Augmentation::saturation,
                                      Augmentation::hue,
                                      Augmentation::noise};
    double brightness = 0.1;
    double contrast = 0.2;
    double saturation = 0.2;
    double hue = 0.02;
    double noise_std = 0.02;
    BestBy best_by = BestBy::val_auc;
    Precision precision = Precision::float32;
    std::int32_t gpus_per_trial = 1;
    FrozenBatchNorm frozen_batch_norm = FrozenBatchNorm::inference;
    Update update;
    Schedule schedule;
    Loss loss;

    bool operator==(const Training&) const = default;

    template <class Archive>
    void fields(Archive& archive) {
        archive(image_size, input_range, warmup_epochs, warmup_for, epochs, batch_size, optimizer,
                learning_rate, warmup_learning_rate, head_units, dropout, transfer, bn_momentum,
                evaluate_bn, train_fraction, augment, brightness, contrast, saturation, hue,
                noise_std, best_by, precision, gpus_per_trial);
        archive.since(5, frozen_batch_norm, update, schedule, loss);
    }
};

// A [training] value as a store column and as canonical text.
using TrainingValue = std::variant<std::int64_t, double, std::string, bool>;
std::string text_of(const TrainingValue& value);

// One row per key of [training]: everything that reads, writes, names or documents the keys goes
// through this table.
struct TrainingKey {
    std::string_view name;
    std::string_view unit;    // "epochs", "percent", "0 to 1", ...
    std::string_view source;  // "study" or "ours"
    std::string_view help;    // one sentence
    // Reads one value (never an axis) into `training`. Throws InputError.
    void (*read)(Training& training, std::string_view key, const core::Value& value);
    TrainingValue (*value)(const Training& training);
    // Of a key that counts only beside certain values of others, else null: whether it does, how
    // to make it count ("optimizer = \"sgd\""), and its default.
    bool (*counts)(const Training& training) = nullptr;
    std::string_view counts_with = {};
    void (*forget)(Training& training) = nullptr;
};
const std::vector<TrainingKey>& training_keys();
std::vector<std::string> training_key_names();
// nullptr for an unknown name.
const TrainingKey* find_training_key(std::string_view name);
// Reads one value of a known key and checks its range. Throws InputError naming the place.
void read_training_value(Training& training, std::string_view name, const core::Value& value);

}  // namespace graft::sweep

namespace graft::core {
template <>
struct EnumNames<sweep::InputRange> {
    static constexpr std::array<std::string_view, 2> names{"unit", "keras"};
};
template <>
struct EnumNames<sweep::WarmupFor> {
    static constexpr std::array<std::string_view, 2> names{"pretrained", "all"};
};
template <>
struct EnumNames<sweep::Optimizer> {
    static constexpr std::array<std::string_view, 3> names{"adam", "adamw", "sgd"};
};
template <>
struct EnumNames<sweep::EvaluateBn> {
    static constexpr std::array<std::string_view, 3> names{"moving", "reestimated", "both"};
};
template <>
struct EnumNames<sweep::Augmentation> {
    static constexpr std::array<std::string_view, 7> names{
        "flip_horizontal", "flip_vertical", "brightness", "contrast", "saturation", "hue", "noise"};
};
template <>
struct EnumNames<sweep::BestBy> {
    static constexpr std::array<std::string_view, 5> names{"val_auc", "val_loss", "val_accuracy",
                                                           "val_auc_micro", "val_auc_macro"};
};
template <>
struct EnumNames<sweep::FrozenBatchNorm> {
    static constexpr std::array<std::string_view, 2> names{"inference", "batch"};
};
template <>
struct EnumNames<sweep::Precision> {
    static constexpr std::array<std::string_view, 4> names{"float32", "tf32", "float16",
                                                           "bfloat16"};
};
template <>
struct EnumNames<sweep::RateShape> {
    static constexpr std::array<std::string_view, 3> names{"constant", "cosine", "step"};
};
template <>
struct EnumNames<sweep::ClassWeights> {
    static constexpr std::array<std::string_view, 2> names{"none", "balanced"};
};
}  // namespace graft::core
