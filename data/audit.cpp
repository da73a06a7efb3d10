// SPDX-License-Identifier: Apache-2.0
#include "data/audit.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "data/folds.hpp"

namespace graft::data {

namespace {

constexpr std::size_t kExamples = 3;

// A set of parts, one bit each.
using Parts = unsigned;
Parts bit(Part part) {
    return 1U << static_cast<unsigned>(part);
}

std::string names_of(Parts parts) {
    std::string names;
    for (const auto part : {Part::train, Part::validation, Part::test}) {
        if (parts & bit(part)) {
            names += fmt::format("{}{}", names.empty() ? "" : ", ", part_name(part));
        }
    }
    return names;
}

void look_at_groups(const PreparedTables& tables, Audit& audit) {
    // Without groups, an image's is its id, or that of its first copy.
    const std::set<std::string> ids(tables.ids.begin(), tables.ids.end());
    std::map<std::string, Parts> parts;
    for (std::size_t i = 0; i < tables.groups.size(); ++i) {
        parts[tables.groups[i]] |= bit(tables.parts[i]);
        audit.grouped = audit.grouped || !ids.contains(tables.groups[i]);
    }
    for (const auto& [group, lies_in] : parts) {
        if (std::popcount(lies_in) < 2) {
            continue;
        }
        ++audit.groups_across;
        if (audit.groups.size() < kExamples) {
            audit.groups.push_back(fmt::format("{} ({})", group, names_of(lies_in)));
        }
    }
}

// Where images with a hash lie. `copy(i, j)`, of two images, says what is looked for.
template <class IsCopy>
void count_copies(const PreparedTables& tables, const std::vector<bool>& has_copy, IsCopy copy,
                  Copies& copies) {
    for (std::size_t i = 0; i < tables.ids.size(); ++i) {
        if (!has_copy[i] || tables.parts[i] == Part::train) {
            continue;
        }
        ++(tables.parts[i] == Part::validation ? copies.validation : copies.test);
        if (copies.examples.size() == kExamples) {
            continue;
        }
        for (std::size_t j = 0; j < tables.ids.size(); ++j) {
            if (tables.parts[j] != tables.parts[i] && copy(i, j)) {
                copies.examples.push_back(fmt::format("{} ({}) and {} ({})", tables.ids[j],
                                                      part_name(tables.parts[j]), tables.ids[i],
                                                      part_name(tables.parts[i])));
                break;
            }
        }
    }
}

void look_at_equals(const PreparedTables& tables, Audit& audit) {
    struct Set {
        Parts parts = 0;
        std::set<std::int32_t> labels;
    };
    std::unordered_map<std::uint64_t, Set> sets;
    for (std::size_t i = 0; i < tables.contents.size(); ++i) {
        auto& set = sets[tables.contents[i]];
        set.parts |= bit(tables.parts[i]);
        set.labels.insert(tables.labels[i]);
    }
    audit.conflicting = std::count_if(
        sets.begin(), sets.end(), [](const auto& entry) { return entry.second.labels.size() > 1; });
    std::vector<bool> has_copy;
    for (std::size_t i = 0; i < tables.contents.size(); ++i) {
        has_copy.push_back((sets[tables.contents[i]].parts & ~bit(tables.parts[i])) != 0);
    }
    count_copies(
        tables, has_copy, [&](auto i, auto j) { return tables.contents[i] == tables.contents[j]; },
        audit.equal);
}

// Images of one perceptual hash: by part, their contents.
struct Lookalikes {
    std::array<std::set<std::uint64_t>, 3> contents;
    Parts parts = 0;
    Parts near = 0;  // where other hashes lie that are near

    // Whether another part has an image of this hash that is not equal to one of `content`.
    bool differ(Part part, std::uint64_t content) const {
        for (std::size_t other = 0; other < contents.size(); ++other) {
            const auto there = contents[other].size() - contents[other].count(content);
            if (other != static_cast<std::size_t>(part) && there > 0) {
                return true;
            }
        }
        return false;
    }
};

// Of kAlike + 1 bands of the bits, one is equal in near hashes (pigeonhole).
void find_near(std::map<std::uint64_t, Lookalikes>& hashes) {
    constexpr int bands = kAlike + 1;
    for (int band = 0; band < bands; ++band) {
        const int low = band * 64 / bands;
        const std::uint64_t mask = (std::uint64_t{1} << ((band + 1) * 64 / bands - low)) - 1;
        std::unordered_map<std::uint64_t, std::vector<std::pair<std::uint64_t, Lookalikes*>>> same;
        for (auto& [hash, images] : hashes) {
            auto& others = same[(hash >> low) & mask];
            for (auto& [other, theirs] : others) {
                if (std::popcount(hash ^ other) <= kAlike) {
                    images.near |= theirs->parts;
                    theirs->near |= images.parts;
                }
            }
            others.emplace_back(hash, &images);
        }
    }
}

void look_at_lookalikes(const PreparedTables& tables, Audit& audit) {
    std::map<std::uint64_t, Lookalikes> hashes;
    for (std::size_t i = 0; i < tables.perceptual.size(); ++i) {
        auto& images = hashes[tables.perceptual[i]];
        images.parts |= bit(tables.parts[i]);
        images.contents[static_cast<std::size_t>(tables.parts[i])].insert(tables.contents[i]);
    }
    find_near(hashes);
    std::vector<bool> has_copy;
    for (std::size_t i = 0; i < tables.perceptual.size(); ++i) {
        const auto& images = hashes[tables.perceptual[i]];
        const Part part = tables.parts[i];
        has_copy.push_back((images.near & ~bit(part)) != 0 ||
                           images.differ(part, tables.contents[i]));
    }
    const auto look_alike = [&](auto i, auto j) {
        return tables.contents[i] != tables.contents[j] &&
               std::popcount(tables.perceptual[i] ^ tables.perceptual[j]) <= kAlike;
    };
    count_copies(tables, has_copy, look_alike, audit.alike);
}

}  // namespace

Audit audit(const PreparedTables& tables) {
    Audit found;
    look_at_groups(tables, found);
    found.copies_known = !tables.contents.empty();
    if (found.copies_known) {
        look_at_equals(tables, found);
        look_at_lookalikes(tables, found);
    }
    return found;
}

Audit audit_folds(const PreparedTables& tables, std::int32_t folds, std::int64_t split_seed) {
    Audit all;
    const auto add = [](const Copies& found, Copies& into) {
        into.test += found.test;
        into.examples.insert(into.examples.end(), found.examples.begin(), found.examples.end());
        into.examples.resize(std::min(into.examples.size(), kExamples));
    };
    PreparedTables one = tables;
    const auto numbers = folds_of(split_items(tables), tables.classes.size(), folds, split_seed);
    for (std::int32_t fold = 1; fold <= folds; ++fold) {
        // Trained on or chosen by, an image is known.
        one.parts.clear();
        for (const auto number : numbers) {
            one.parts.push_back(number == fold ? Part::test : Part::train);
        }
        const Audit its = audit(one);
        add(its.equal, all.equal);
        add(its.alike, all.alike);
        all.grouped = its.grouped;
        all.copies_known = its.copies_known;
        all.conflicting = its.conflicting;
    }
    return all;
}

PreparedTables listed_tables(const Manifest& manifest) {
    PreparedTables tables;
    tables.classes = manifest.classes;
    for (const auto& sample : manifest.samples) {
        tables.ids.push_back(sample.id);
        tables.groups.push_back(sample.group);
        tables.labels.push_back(sample.label);
        tables.parts.push_back(sample.part.value());
    }
    return tables;
}

std::vector<std::int64_t> class_counts(const PreparedTables& tables, Part part) {
    std::vector<std::int64_t> counts(tables.classes.size(), 0);
    for (std::size_t i = 0; i < tables.labels.size(); ++i) {
        if (tables.parts[i] == part) {
            ++counts[static_cast<std::size_t>(tables.labels[i])];
        }
    }
    return counts;
}

}  // namespace graft::data
