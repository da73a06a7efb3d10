// SPDX-License-Identifier: Apache-2.0
#include "data/manifest.hpp"

#include <algorithm>
#include <set>

#include "data/files.hpp"

#include "support/catch.hpp"

using namespace graft;
using data::DatasetSettings;
using data::list_dataset;
using data::OnRareClass;
using data::Part;
using tests::TemporaryDirectory;
using tests::two_folders;
using tests::write_text;

namespace {

std::string message_of(const DatasetSettings& settings) {
    return tests::input_error([&] { list_dataset(settings); });
}

// Images 1 to 6 in `images`, a table with their labels.
DatasetSettings with_table(const TemporaryDirectory& directory, const std::string& table) {
    DatasetSettings settings;
    settings.name = "small";
    settings.path = directory.path();
    settings.images = "images/{id}.png";
    settings.labels = "labels.csv";
    for (const std::string id : {"1", "2", "3", "4", "5", "6"}) {
        write_text(directory / "images" / (id + ".png"));
    }
    write_text(directory / "labels.csv", table);
    return settings;
}

const std::string kTable = "id,label,who\n1,10,a\n2,10,a\n3,10,b\n4,9,c\n5,9,d\n6,9,e\n";

std::vector<std::string> groups_of(const data::Manifest& manifest) {
    std::vector<std::string> groups;
    for (const auto& sample : manifest.samples) {
        groups.push_back(sample.group);
    }
    return groups;
}

}  // namespace

TEST_CASE("folders per class are recognised") {
    const TemporaryDirectory directory;
    const auto settings = two_folders(directory);
    write_text(directory / "a" / "notes.txt");
    write_text(directory / ".hidden" / "x.png");
    const auto manifest = list_dataset(settings);
    CHECK(manifest.classes == std::vector<std::string>{"a", "b"});
    REQUIRE(manifest.samples.size() == 6);
    CHECK(manifest.samples[4].id == "b/2");
    CHECK(manifest.samples[4].group == "b/2");
    CHECK(manifest.samples[4].label == 1);
    CHECK(manifest.samples[4].bytes == 5);
    CHECK_FALSE(manifest.samples[4].part);
}

TEST_CASE("divided folders are recognised under all their names") {
    for (const std::string valid : {"valid", "val", "Validation"}) {
        const TemporaryDirectory directory;
        for (const auto& part : {std::string("train"), valid, std::string("test")}) {
            write_text(directory / part / "cat" / "1.jpg");
            write_text(directory / part / "dog" / "1.jpg");
        }
        DatasetSettings settings;
        settings.path = directory.path();
        const auto manifest = list_dataset(settings);
        REQUIRE(manifest.samples.size() == 6);
        CHECK(manifest.samples[4].id == "validation/cat/1");
        CHECK(manifest.samples[4].part == Part::validation);
    }
}

TEST_CASE("a table gives labels, numbers sort by value, groups come from a column") {
    const TemporaryDirectory directory;
    auto settings = with_table(directory, kTable);
    settings.group_column = "who";
    settings.on_rare_class = OnRareClass::allow;
    const auto manifest = list_dataset(settings);
    CHECK(manifest.classes == std::vector<std::string>{"9", "10"});
    CHECK(manifest.samples[0].label == 1);
    CHECK(groups_of(manifest) == std::vector<std::string>{"a", "a", "b", "c", "d", "e"});
}

TEST_CASE("groups come from a second table or from the id") {
    const TemporaryDirectory directory;
    auto settings = with_table(directory, kTable);
    write_text(directory / "groups.csv", "id,patient\n1,x\n2,y\n3,z\n4,x\n5,y\n6,z\n");
    settings.groups = "groups.csv";
    CHECK(groups_of(list_dataset(settings)) ==
          std::vector<std::string>{"x", "y", "z", "x", "y", "z"});
    write_text(directory / "groups.csv", "id,patient\n1,x\n");
    CHECK_THAT(message_of(settings), ContainsSubstring("id '2' has no row in groups"));
    settings.group_column = "who";
    CHECK_THAT(message_of(settings), ContainsSubstring("groups come from 2 places"));
    settings.group_column = settings.groups = "";
    settings.group = "{group}_{eye}";
    CHECK_THAT(message_of(settings), ContainsSubstring("id '1' does not match group"));
    settings.group = "{eye}";
    CHECK_THAT(message_of(settings), ContainsSubstring("has no {group}"));
}

TEST_CASE("labels are renamed and joined") {
    const TemporaryDirectory directory;
    auto settings = with_table(directory, "id,label\n1,0\n2,1\n3,2\n4,0\n5,1\n6,0\n");
    settings.map_labels = {{"0", "none"}, {"1", "disease"}, {"2", "disease"}};
    CHECK(list_dataset(settings).classes == std::vector<std::string>{"disease", "none"});
    settings.map_labels["7"] = "x";
    CHECK_THAT(message_of(settings), ContainsSubstring("map_labels renames '7' (a label that no"));
}

TEST_CASE("rows without file and files without row are listed, or skipped") {
    const TemporaryDirectory directory;
    auto settings = with_table(directory, "id,label\n1,a\n2,a\n3,a\n4,b\n5,b\n7,b\n8,\n");
    write_text(directory / "images" / "3.png", "");
    const std::string message = message_of(settings);
    CHECK_THAT(message, ContainsSubstring("4 bad image(s) or label row(s)"));
    CHECK_THAT(message, ContainsSubstring("images/3.png: empty file"));
    CHECK_THAT(message, ContainsSubstring("images/7.png: no such file (id '7' of labels.csv)"));
    CHECK_THAT(message, ContainsSubstring("images/6.png: no row in labels.csv"));
    CHECK_THAT(message, ContainsSubstring("labels.csv:8: the row has no label"));
    settings.on_bad_image = data::OnBadImage::skip;
    settings.on_rare_class = OnRareClass::allow;
    const auto manifest = list_dataset(settings);
    CHECK(manifest.samples.size() == 4);
    CHECK(manifest.bad.size() == 4);
}

TEST_CASE("at most twenty bad images are shown, all are counted") {
    const TemporaryDirectory directory;
    std::string table = kTable;
    for (int i = 100; i < 130; ++i) {
        table += fmt::format("{},9,x\n", i);
    }
    const std::string message = message_of(with_table(directory, table));
    CHECK_THAT(message, ContainsSubstring("30 bad image(s)"));
    CHECK_THAT(message, ContainsSubstring("and 10 more\n"));
    CHECK(std::count(message.begin(), message.end(), '\n') == 22);
}

TEST_CASE("a class with fewer than three groups stops, or is allowed, merged or dropped") {
    const TemporaryDirectory directory;
    auto settings = with_table(directory, "id,label\n1,a\n2,a\n3,a\n4,b\n5,c\n6,c\n");
    const auto classes = [&](OnRareClass choice) {
        settings.on_rare_class = choice;
        return list_dataset(settings).classes;
    };
    CHECK_THAT(message_of(settings), ContainsSubstring("fewer than 3 groups: 'b' (1), 'c' (2)"));
    CHECK(classes(OnRareClass::allow) == std::vector<std::string>{"a", "b", "c"});
    CHECK(classes(OnRareClass::merge) == std::vector<std::string>{"a", "b+c"});
    settings.on_rare_class = OnRareClass::drop;
    CHECK_THAT(message_of(settings), ContainsSubstring("1 class(es) with images ('a'"));
}

TEST_CASE("with folds a class takes as many groups as there are folds, and four with two") {
    const TemporaryDirectory directory;
    auto settings = with_table(directory, "id,label\n1,a\n2,a\n3,a\n4,b\n5,b\n6,b\n");
    CHECK(list_dataset(settings).classes.size() == 2);
    settings.folds = 3;
    CHECK(list_dataset(settings).classes.size() == 2);
    settings.folds = 2;
    CHECK_THAT(message_of(settings), ContainsSubstring("fewer than 4 groups: 'a' (3), 'b' (3)") &&
                                         ContainsSubstring("one each from the other"));
    settings.folds = 4;
    CHECK_THAT(message_of(settings), ContainsSubstring("fewer than 4 groups: 'a' (3), 'b' (3)") &&
                                         ContainsSubstring("each of the 4 folds tests on one"));
    settings.on_rare_class = OnRareClass::allow;
    CHECK(list_dataset(settings).classes.size() == 2);
    settings.folds = 7;
    CHECK_THAT(message_of(settings), ContainsSubstring("folds = 7, and 6 groups"));
}

TEST_CASE("folds change no fingerprint: the pixels are prepared once") {
    const TemporaryDirectory directory;
    auto settings = two_folders(directory);
    const auto without = list_dataset(settings).fingerprint;
    settings.folds = 3;
    CHECK(list_dataset(settings).fingerprint == without);
}

TEST_CASE("folds of a set that is divided already are refused, with how to divide it anew") {
    const TemporaryDirectory directory;
    for (const std::string part : {"train", "valid", "test"}) {
        for (const std::string name : {"a", "b"}) {
            write_text(directory / "data" / part / name / (part + ".png"));
        }
    }
    DatasetSettings settings;
    settings.name = "divided";
    settings.path = directory.path();
    settings.images = "data/{split}/{class}/{id}.png";
    settings.folds = 3;
    CHECK_THAT(message_of(settings), ContainsSubstring("folds = 3 and images that are divided") &&
                                         ContainsSubstring("images = \"data/*/{class}/{id}.png\""));
    settings.images = "data/*/{class}/{id}.png";
    CHECK(list_dataset(settings).samples.size() == 6);
}

TEST_CASE("settings that do not fit the files are refused") {
    const TemporaryDirectory directory;
    const auto settings = two_folders(directory);
    const auto changed = [&](auto change) {
        auto other = settings;
        change(other);
        return message_of(other);
    };
    CHECK_THAT(changed([](auto& s) { s.path = "/no/such"; }), ContainsSubstring("no directory"));
    CHECK_THAT(changed([](auto& s) { s.images = "{class}/{id}.tif"; }),
               ContainsSubstring("matches no file"));
    CHECK_THAT(changed([](auto& s) { s.images = "{class}/{name}.png"; }),
               ContainsSubstring("unknown part '{name}'"));
    CHECK_THAT(changed([](auto& s) { s.images = "{class}/*.png"; }),
               ContainsSubstring("has no {id}"));
    CHECK_THAT(changed([](auto& s) { s.images = "../{class}/{id}.png"; }),
               ContainsSubstring("no path below"));
    CHECK_THAT(changed([](auto& s) { s.images = "{split}/{id}.png"; }),
               ContainsSubstring("is in part 'a' (known: train;"));
    CHECK_THAT(changed([](auto& s) { s.images = "a/{id}.png"; }),
               ContainsSubstring("no class is given"));
    CHECK_THAT(changed([](auto& s) { s.labels = "x.csv"; }),
               ContainsSubstring("the class stands in labels and as {class}"));
    CHECK_THAT(changed([](auto& s) {
                   s.channels = {"red", "green", "blue"};
               }),
               ContainsSubstring("belong together"));
    CHECK_THAT(changed([](auto& s) { s.label_column = "x"; }),
               ContainsSubstring("named without labels"));
}

TEST_CASE("sets without images, with one class or an empty one are refused") {
    const TemporaryDirectory directory;
    auto settings = two_folders(directory);
    std::filesystem::create_directories(directory / "c");
    CHECK_THAT(message_of(settings), ContainsSubstring("no image of class 'c'"));
    settings.path = directory / "a";
    CHECK_THAT(message_of(settings), ContainsSubstring("holds 0 folder(s)"));
    settings.path = directory.path();
    settings.images = "{class}/1.{id}";
    std::filesystem::remove_all(directory / "b");
    std::filesystem::remove_all(directory / "c");
    CHECK_THAT(message_of(settings), ContainsSubstring("fewer than 3 groups"));
    settings.images = "{class}/{id}.png";
    CHECK_THAT(message_of(settings), ContainsSubstring("1 class(es) with images ('a'"));
}

TEST_CASE("a divided set without a part is refused") {
    const TemporaryDirectory directory;
    for (const std::string part : {"train", "test"}) {
        write_text(directory / part / "a" / "1.png");
        write_text(directory / part / "b" / "1.png");
    }
    DatasetSettings settings;
    settings.path = directory.path();
    CHECK_THAT(message_of(settings), ContainsSubstring("part 'validation' of the divided set has"));
}

TEST_CASE("wrong tables are refused") {
    const TemporaryDirectory directory;
    CHECK_THAT(message_of(with_table(directory, kTable + "1,9,a\n")),
               ContainsSubstring("labels.csv:8: id '1' has label '9' (and '10'"));
    CHECK_THAT(message_of(with_table(directory, "id,label\n1,3 4\n")),
               ContainsSubstring("id '1' has several labels ('3 4'). Set single_label"));
    CHECK_THAT(message_of(with_table(directory, "id\n1\n")),
               ContainsSubstring("cannot both be column 'id'"));
    auto settings = with_table(directory, kTable);
    settings.label_column = "lable";
    CHECK_THAT(message_of(settings), ContainsSubstring("Did you mean 'label'?"));
}

TEST_CASE("the fingerprint changes with what the dataset is, and not with where it lies") {
    const TemporaryDirectory directory;
    const auto settings = two_folders(directory);
    const auto of = [](const DatasetSettings& s) { return list_dataset(s).fingerprint; };
    const std::string first = of(settings);
    CHECK(first.size() == 32);
    std::set<std::string> seen{first};
    const TemporaryDirectory copy;
    std::filesystem::copy(directory.path(), copy.path(), std::filesystem::copy_options::recursive);
    auto moved = settings;
    moved.path = copy.path();
    moved.name = "other";
    CHECK(of(moved) == first);
    auto changed = settings;
    changed.split_seed = 1;
    CHECK(seen.insert(of(changed)).second);
    changed = settings;
    changed.map_labels = {{"a", "z"}};
    CHECK(seen.insert(of(changed)).second);
    write_text(directory / "a" / "4.png");
    CHECK(seen.insert(of(settings)).second);
    write_text(directory / "a" / "4.png", "larger");
    CHECK(seen.insert(of(settings)).second);
}
