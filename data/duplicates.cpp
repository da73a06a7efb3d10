// SPDX-License-Identifier: Apache-2.0
#include "data/duplicates.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

namespace graft::data {

namespace {

// Disjoint sets of 0 .. n-1; the smallest member names a set.
class Union {
  public:
    explicit Union(std::size_t count) : parent_(count) {
        std::iota(parent_.begin(), parent_.end(), 0);
    }
    std::size_t root(std::size_t i) {
        while (parent_[i] != i) {
            parent_[i] = parent_[parent_[i]];
            i = parent_[i];
        }
        return i;
    }
    // Whether they were apart.
    bool join(std::size_t a, std::size_t b) {
        a = root(a);
        b = root(b);
        parent_[std::max(a, b)] = std::min(a, b);
        return a != b;
    }

  private:
    std::vector<std::size_t> parent_;
};

void join_exact(const std::vector<ImagePrint>& prints, const std::vector<SplitItem>& items,
                Union& sets, DuplicateCounts& counts) {
    std::unordered_map<std::string, std::size_t> first;
    std::set<std::size_t> conflicting;
    for (std::size_t i = 0; i < prints.size(); ++i) {
        const auto [place, is_new] = first.try_emplace(prints[i].content, i);
        if (is_new) {
            continue;
        }
        sets.join(place->second, i);
        ++counts.exact;
        if (items[i].label != items[place->second].label) {
            conflicting.insert(place->second);
        }
    }
    counts.conflicting = static_cast<std::int64_t>(conflicting.size());
}

// Joins the members of one band whose whole hashes are near.
void join_near(const std::vector<std::size_t>& members, const std::vector<ImagePrint>& prints,
               int distance, Union& sets, DuplicateCounts& counts) {
    for (std::size_t i = 0; i < members.size(); ++i) {
        for (std::size_t j = i + 1; j < members.size(); ++j) {
            const auto bits = prints[members[i]].perceptual ^ prints[members[j]].perceptual;
            if (std::popcount(bits) <= distance) {
                counts.near += sets.join(members[i], members[j]);
            }
        }
    }
}

}  // namespace

DuplicateSets find_duplicates(const std::vector<ImagePrint>& prints,
                              const std::vector<SplitItem>& items, int distance) {
    DuplicateSets found;
    Union sets(prints.size());
    join_exact(prints, items, sets, found.counts);
    const int bands = distance > 0 ? distance + 1 : 0;
    for (int band = 0; band < bands; ++band) {
        const int low = band * 64 / bands;
        const int width = (band + 1) * 64 / bands - low;
        const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
        std::map<std::uint64_t, std::vector<std::size_t>> by_bits;
        for (std::size_t i = 0; i < prints.size(); ++i) {
            by_bits[(prints[i].perceptual >> low) & mask].push_back(i);
        }
        for (const auto& [bits, members] : by_bits) {
            join_near(members, prints, distance, sets, found.counts);
        }
    }
    std::map<std::size_t, std::vector<std::size_t>> by_root;
    for (std::size_t i = 0; i < prints.size(); ++i) {
        by_root[sets.root(i)].push_back(i);
    }
    for (auto& [root, members] : by_root) {
        if (members.size() > 1) {
            found.sets.push_back(std::move(members));
        }
    }
    return found;
}

void join_groups(const std::vector<std::vector<std::size_t>>& sets, std::vector<SplitItem>& items) {
    std::map<std::string, std::size_t> number;
    for (const auto& item : items) {
        number.try_emplace(item.group, 0);
    }
    std::vector<std::string> names;
    for (auto& [name, place] : number) {
        place = names.size();
        names.push_back(name);
    }
    Union groups(names.size());
    for (const auto& set : sets) {
        for (const auto member : set) {
            groups.join(number.at(items[set.front()].group), number.at(items[member].group));
        }
    }
    for (auto& item : items) {
        item.group = names[groups.root(number.at(item.group))];
    }
}

std::int64_t count_across(const std::vector<std::vector<std::size_t>>& sets,
                          const std::vector<Part>& parts) {
    return std::count_if(sets.begin(), sets.end(), [&](const auto& set) {
        return std::any_of(set.begin(), set.end(),
                           [&](auto member) { return parts[member] != parts[set.front()]; });
    });
}

}  // namespace graft::data
