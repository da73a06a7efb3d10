// SPDX-License-Identifier: Apache-2.0
#include "data/split.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/random.hpp"

namespace graft::data {

namespace {

struct Group {
    std::size_t images = 0;
    std::int32_t stratum = 0;
    std::optional<Part> part;
};

using Groups = std::map<std::string, Group>;

Groups groups_of(const std::vector<SplitItem>& items, std::size_t classes) {
    std::vector<std::size_t> counts(classes, 0);
    for (const auto& item : items) {
        ++counts[static_cast<std::size_t>(item.label)];
    }
    const auto rarer = [&](std::int32_t a, std::int32_t b) {
        const auto left = counts[static_cast<std::size_t>(a)];
        const auto right = counts[static_cast<std::size_t>(b)];
        return left != right ? left < right : a < b;
    };
    Groups groups;
    for (const auto& item : items) {
        const auto [place, is_new] = groups.try_emplace(item.group);
        Group& group = place->second;
        ++group.images;
        if (is_new || rarer(item.label, group.stratum)) {
            group.stratum = item.label;
        }
    }
    return groups;
}

// Gives `part` the groups that fit into `wanted` images, or the smallest one.
void fill(const std::vector<Group*>& order, Part part, std::size_t wanted) {
    std::size_t filled = 0;
    Group* smallest = nullptr;
    for (Group* group : order) {
        if (group->part) {
            continue;
        }
        if (!smallest || group->images < smallest->images) {
            smallest = group;
        }
        if (filled + group->images <= wanted) {
            group->part = part;
            filled += group->images;
        }
    }
    if (filled == 0 && smallest) {
        smallest->part = part;
    }
}

void divide(const std::vector<Group*>& order, const std::vector<Part>& drawn, double one_in) {
    std::size_t images = 0;
    Group* largest = nullptr;
    for (Group* group : order) {
        images += group->images;
        if (!largest || group->images > largest->images) {
            largest = group;
        }
    }
    if (largest) {
        largest->part = Part::train;
    }
    const auto wanted =
        static_cast<std::size_t>(std::max(1.0, std::round(static_cast<double>(images) / one_in)));
    for (const Part part : drawn) {
        fill(order, part, wanted);
    }
    for (Group* group : order) {
        group->part = group->part.value_or(Part::train);
    }
}

// In the order of `drawn`, each of these parts gets one in so many of each stratum's images, in
// an order of groups drawn with the key; train gets the rest.
struct Draw {
    std::string purpose;
    std::int64_t seed = 0, fold = 0;
    std::vector<Part> drawn;
    double one_in = 10;
};

std::vector<Part> draw(const std::vector<SplitItem>& items, const std::vector<std::string>& classes,
                       const Draw& how) {
    Groups groups = groups_of(items, classes.size());
    std::vector<std::vector<Group*>> strata(classes.size());
    for (auto& [name, group] : groups) {
        strata[static_cast<std::size_t>(group.stratum)].push_back(&group);
    }
    for (std::size_t c = 0; c < strata.size(); ++c) {
        core::RandomStream stream(how.purpose + classes[c], static_cast<std::uint64_t>(how.seed),
                                  static_cast<std::uint64_t>(how.fold));
        const auto drawn = core::permutation(static_cast<std::uint32_t>(strata[c].size()), stream);
        std::vector<Group*> order;
        for (const auto place : drawn) {
            order.push_back(strata[c][place]);
        }
        divide(order, how.drawn, how.one_in);
    }
    std::vector<Part> parts;
    for (const auto& item : items) {
        parts.push_back(*groups.at(item.group).part);
    }
    return parts;
}

}  // namespace

std::vector<SplitItem> split_items(const PreparedTables& tables) {
    std::vector<SplitItem> items;
    for (std::size_t i = 0; i < tables.labels.size(); ++i) {
        items.push_back({tables.labels[i], tables.groups[i]});
    }
    return items;
}

std::vector<Part> split(const std::vector<SplitItem>& items,
                        const std::vector<std::string>& classes, std::int64_t split_seed) {
    return draw(items, classes, {"split/", split_seed, 0, {Part::test, Part::validation}, 10});
}

std::vector<Part> split_of_fold(const std::vector<SplitItem>& items,
                                const std::vector<std::string>& classes,
                                const std::vector<std::int32_t>& folds, std::int32_t fold,
                                std::int64_t split_seed) {
    std::vector<SplitItem> rest;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (folds[i] != fold) {
            rest.push_back(items[i]);
        }
    }
    const auto of_rest =
        draw(rest, classes, {"fold/", split_seed, fold, {Part::validation}, kOneInOfFold});
    std::vector<Part> parts;
    for (std::size_t i = 0, next = 0; i < items.size(); ++i) {
        parts.push_back(folds[i] == fold ? Part::test : of_rest[next++]);
    }
    return parts;
}

PartCounts count_parts(const std::vector<Part>& parts) {
    const auto count = [&](Part part) { return std::count(parts.begin(), parts.end(), part); };
    return {count(Part::train), count(Part::validation), count(Part::test)};
}

}  // namespace graft::data
