// SPDX-License-Identifier: Apache-2.0
// The real data of ../shared, read as it lies.
#include <map>
#include <set>

#include "data/files.hpp"
#include "data/labels.hpp"
#include "data/manifest.hpp"

#include "support/catch.hpp"

using namespace graft;

namespace {

// Settings of one shared set; nothing (and a word about it) when it is absent.
std::optional<data::DatasetSettings> shared_set(const std::string& name) {
    const auto shared = tests::shared_directory();
    if (!shared || !std::filesystem::exists(*shared / "data" / name)) {
        tests::say_shared_is_absent(name.c_str());
        return std::nullopt;
    }
    data::DatasetSettings settings;
    settings.name = name;
    settings.path = *shared / "data" / name;
    return settings;
}

std::map<std::string, int> class_sizes(const data::Manifest& manifest) {
    std::map<std::string, int> sizes;
    for (const auto& sample : manifest.samples) {
        ++sizes[manifest.classes[static_cast<std::size_t>(sample.label)]];
    }
    return sizes;
}

}  // namespace

TEST_CASE("cancer: a table of labels beside TIFF files") {
    if (auto settings = shared_set("cancer")) {
        settings->labels = "train_labels.csv";
        settings->images = "train/{id}.tif";
        CHECK(class_sizes(data::list_dataset(*settings)) ==
              std::map<std::string, int>{{"0", 700}, {"1", 700}});
    }
}

TEST_CASE("pcam: divided folders") {
    if (auto settings = shared_set("pcam")) {
        settings->images = "data/{split}/{class}/{id}.jpg";
        const auto manifest = data::list_dataset(*settings);
        std::map<data::Part, int> parts;
        for (const auto& sample : manifest.samples) {
            ++parts[sample.part.value()];
        }
        CHECK(parts == std::map<data::Part, int>{{data::Part::train, 6000},
                                                 {data::Part::validation, 1500},
                                                 {data::Part::test, 1500}});
        settings->path /= "data";
        settings->images = "";
        CHECK(data::list_dataset(*settings).samples.size() == 9000);
    }
}

TEST_CASE("catsdogs: the class in the file's name") {
    if (auto settings = shared_set("catsdogs")) {
        settings->images = "train/{class}.{id}.jpg";
        CHECK(class_sizes(data::list_dataset(*settings)) ==
              std::map<std::string, int>{{"cat", 900}, {"dog", 900}});
    }
}

TEST_CASE("retina: patients as groups, and a table that names absent images") {
    if (auto settings = shared_set("retina")) {
        settings->labels = "train.csv";
        settings->images = "train_images/{id}.jpg";
        settings->group = "{group}_{eye}";
        const auto manifest = data::list_dataset(*settings);
        CHECK(class_sizes(manifest) ==
              std::map<std::string, int>{{"0", 422}, {"1", 79}, {"2", 138}, {"3", 23}, {"4", 4}});
        std::set<std::string> groups;
        for (const auto& sample : manifest.samples) {
            groups.insert(sample.group);
            CHECK(sample.id.starts_with(sample.group + "_"));
        }
        CHECK(groups.size() < manifest.samples.size());
        settings->labels = "all_labels.csv";
        CHECK_THAT(tests::input_error([&] { data::list_dataset(*settings); }),
                   ContainsSubstring("3867 bad image(s)"));
        settings->on_bad_image = data::OnBadImage::skip;
        CHECK(data::list_dataset(*settings).samples.size() == 666);
    }
}

TEST_CASE("proteins: missing channels are named") {
    if (auto settings = shared_set("proteins")) {
        settings->labels = "train.csv";
        settings->images = "train/{id}_{channel}.png";
        settings->channels = {"red", "green", "blue"};
        settings->single_label = true;
        CHECK_THAT(tests::input_error([&] { data::list_dataset(*settings); }),
                   ContainsSubstring("lacks channel green, blue"));
        settings->on_bad_image = data::OnBadImage::skip;
        CHECK_THAT(tests::input_error([&] { data::list_dataset(*settings); }),
                   ContainsSubstring("no image is left"));
    }
}

TEST_CASE("proteins: single labels of large classes are the source work's set") {
    if (auto settings = shared_set("proteins")) {
        settings->labels = "train_all_kaggle.csv";
        settings->single_label = true;
        settings->min_class_size = 200;
        auto labels = data::read_labels(*settings);
        data::refine_labels(*settings, labels);
        std::vector<std::string> names;
        for (const auto& row : labels.rows) {
            names.push_back(row.label);
        }
        CHECK(labels.rows.size() == 14539);
        CHECK(data::sorted_classes(names).size() == 17);
        CHECK(labels.rows.size() + labels.left_out.size() == 31072);
    }
}
