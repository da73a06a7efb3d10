// SPDX-License-Identifier: Apache-2.0
#include "data/dataset_settings.hpp"

#include <algorithm>

#include "core/bytes.hpp"

#include "data/files.hpp"

#include "support/catch.hpp"

using namespace graft;

namespace {

core::Table table_of(std::vector<core::Entry> entries) {
    for (auto& entry : entries) {
        entry.value.place = {"sweep.toml", 7};
    }
    return {std::move(entries)};
}

core::Value text(const std::string& value) {
    return {value, {}};
}

}  // namespace

TEST_CASE("settings are read from a table, beside keys of others") {
    const auto settings = data::dataset_settings(
        "retina",
        table_of({{"path", text("sets/../retina")},
                  {"labels", text("train.csv")},
                  {"learning_rate", {1e-4, {}}},
                  {"split_seed", {std::int64_t{3}, {}}},
                  {"folds", {std::int64_t{5}, {}}},
                  {"channels", {core::List{text("red"), text("green"), text("blue")}, {}}},
                  {"map_labels", {core::Table{{{"0", text("none")}}}, {}}},
                  {"on_rare_class", text("merge")}}),
        "/data");
    CHECK(settings.path == "/data/retina");
    CHECK(settings.split_seed == 3);
    CHECK(settings.folds == 5);
    CHECK(settings.channels == std::vector<std::string>{"red", "green", "blue"});
    CHECK(settings.map_labels.at("0") == "none");
    CHECK(settings.on_rare_class == data::OnRareClass::merge);
    const auto again = core::decode<data::DatasetSettings>(core::encode(settings));
    CHECK(again.path == settings.path);
    CHECK(again.map_labels == settings.map_labels);
    CHECK(again.on_rare_class == settings.on_rare_class);
    CHECK(again.folds == 5);
}

TEST_CASE("wrong settings name file, line and what is allowed") {
    const auto message = [](core::Entry entry) {
        return tests::input_error([&] {
            data::dataset_settings("x", table_of({{"path", text("p")}, std::move(entry)}), "/");
        });
    };
    CHECK_THAT(message({"on_bad_image", text("skipp")}),
               ContainsSubstring("sweep.toml:7: 'on_bad_image' is 'skipp'"));
    CHECK_THAT(message({"on_bad_image", text("skipp")}), ContainsSubstring("Did you mean 'skip'?"));
    CHECK_THAT(message({"folds", {std::int64_t{1}, {}}}), ContainsSubstring("2 to 100"));
    CHECK_THAT(message({"folds", {std::int64_t{101}, {}}}), ContainsSubstring("2 to 100"));
    CHECK_THAT(message({"duplicate_distance", {std::int64_t{17}, {}}}),
               ContainsSubstring("a whole number from 0 to 16"));
    CHECK_THAT(message({"map_labels", text("0")}), ContainsSubstring("expected a table of texts"));
    CHECK_THAT(tests::input_error([] { data::dataset_settings("x", {}, "/"); }),
               ContainsSubstring("[datasets.x] has no path"));
}

TEST_CASE("every key is listed once") {
    auto keys = data::dataset_keys();
    CHECK(keys.size() == 18);
    std::sort(keys.begin(), keys.end());
    CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
}
