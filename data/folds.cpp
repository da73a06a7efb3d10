// SPDX-License-Identifier: Apache-2.0
#include "data/folds.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/random.hpp"

namespace graft::data {

namespace {

struct OfClass {
    std::size_t label = 0;
    std::int64_t images = 0;
};

struct Group {
    std::vector<OfClass> classes;  // that it has images of
    std::int64_t images = 0;
    std::size_t fold = 0;
};

using Groups = std::map<std::string, Group>;

Groups groups_of(const std::vector<SplitItem>& items) {
    Groups groups;
    for (const auto& item : items) {
        Group& group = groups[item.group];
        ++group.images;
        const auto label = static_cast<std::size_t>(item.label);
        const auto known = std::find_if(group.classes.begin(), group.classes.end(),
                                        [&](const OfClass& one) { return one.label == label; });
        ++(known != group.classes.end() ? *known : group.classes.emplace_back(OfClass{label}))
              .images;
    }
    for (auto& [name, group] : groups) {
        std::sort(group.classes.begin(), group.classes.end(),
                  [](const OfClass& a, const OfClass& b) { return a.label < b.label; });
    }
    return groups;
}

// Groups in folds, and how even that is. Counts are whole numbers, so equals are equal.
class Assignment {
  public:
    Assignment(std::size_t classes, std::size_t folds, const Groups& groups)
        : counts_(folds, std::vector<std::int64_t>(classes, 0)), images_(folds, 0) {
        std::vector<double> totals(classes, 0);
        for (const auto& [name, group] : groups) {
            for (const auto& [label, images] : group.classes) {
                totals[label] += static_cast<double>(images);
            }
        }
        for (const double total : totals) {
            scales_.push_back(total > 0 ? 1 / (total * total) : 0);
        }
    }

    // What the group adds to the sum of squared shares where its classes have no other image.
    double weight(const Group& group) const {
        return over_classes(group, [](const OfClass& its) { return its.images; });
    }
    void put(Group& group, std::size_t fold) {
        group.fold = fold;
        add(group, 1);
    }
    void put_best(Group& group) {
        std::size_t best = 0;
        double least = crowd(group, 0);
        for (std::size_t fold = 1; fold < counts_.size(); ++fold) {
            const double cost = crowd(group, fold);
            if (cost < least || (cost == least && images_[fold] < images_[best])) {
                best = fold;
                least = cost;
            }
        }
        put(group, best);
    }
    // False where it is best where it is.
    bool move(Group& group) {
        const std::size_t from = group.fold;
        std::size_t best = from;
        double least = -1e-12;  // of the change; less is rounding
        for (std::size_t fold = 0; fold < counts_.size(); ++fold) {
            const double change = over_classes(group, [&](const OfClass& its) {
                return counts_[fold][its.label] - counts_[from][its.label] + its.images;
            });
            if (fold != from && change < least) {
                best = fold;
                least = change;
            }
        }
        if (best == from) {
            return false;
        }
        add(group, -1);
        put(group, best);
        return true;
    }

  private:
    template <class Of>
    double over_classes(const Group& group, Of of) const {
        double sum = 0;
        for (const auto& its : group.classes) {
            sum += static_cast<double>(its.images * of(its)) * scales_[its.label];
        }
        return sum;
    }
    // What the group would find of its classes there: half of what the sum of squares rises by,
    // but for what it adds in every fold.
    double crowd(const Group& group, std::size_t fold) const {
        return over_classes(group, [&](const OfClass& its) { return counts_[fold][its.label]; });
    }
    void add(const Group& group, std::int64_t sign) {
        for (const auto& [label, images] : group.classes) {
            counts_[group.fold][label] += sign * images;
        }
        images_[group.fold] += sign * group.images;
    }

    std::vector<std::vector<std::int64_t>> counts_;  // by fold and class
    std::vector<std::int64_t> images_;               // by fold
    std::vector<double> scales_;                     // by class: 1 / its images squared
};

std::vector<Group*> in_order(Groups& groups, const Assignment& folds, std::int64_t split_seed) {
    std::vector<std::pair<double, Group*>> by_name, order;
    for (auto& [name, group] : groups) {
        by_name.emplace_back(folds.weight(group), &group);
    }
    core::RandomStream stream("folds", static_cast<std::uint64_t>(split_seed));
    for (const auto i : core::permutation(static_cast<std::uint32_t>(by_name.size()), stream)) {
        order.push_back(by_name[i]);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<Group*> sorted;
    for (const auto& [weight, group] : order) {
        sorted.push_back(group);
    }
    return sorted;
}

}  // namespace

std::vector<std::int32_t> folds_of(const std::vector<SplitItem>& items, std::size_t classes,
                                   std::int32_t folds, std::int64_t split_seed) {
    Groups groups = groups_of(items);
    if (groups.size() < static_cast<std::size_t>(folds)) {
        core::fail_input(
            "{} folds of {} groups (each fold tests on one at least, and none is divided). Set "
            "folds to {} or less.",
            folds, groups.size(), groups.size());
    }
    Assignment assignment(classes, static_cast<std::size_t>(folds), groups);
    const auto order = in_order(groups, assignment, split_seed);
    for (Group* group : order) {
        assignment.put_best(*group);
    }
    for (bool moved = true; moved;) {
        moved = false;
        for (Group* group : order) {
            moved = assignment.move(*group) || moved;
        }
    }
    std::vector<std::int32_t> numbers;
    for (const auto& item : items) {
        numbers.push_back(static_cast<std::int32_t>(groups.at(item.group).fold) + 1);
    }
    return numbers;
}

std::vector<Part> parts_of_fold(const PreparedTables& tables, std::int32_t fold, std::int32_t folds,
                                std::int64_t split_seed) {
    const auto items = split_items(tables);
    const auto numbers = folds_of(items, tables.classes.size(), folds, split_seed);
    return split_of_fold(items, tables.classes, numbers, fold, split_seed);
}

PartCounts expected_parts_of_fold(std::int64_t images, std::int32_t folds) {
    const std::int64_t test = images / folds, validation = (images - test) / kOneInOfFold;
    return {images - test - validation, validation, test};
}

}  // namespace graft::data
