// SPDX-License-Identifier: Apache-2.0
#include "data/audit.hpp"

#include <bit>

#include "core/random.hpp"

#include "support/catch.hpp"

using namespace graft;
using data::Part;

namespace {

struct Image {
    std::string id, group;
    Part part;
    std::int32_t label;
    std::uint64_t content, perceptual;
};

data::PreparedTables tables_of(const std::vector<Image>& images) {
    data::PreparedTables tables;
    tables.classes = {"a", "b"};
    for (const auto& image : images) {
        tables.ids.push_back(image.id);
        tables.groups.push_back(image.group);
        tables.parts.push_back(image.part);
        tables.labels.push_back(image.label);
        tables.contents.push_back(image.content);
        tables.perceptual.push_back(image.perceptual);
    }
    return tables;
}

constexpr std::uint64_t kFar = 0xffff0000ffff0000;

}  // namespace

TEST_CASE("an audit names groups in more than one part") {
    const auto found = data::audit(tables_of({{"a", "p1", Part::train, 0, 1, 0},
                                              {"b", "p1", Part::test, 0, 2, kFar},
                                              {"c", "p2", Part::test, 0, 3, 0xff},
                                              {"d", "p2", Part::test, 0, 4, 0xff00}}));
    CHECK(found.grouped);
    CHECK(found.groups_across == 1);
    CHECK(found.groups == std::vector<std::string>{"p1 (train, test)"});
}

TEST_CASE("images that are their own groups, or share their copy's, have no groups") {
    const auto found = data::audit(
        tables_of({{"a", "a", Part::train, 0, 1, 0}, {"b", "a", Part::train, 0, 1, 0}}));
    CHECK_FALSE(found.grouped);
    CHECK(found.groups_across == 0);
}

TEST_CASE("an audit counts equal files outside training, once each, and names their twins") {
    const auto found = data::audit(tables_of({{"a", "a", Part::train, 0, 1, 0},
                                              {"b", "b", Part::train, 0, 1, 0},
                                              {"c", "c", Part::test, 1, 1, 0},
                                              {"d", "d", Part::validation, 0, 2, kFar},
                                              {"e", "e", Part::test, 0, 2, kFar},
                                              {"f", "f", Part::test, 0, 3, 0xff},
                                              {"g", "g", Part::test, 0, 3, 0xff}}));
    CHECK(found.copies_known);
    CHECK(found.equal.validation == 1);
    CHECK(found.equal.test == 2);
    CHECK(found.equal.examples == std::vector<std::string>{"a (train) and c (test)",
                                                           "e (test) and d (validation)",
                                                           "d (validation) and e (test)"});
    CHECK(found.conflicting == 1);
    CHECK(found.alike.validation + found.alike.test == 0);
}

TEST_CASE("pictures are alike up to four bits, also under one hash, and equal files are not") {
    const auto found = data::audit(tables_of({{"a", "a", Part::train, 0, 1, 0},
                                              {"b", "b", Part::test, 0, 2, 0xf},    // four bits
                                              {"c", "c", Part::test, 0, 3, 0x3e0},  // five, of all
                                              {"d", "d", Part::validation, 0, 1, 0},
                                              {"e", "e", Part::train, 0, 5, kFar},
                                              {"f", "f", Part::test, 0, 6, kFar}}));
    // d is equal to a, and looks like b.
    CHECK(found.alike.validation == 1);
    CHECK(found.alike.test == 2);
    CHECK(found.alike.examples.front() == "a (train) and b (test)");
    CHECK(found.equal.validation == 1);
    CHECK(found.equal.test == 0);
}

TEST_CASE("pictures that look alike are found by bands as by comparing all pairs") {
    core::RandomStream stream("test", 4);
    std::vector<Image> images;
    for (std::uint64_t i = 0; i < 300; ++i) {
        auto bits = i % 2 ? images.back().perceptual : stream.next_u64();
        for (auto flips = stream.below(9); flips > 0; --flips) {
            bits ^= std::uint64_t{1} << stream.below(64);
        }
        images.push_back(
            {std::to_string(i), std::to_string(i), static_cast<Part>(stream.below(3)), 0, i, bits});
    }
    std::int64_t expected = 0;
    for (const auto& image : images) {
        expected += image.part != Part::train &&
                    std::any_of(images.begin(), images.end(), [&](const Image& other) {
                        return other.part != image.part && other.content != image.content &&
                               std::popcount(other.perceptual ^ image.perceptual) <= data::kAlike;
                    });
    }
    const auto found = data::audit(tables_of(images)).alike;
    CHECK(expected > 20);
    CHECK(found.validation + found.test == expected);
}

TEST_CASE("a file without hashes says nothing of copies") {
    auto tables = tables_of({{"a", "p", Part::train, 0, 1, 0}, {"b", "p", Part::test, 0, 1, 0}});
    tables.contents.clear();
    tables.perceptual.clear();
    const auto found = data::audit(tables);
    CHECK_FALSE(found.copies_known);
    CHECK(found.groups_across == 1);
    CHECK(found.equal.test == 0);
}

TEST_CASE("an audit of folds counts every image whose copy lies in another fold, once") {
    std::vector<Image> images;
    for (std::uint64_t i = 0; i < 12; ++i) {
        const auto name = std::to_string(i);
        images.push_back(
            {name, name, Part::train, static_cast<std::int32_t>(i % 2), i, i * 0x0101010101010101});
    }
    images[3].content = images[2].content;
    images[3].perceptual = images[2].perceptual;
    // By their groups both lie in the same fold of two, or in different ones.
    const auto apart = data::audit_folds(tables_of(images), 12, 0);
    CHECK(apart.equal.test == 2);
    CHECK(apart.equal.validation == 0);
    CHECK(apart.conflicting == 1);
    CHECK(apart.equal.examples.size() == 2);
    images[3].group = images[2].group;
    const auto together = data::audit_folds(tables_of(images), 3, 0);
    CHECK(together.equal.test == 0);
    CHECK(together.groups_across == 0);
    for (std::uint64_t i = 0; i < 12; ++i) {
        images[i].group = images[i].id;
        images[i].content = i / 2;
    }
    CHECK(data::audit_folds(tables_of(images), 12, 0).equal.test == 12);
}
