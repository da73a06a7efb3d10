// SPDX-License-Identifier: Apache-2.0
#include "data/folds.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/random.hpp"

#include "support/catch.hpp"

using namespace graft;
using data::Part;

namespace {

using Items = std::vector<data::SplitItem>;

// Images of three classes, 60, 30 and 10 percent of them, in groups of one to `largest`.
Items drawn_items(std::uint64_t seed, int groups, std::uint64_t largest = 4) {
    core::RandomStream stream("test", seed);
    Items items;
    for (int g = 0; g < groups; ++g) {
        const auto size = 1 + stream.below(largest);
        for (std::uint64_t i = 0; i < size; ++i) {
            const auto draw = stream.below(10);
            items.push_back({draw < 6 ? 0 : draw < 9 ? 1 : 2, fmt::format("group {}", g)});
        }
    }
    return items;
}

Items single_images(int count, int classes) {
    Items items;
    for (int i = 0; i < count; ++i) {
        items.push_back({i % classes, fmt::format("{}", i)});
    }
    return items;
}

// Images by (fold, class).
std::map<std::pair<std::int32_t, std::int32_t>, int> counted(const Items& items,
                                                             const std::vector<std::int32_t>& of) {
    std::map<std::pair<std::int32_t, std::int32_t>, int> counts;
    for (std::size_t i = 0; i < items.size(); ++i) {
        ++counts[{of[i], items[i].label}];
    }
    return counts;
}

// Over folds and classes, the squares of the class's share in the fold: least where it is even.
double unevenness(const Items& items, const std::vector<std::int32_t>& of) {
    std::map<std::int32_t, double> totals;
    for (const auto& item : items) {
        ++totals[item.label];
    }
    double sum = 0;
    for (const auto& [fold_and_class, images] : counted(items, of)) {
        const double share = images / totals.at(fold_and_class.second);
        sum += share * share;
    }
    return sum;
}

data::PreparedTables tables_of(const Items& items) {
    data::PreparedTables tables;
    tables.classes = {"none", "mild", "severe"};
    for (std::size_t i = 0; i < items.size(); ++i) {
        tables.ids.push_back(fmt::format("{}", i));
        tables.labels.push_back(items[i].label);
        tables.groups.push_back(items[i].group);
        tables.parts.push_back(Part::train);
    }
    return tables;
}

}  // namespace

TEST_CASE("every image lies in one fold, and no group in two") {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        for (const std::int32_t folds : {2, 3, 5, 10}) {
            const auto items = drawn_items(seed, 60, 8);
            const auto of = data::folds_of(items, 3, folds, 0);
            std::map<std::string, std::set<std::int32_t>> of_group;
            std::set<std::int32_t> used;
            for (std::size_t i = 0; i < items.size(); ++i) {
                of_group[items[i].group].insert(of[i]);
                used.insert(of[i]);
            }
            for (const auto& [group, in] : of_group) {
                REQUIRE(in.size() == 1);
            }
            CHECK(std::ssize(used) == folds);
            CHECK(*used.begin() == 1);
            CHECK(*used.rbegin() == folds);
        }
    }
}

TEST_CASE("of single images the folds have as many of each class, but for one") {
    const auto items = single_images(203, 2);
    const auto counts = counted(items, data::folds_of(items, 2, 5, 3));
    std::map<std::int32_t, int> sizes;
    for (const auto& [fold_and_class, images] : counts) {
        CHECK(images >= 20);
        CHECK(images <= 21);
        sizes[fold_and_class.first] += images;
    }
    for (const auto& [fold, images] : sizes) {
        CHECK(images >= 40);
        CHECK(images <= 41);
    }
}

TEST_CASE("whole groups spread the classes nearly evenly") {
    const auto items = drawn_items(1, 400);
    const auto counts = counted(items, data::folds_of(items, 3, 5, 0));
    for (std::int32_t label = 0; label < 3; ++label) {
        double total = 0;
        for (std::int32_t fold = 1; fold <= 5; ++fold) {
            total += counts.at({fold, label});
        }
        for (std::int32_t fold = 1; fold <= 5; ++fold) {
            CHECK(counts.at({fold, label}) / total == Approx(0.2).margin(0.01));
        }
    }
}

TEST_CASE("no group moved by itself would make the folds more even") {
    constexpr std::int32_t folds = 5;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const auto items = drawn_items(seed, 12, 8);
        const auto of = data::folds_of(items, 3, folds, 0);
        const double least = unevenness(items, of);
        for (const auto& moved : items) {
            for (std::int32_t fold = 1; fold <= folds; ++fold) {
                auto other = of;
                for (std::size_t i = 0; i < items.size(); ++i) {
                    other[i] = items[i].group == moved.group ? fold : of[i];
                }
                REQUIRE(unevenness(items, other) > least - 1e-9);
            }
        }
    }
}

TEST_CASE("a rare class counts as much as a common one") {
    Items items;
    const auto add = [&](const char* group, int common, int rare) {
        items.insert(items.end(), static_cast<std::size_t>(common), {0, group});
        items.insert(items.end(), static_cast<std::size_t>(rare), {1, group});
    };
    // By images alone, a against b and c would be even, with all of the rare class in one fold.
    add("a", 10, 0);
    add("b", 6, 2);
    add("c", 4, 2);
    const auto counts = counted(items, data::folds_of(items, 2, 2, 0));
    CHECK(counts.at({1, 1}) == 2);
    CHECK(counts.at({2, 1}) == 2);
}

TEST_CASE("folds depend on the split seed, and not on the order of the images") {
    const auto items = drawn_items(2, 100);
    const auto of = data::folds_of(items, 3, 5, 7);
    CHECK(of == data::folds_of(items, 3, 5, 7));
    CHECK(of != data::folds_of(items, 3, 5, 8));
    Items backwards(items.rbegin(), items.rend());
    auto other = data::folds_of(backwards, 3, 5, 7);
    std::reverse(other.begin(), other.end());
    CHECK(other == of);
    const auto parts = data::split_of_fold(items, {"a", "b", "c"}, of, 2, 7);
    auto turned =
        data::split_of_fold(backwards, {"a", "b", "c"}, data::folds_of(backwards, 3, 5, 7), 2, 7);
    std::reverse(turned.begin(), turned.end());
    CHECK(turned == parts);
}

TEST_CASE("the draw of folds does not change unnoticed") {
    const auto items = single_images(20, 2);
    const auto of = data::folds_of(items, 2, 4, 0);
    std::string text;
    for (const auto fold : of) {
        text += std::to_string(fold);
    }
    CHECK(text == "34243114133241134222");
    const auto grouped = drawn_items(5, 12);
    text.clear();
    for (const auto fold : data::folds_of(grouped, 3, 3, 0)) {
        text += std::to_string(fold);
    }
    CHECK(text == "221122331111333311222233");
    text.clear();
    for (const auto part : data::split_of_fold(items, {"a", "b"}, of, 2, 0)) {
        text += part == Part::test ? 't' : part == Part::validation ? 'v' : '.';
    }
    CHECK(text == "..t....vv..t.....ttt");
}

TEST_CASE("validation is drawn by the split seed, the fold and the class") {
    const auto items = single_images(90, 2);
    const auto of = data::folds_of(items, 2, 3, 0);
    const auto parts = data::split_of_fold(items, {"a", "b"}, of, 1, 0);
    CHECK(data::split_of_fold(items, {"a", "b"}, of, 1, 1) != parts);
    CHECK(data::split_of_fold(items, {"a", "c"}, of, 1, 0) != parts);
    auto renumbered = of;
    for (auto& fold : renumbered) {
        fold = fold % 3 + 1;
    }
    CHECK(data::split_of_fold(items, {"a", "b"}, renumbered, 2, 0) != parts);
}

TEST_CASE("a fold is tested on, a ninth of the rest is validation, and the rest is trained on") {
    const auto items = drawn_items(3, 500);
    const auto tables = tables_of(items);
    const auto of = data::folds_of(items, 3, 10, 4);
    std::vector<int> tested(items.size(), 0);
    std::set<std::vector<Part>> different;
    for (std::int32_t fold = 1; fold <= 10; ++fold) {
        const auto parts = data::parts_of_fold(tables, fold, 10, 4);
        std::map<std::string, std::set<Part>> sides;
        for (std::size_t i = 0; i < items.size(); ++i) {
            CHECK((parts[i] == Part::test) == (of[i] == fold));
            tested[i] += parts[i] == Part::test ? 1 : 0;
            sides[items[i].group].insert(parts[i]);
        }
        for (const auto& [group, in] : sides) {
            REQUIRE(in.size() == 1);
        }
        const auto counts = data::count_parts(parts);
        const auto n = static_cast<double>(items.size());
        CHECK(static_cast<double>(counts.test) / n == Approx(0.1).margin(0.01));
        CHECK(static_cast<double>(counts.validation) / n == Approx(0.1).margin(0.01));
        const auto expected = data::expected_parts_of_fold(std::ssize(items), 10);
        CHECK(std::abs(expected.train - counts.train) < 20);
        different.insert(parts);
    }
    CHECK(std::all_of(tested.begin(), tested.end(), [](int times) { return times == 1; }));
    CHECK(different.size() == 10);
}

TEST_CASE("validation of a fold is drawn from the other images alone") {
    const auto items = single_images(90, 2);
    const auto of = data::folds_of(items, 2, 3, 0);
    auto renamed = items;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (of[i] == 1) {
            renamed[i].label = 1 - renamed[i].label;
        }
    }
    CHECK(data::split_of_fold(items, {"a", "b"}, of, 1, 0) ==
          data::split_of_fold(renamed, {"a", "b"}, of, 1, 0));
}

TEST_CASE("what a fold will have is known before anything is decoded") {
    const auto parts = data::expected_parts_of_fold(1400, 5);
    CHECK(parts.train == 996);
    CHECK(parts.validation == 124);
    CHECK(parts.test == 280);
}

TEST_CASE("a group with all images of a class is tested on once") {
    Items items = single_images(30, 2);
    for (int i = 0; i < 5; ++i) {
        items.push_back({2, "one patient"});
    }
    const auto of = data::folds_of(items, 3, 5, 0);
    CHECK(std::set<std::int32_t>(of.end() - 5, of.end()).size() == 1);
}

TEST_CASE("fewer groups than folds are refused") {
    CHECK_THROWS_WITH(
        data::folds_of(single_images(4, 2), 2, 5, 0),
        ContainsSubstring("5 folds of 4 groups") && ContainsSubstring("Set folds to 4 or less"));
}
