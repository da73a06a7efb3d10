// SPDX-License-Identifier: Apache-2.0
#include "sweep/training.hpp"

#include "core/error.hpp"

#include "support/catch.hpp"

using namespace graft;
using sweep::Training;

namespace {
core::Value value(decltype(core::Value::data) data) {
    return {std::move(data), {"s.toml", 3}};
}
}  // namespace

TEST_CASE("every training key reads back the value that it shows") {
    for (const auto& key : sweep::training_keys()) {
        Training training;
        const auto shown = key.value(training);
        core::Value written;
        if (key.name == "augment") {
            written = value(core::List{value(std::string("noise")), value(std::string("hue"))});
        } else {
            written =
                value(std::visit([](auto v) -> decltype(core::Value::data) { return v; }, shown));
        }
        sweep::read_training_value(training, key.name, written);
        const std::string expected = key.name == "augment" ? "noise+hue" : sweep::text_of(shown);
        CHECK(sweep::text_of(key.value(training)) == expected);
        CHECK_FALSE(key.unit.empty());
        CHECK(key.help.ends_with("."));
    }
}

TEST_CASE("values outside their range name place, key and range") {
    Training training;
    CHECK_THROWS_WITH(
        sweep::read_training_value(training, "epochs", value(std::int64_t{-1})),
        ContainsSubstring("s.toml:3: 'epochs' is -1") && ContainsSubstring("whole number from 0"));
    CHECK_THROWS_WITH(sweep::read_training_value(training, "dropout", value(1.0)),
                      ContainsSubstring("outside its range"));
    CHECK_THROWS_WITH(sweep::read_training_value(training, "train_fraction", value(0.0)),
                      ContainsSubstring("above 0 to 1"));
    for (const char* key : {"momentum", "label_smoothing"}) {
        CHECK_THROWS_WITH(sweep::read_training_value(training, key, value(1.0)),
                          ContainsSubstring("0 to below 1"));
        sweep::read_training_value(training, key, value(0.0));
    }
    for (const char* key : {"bottom_rate", "step_factor"}) {
        CHECK_THROWS_WITH(sweep::read_training_value(training, key, value(0.0)),
                          ContainsSubstring("above 0 to 1"));
        sweep::read_training_value(training, key, value(1.0));
    }
    CHECK_THROWS_WITH(
        sweep::read_training_value(training, "precision", value(std::string("flaot16"))),
        ContainsSubstring("Did you mean 'float16'?"));
}

TEST_CASE("words stand for the network's size and the same rate") {
    Training training;
    training.image_size = 64;
    sweep::read_training_value(training, "image_size", value(std::string("network")));
    CHECK(training.image_size == 0);
    sweep::read_training_value(training, "warmup_learning_rate", value(1e-3));
    CHECK(training.warmup_learning_rate == 1e-3);
}
